/**
 * Reads and validates the configuration: host.json on provisioned hosts, the same keys as settings elsewhere. The extension bundles no
 * zod: it asks the agent.
 */
import { readFileSync } from "node:fs";
import type * as z from "zod/mini";
import type { CognitoConfiguration } from "../cognito/configuration.ts";
import { GatehouseError, type Problem } from "../errors.ts";
import { crossChecks, poolChecks } from "./crossChecks.ts";
import { allowedAt, cognitoSchema, type HostFile, hostFileSchema, objects } from "./hostSchema.ts";

export type { HostFile } from "./hostSchema.ts";

export const defaultHostFile = "/etc/gatehouse/host.json";

export type HostFileResult =
  | { readonly state: "absent" }
  | { readonly state: "valid"; readonly file: HostFile }
  | { readonly state: "invalid"; readonly problems: readonly Problem[] };

/** Reads and validates host.json. Never throws: what is wrong is in the problems, one for each key. */
export function readHostFile(path: string): HostFileResult {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return { state: "absent" };
    return invalid([problem(path, path, `a file that can be read (${code})`)]);
  }
  return parseHostFile(text, path);
}

/** @param source names the file in problems */
export function parseHostFile(text: string, source: string): HostFileResult {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    return invalid([problem(source, source, `JSON (${error instanceof Error ? error.message : error})`)]);
  }
  const result = hostFileSchema.safeParse(value);
  const problems = result.success ? [] : problemsOf(result.error.issues, source, "");
  addChecks(problems, crossChecks(value), source);
  if (problems.length > 0 || !result.success) return invalid(problems);
  return { state: "valid", file: result.data as HostFile };
}

/**
 * Validates an editor's settings by the same rules.
 *
 * @param source names where they come from in problems
 * @throws nothing
 */
export function parseSettings(
  settings: unknown,
  source: string,
): { readonly configuration: CognitoConfiguration } | { readonly problems: readonly Problem[] } {
  const result = cognitoSchema.safeParse(settings);
  const problems = result.success ? [] : problemsOf(result.error.issues, source, "cognito.");
  addChecks(problems, poolChecks(settings), source);
  if (problems.length > 0 || !result.success) return { problems };
  return { configuration: result.data as CognitoConfiguration };
}

/** One problem that names the key and what is allowed there. */
export function problem(key: string, source: string, text: string): Problem {
  return new GatehouseError("configurationInvalid", { key, source, allowed: text }).toProblem();
}

/** Only for keys that nothing is known against yet. */
function addChecks(problems: Problem[], found: readonly (readonly [key: string, text: string])[], source: string) {
  for (const [key, text] of found) {
    if (!problems.some(({ params }) => params?.["key"] === key)) problems.push(problem(key, source, text));
  }
}

type Issue = z.core.$ZodIssue;

/** One problem for each key, however many rules its value breaks, or a list's elements. */
function problemsOf(issues: readonly Issue[], source: string, prefix: string): Problem[] {
  const found = new Map<string, Problem>();
  const add = (key: string, text: string): void => {
    if (!found.has(key)) found.set(key, problem(key, source, text));
  };
  for (const issue of issues) {
    const path = `${prefix}${issue.path.filter((part) => typeof part === "string").join(".")}`.replace(/\.$/, "");
    if (issue.code === "unrecognized_keys") {
      const known = `one of ${(objects[path] ?? []).join(", ")}`;
      for (const key of issue.keys) add(path === "" ? key : `${path}.${key}`, known);
    } else if (path === "") add(source, "a JSON object");
    else add(path, allowedAt[path] ?? (Object.hasOwn(objects, path) ? "a JSON object" : issue.message));
  }
  return [...found.values()];
}

function invalid(problems: readonly Problem[]): HostFileResult {
  return { state: "invalid", problems };
}
