/** The part of `host apply` that finds out what has to be done. Changes nothing. */

import type { Problem } from "../errors.ts";
import { describe } from "../messages.ts";
import type { Translate } from "../text.ts";
import { type ApplicableHostFile, parseApplicable } from "./applicable.ts";
import { findFacts } from "./facts.ts";
import type { HostFileEntry } from "./files.ts";
import { problem } from "./hostFile.ts";
import { type RenderedFile, renderAll } from "./render.ts";
import type { ApplyProblem } from "./report.ts";
import { planSecrets, type SecretStep } from "./secrets.ts";
import type { Access, HostSystem } from "./system.ts";
import { readUsers } from "./users.ts";
import { type HostFacts, hostValues } from "./values.ts";

export interface PrepareDeps {
  readonly system: HostSystem;
  readonly t: Translate;
  /** Path of host.json. */
  readonly hostFile: string;
  readonly table: readonly HostFileEntry[];
  /** A template's text by its path below deploy/host. */
  readonly readTemplate: (template: string) => string;
  /** Gatehouse's own. */
  readonly version: string;
  /** root's numbers. */
  readonly owner: Pick<Access, "uid" | "gid">;
}

export interface Prepared {
  readonly file: ApplicableHostFile;
  readonly facts: HostFacts;
  readonly rendered: readonly RenderedFile[];
  readonly secrets: readonly SecretStep[];
}

/** @throws HostProblem for a secret that a person has to give */
export async function prepare(
  deps: PrepareDeps,
): Promise<{ readonly prepared: Prepared } | { readonly problems: readonly ApplyProblem[] }> {
  const { system, t, hostFile, table, readTemplate, version, owner } = deps;
  const text = system.files.read(hostFile)?.toString("utf8");
  const missing = [problem(hostFile, hostFile, "a JSON file, as docs/host.md describes it")];
  const parsed = text === undefined ? { problems: missing } : parseApplicable(text, hostFile);
  if ("problems" in parsed) return { problems: parsed.problems.map((each) => fromProblem(each, t)) };
  const { file } = parsed;
  const found = await findFacts(file, { system, users: readUsers(system.files), version, t });
  if ("missing" in found) return { problems: found.missing.map((message) => ({ message })) };
  const { facts } = found;
  const rendered = renderAll(table, hostValues(file, facts), readTemplate);
  return { prepared: { file, facts, rendered, secrets: planSecrets(system.files, owner, t) } };
}

function fromProblem(each: Problem, t: Translate): ApplyProblem {
  return { message: describe(each, t), key: String(each.params?.["key"]) };
}
