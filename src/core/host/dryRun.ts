/** `gatehouse host apply --dry-run`: what a run would do. Writes nothing, not even a copy to validate. */
import { createRedactor } from "../redact.ts";
import { type ApplyDeps, wantedUnits } from "./apply.ts";
import { unifiedDiff } from "./diff.ts";
import { readJournal, readManifest } from "./journal.ts";
import { type FileChange, planChanges } from "./plan.ts";
import { prepare } from "./prepare.ts";
import { identifyPrograms, programReactions } from "./programs.ts";
import { type ApplyReport, noFiles, noUnits, unitReport } from "./report.ts";
import { unitsOf } from "./rollback.ts";
import { fileReport, toApplyProblem } from "./steps.ts";
import { planUnits, readUnits } from "./units.ts";
import { readUsers } from "./users.ts";

type DryRunDeps = Pick<ApplyDeps, "system" | "t" | "hostFile" | "table" | "readTemplate" | "version" | "owner">;

export async function dryRun(deps: DryRunDeps): Promise<ApplyReport> {
  const { system, t } = deps;
  const { files } = system;
  const nothing = { recovered: false, files: noFiles(), units: noUnits(), checks: [] };
  try {
    const ready = await prepare(deps);
    if ("problems" in ready) return { outcome: "refused", ...nothing, problems: ready.problems };
    const { file, rendered, facts, secrets } = ready.prepared;
    const certificate = file.certificate.name;
    const manifest = readManifest(files);
    const changes = planChanges(files, readUsers(files), rendered, manifest.files);
    const report = noFiles();
    for (const change of [...changes, ...secrets]) fileReport(report, change);

    const unitChanges = changes.filter(({ kind }) => kind !== "access");
    const removed = unitsOf(changes.filter(({ kind }) => kind === "remove").map(({ path }) => path));
    const changed = new Set(unitsOf(unitChanges.map(({ path }) => path)).filter((name) => !removed.includes(name)));
    const reactions = [
      ...unitChanges.flatMap(({ path }) => deps.table.find((entry) => entry.path === path)?.reactions ?? []),
      ...programReactions(facts, certificate, manifest.programs, identifyPrograms(files, facts, certificate)),
    ];
    const wanted = wantedUnits({ rendered });
    const states = await readUnits({ system, t }, [...wanted.map(({ name }) => name), ...removed]);
    const stopped = readJournal(files, "look") !== undefined;
    return {
      outcome: "planned",
      recovered: false,
      files: report,
      units: unitReport(planUnits(wanted, states, changed, reactions, removed)),
      checks: [],
      problems: stopped
        ? [{ message: t("A run before this one was stopped half-way. The next run puts its files back first.") }]
        : [],
      diff: createRedactor().redact(changes.map(diffOf).join("")),
    };
  } catch (error) {
    return { outcome: "refused", ...nothing, problems: [toApplyProblem(error)] };
  }
}

function diffOf({ path, before, after }: FileChange): string {
  const names = { from: before === undefined ? "/dev/null" : path, to: after === undefined ? "/dev/null" : path };
  const text = unifiedDiff(before?.content.toString("utf8") ?? "", after?.content ?? "", names);
  if (before === undefined || after === undefined) return text;
  const was = accessText(before.access);
  const wanted = `${after.owner}:${after.group} ${octal(after.mode)}`;
  const { uid, gid, mode } = after.access;
  const same = before.access.uid === uid && before.access.gid === gid && before.access.mode === mode;
  return same ? text : `# ${path}: ${was} -> ${wanted}\n${text}`;
}

function accessText({ uid, gid, mode }: { uid: number; gid: number; mode: number }): string {
  return `${uid}:${gid} ${octal(mode)}`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
