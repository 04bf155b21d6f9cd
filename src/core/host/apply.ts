/**
 * `gatehouse host apply`: makes the host what host.json says. Everything is found out and validated before anything is switched; what
 * fails after that puts back what was there. Only units whose files changed are touched.
 */
import type { UnitReaction } from "./files.ts";
import {
  beginJournal,
  endJournal,
  type Journal,
  prepareState,
  readJournal,
  readManifest,
  restoreFiles,
  writeManifest,
} from "./journal.ts";
import { type FileChange, planChanges, unknownNames } from "./plan.ts";
import { type PrepareDeps, type Prepared, prepare } from "./prepare.ts";
import { HostProblem, outputLines } from "./problems.ts";
import { identifyPrograms, programReactions } from "./programs.ts";
import { type ApplyOutcome, type ApplyProblem, type ApplyReport, noFiles, noUnits, unitReport } from "./report.ts";
import { rollBack, unitsOf } from "./rollback.ts";
import { type HostCheck, type SelfCheckDeps, type Served, selfCheck } from "./selfCheck.ts";
import { applyStaged, stage, unstage, validate } from "./staging.ts";
import { checkLine, fileLine, fileReport, toApplyProblem, unitLines } from "./steps.ts";
import type { Files } from "./system.ts";
import { beforeOf, planUnits, readUnits, stopUnits, switchUnits, type UnitPlan, type Wanted } from "./units.ts";
import { readUsers } from "./users.ts";

export interface ApplyDeps extends PrepareDeps, SelfCheckDeps {
  /** One run at a time; undefined while another one has it. */
  readonly lock: () => { release(): void } | undefined;
  /** One line for each step, in the reader's language. */
  readonly progress: (line: string) => void;
  /** Asks to stop: nothing new is begun, and what was switched is put back. */
  readonly signal: AbortSignal;
}

/** Never throws what a person can mend: that is in the report's problems. */
export async function applyHost(deps: ApplyDeps): Promise<ApplyReport> {
  const { t, system } = deps;
  let ready: Awaited<ReturnType<typeof prepare>>;
  try {
    ready = await prepare(deps);
  } catch (error) {
    return refusal([toApplyProblem(error)]);
  }
  if ("problems" in ready) return refusal(ready.problems);
  prepareState(system.files, deps.owner);
  const lock = deps.lock();
  if (lock === undefined) return refusal([{ message: t("Another run of gatehouse host apply is under way.") }]);
  try {
    return await run(deps, ready.prepared);
  } finally {
    lock.release();
  }
}

async function run(deps: ApplyDeps, prepared: Prepared): Promise<ApplyReport> {
  const { system, t, progress } = deps;
  const { files } = system;
  const done = { files: noFiles(), units: noUnits(), checks: [] as readonly HostCheck[] };
  let journal = readJournal(files);
  const recovered = journal !== undefined;
  let begun = recovered;
  try {
    if (journal !== undefined) {
      progress(t("A run before this one was stopped half-way: putting its files back first."));
      restoreFiles(files, journal);
    }
    const note: Note = (change) => {
      fileReport(done.files, change);
      progress(fileLine(change, t));
    };
    const staged = await stageChanges(deps, prepared, journal, note);
    const { changes, plan, reactions, programs } = staged;
    stopIfAsked(deps);
    const busy = changes.length > 0 || recovered;
    if (busy) {
      journal = beginJournal(
        files,
        deps.owner,
        changes,
        reactions,
        staged.before,
        journal?.files.map(({ path }) => path),
      );
      await stopUnits(deps, plan);
      for (const change of changes) {
        stopIfAsked(deps);
        switchFile(files, change);
        note(change);
      }
    }
    begun = true;
    done.units = unitReport(plan);
    for (const line of unitLines(done.units, t)) progress(line);
    await switchUnits(deps, plan);
    const served = servedBy(prepared);
    done.checks = await selfCheck(served, { ...deps, wait: waitUnlessAsked(deps) });
    for (const check of done.checks) progress(checkLine(check, t));
    const failed = done.checks.filter(({ ok }) => !ok);
    if (failed.length > 0) {
      const lines = failed.flatMap(({ lines = [] }) => lines);
      const names = failed.map(({ summary }) => summary).join("; ");
      throw new HostProblem(
        t("The host does not work as it should. Not true: {checks}.", { checks: names }),
        lines.join("\n"),
      );
    }
    const paths = prepared.rendered.map(({ path }) => path);
    writeManifest(files, deps.owner, { files: paths, programs, served });
    endJournal(files);
    const touched = [...Object.values(done.files), ...Object.values(done.units)].some((names) => names.length > 0);
    return { outcome: touched || recovered ? "applied" : "unchanged", recovered, ...done, problems: [] };
  } catch (error) {
    const problems = [toApplyProblem(error)];
    if (journal === undefined) return { outcome: begun ? "failed" : "refused", recovered, ...done, problems };
    const outcome = await undo(deps, journal, problems);
    return { outcome, recovered, ...done, problems };
  } finally {
    unstage(files);
  }
}

type Note = (change: Pick<FileChange, "path" | "kind">) => void;

interface Staged {
  readonly changes: readonly FileChange[];
  readonly plan: UnitPlan;
  readonly reactions: readonly UnitReaction[];
  readonly before: Journal["units"];
  readonly programs: Record<string, string>;
}

/** Users, folders and secrets are added here; nothing that runs is changed. */
async function stageChanges(
  deps: ApplyDeps,
  prepared: Prepared,
  journal: Journal | undefined,
  note: Note,
): Promise<Staged> {
  const { system, t, progress, owner } = deps;
  const { files } = system;
  const { file, rendered, facts } = prepared;
  const manifest = readManifest(files);
  // A run that was stopped at its very end has left its own manifest beside the files that were put back.
  const earlier = [...new Set([...manifest.files, ...(journal?.files ?? []).map(({ path }) => path)])];
  const plan = () => planChanges(files, readUsers(files), rendered, earlier);
  let changes = plan();
  const missingNames = unknownNames(rendered, readUsers(files)).length > 0;
  const missingFolders = rendered.some(
    ({ path, content }) => /^\/etc\/tmpfiles\.d\//.test(path) && lacksFolder(files, content),
  );
  const staging = { system, facts, owner, t };
  for (const secret of prepared.secrets) {
    secret.apply();
    note(secret);
  }
  if (changes.length > 0 || missingFolders) {
    stage(rendered, staging);
    const changed = (prefix: string) => changes.some(({ path, kind }) => path.startsWith(prefix) && kind !== "remove");
    if (missingNames || changed("/etc/sysusers.d/")) {
      await applyStaged("sysusers", rendered, staging);
      changes = plan();
    }
    const [unknown] = unknownNames(rendered, readUsers(files));
    if (unknown !== undefined) throw new HostProblem(t("There is no user or group {user}.", { user: unknown }));
    if (missingFolders || changed("/etc/tmpfiles.d/")) await applyStaged("tmpfiles", rendered, staging);
    await validate(rendered, changes, staging);
    if (changes.length > 0) progress(t("The new files are valid."));
  }

  const unitChanges = changes.filter(({ kind }) => kind !== "access");
  const removed = unitsOf(changes.filter(({ kind }) => kind === "remove").map(({ path }) => path));
  const changedUnits = unitsOf(unitChanges.filter(({ kind }) => kind !== "remove").map(({ path }) => path));
  const wanted = wantedUnits(prepared);
  const programs = identifyPrograms(files, facts, file.certificate.name);
  const reactions: UnitReaction[] = [
    ...unitChanges.flatMap(({ path }) => deps.table.find((entry) => entry.path === path)?.reactions ?? []),
    ...changedUnits.map((unit): UnitReaction => ({ unit, verb: "restart" })),
    ...programReactions(facts, file.certificate.name, manifest.programs, programs),
    ...(journal?.reactions ?? []),
  ];
  const names = [...new Set([...wanted.map(({ name }) => name), ...removed, ...Object.keys(journal?.units ?? {})])];
  const states = await readUnits(deps, names);
  return {
    changes,
    plan: planUnits(wanted, states, new Set(changedUnits), reactions, removed),
    reactions,
    // How it was before the run that was stopped counts.
    before: { ...beforeOf(states), ...journal?.units },
    programs,
  };
}

/** Every unit that is rendered. */
export function wantedUnits({ rendered }: Pick<Prepared, "rendered">): Wanted[] {
  return rendered.flatMap(({ path, content }) =>
    unitsOf([path]).map((name) => ({ name, installed: /^\[Install\]$/m.test(content) })),
  );
}

function servedBy(prepared: Prepared): Served {
  const { domain, cognito, certificate } = prepared.file;
  const units = wantedUnits(prepared).filter(({ installed }) => installed);
  return {
    units: units.map(({ name }) => name),
    domain,
    loginDomain: cognito.domain,
    certificate: certificate.name,
  };
}

async function undo(deps: ApplyDeps, journal: Journal, problems: ApplyProblem[]): Promise<ApplyOutcome> {
  const { t, progress } = deps;
  progress(t("Putting back what was there before."));
  let failed: readonly string[];
  try {
    failed = await rollBack(deps, journal);
  } catch (error) {
    failed = [error instanceof Error ? error.message : String(error)];
  }
  if (failed.length === 0) {
    await lookAgain(deps, problems);
    return "rolledBack";
  }
  const message = t(
    "What was there before could not be put back wholly. Mend what is named here, then run this again.",
  );
  problems.push({ message, lines: outputLines(failed.join("\n")) });
  return "failed";
}

/** Whether what was there before works again; on a host that had nothing, nothing is to work. */
async function lookAgain(deps: ApplyDeps, problems: ApplyProblem[]): Promise<void> {
  const { t, progress } = deps;
  const { served } = readManifest(deps.system.files);
  if (served === undefined) return;
  const failed = (await selfCheck(served, deps)).filter(({ ok }) => !ok);
  if (failed.length === 0) return progress(t("What was there before works again."));
  const message = t("What was there before does not work either:");
  problems.push({ message, lines: failed.map(({ summary, detail }) => `${summary}: ${detail}`) });
}

function switchFile(files: Files, { path, kind, after }: FileChange): void {
  if (kind === "remove" || after === undefined) files.remove(path);
  else if (kind === "access") files.setAccess(path, after.access);
  else files.write(path, after.content, after.access);
}

/** A directory of tmpfiles.d that somebody removed. */
export function lacksFolder(files: Files, tmpfiles: string): boolean {
  const folders = [...tmpfiles.matchAll(/^[dD]\s+(\/\S+)/gm)].map(([, path = ""]) => path);
  return folders.some((path) => files.status(path) === undefined);
}

function refusal(problems: readonly ApplyProblem[]): ApplyReport {
  return { outcome: "refused", recovered: false, files: noFiles(), units: noUnits(), checks: [], problems };
}

function stopIfAsked({ signal, t }: ApplyDeps): void {
  if (signal.aborted) throw new HostProblem(t("It was stopped."));
}

function waitUnlessAsked(deps: ApplyDeps): SelfCheckDeps["wait"] {
  return async (milliseconds) => {
    stopIfAsked(deps);
    await deps.wait(milliseconds);
  };
}
