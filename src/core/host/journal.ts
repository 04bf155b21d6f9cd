/**
 * What `host apply` keeps while it switches files, so that a failure, or a run after one that was killed, can put back what was there.
 * The journal is whole before the first file is switched, and goes after the last check.
 */
import type { UnitReaction } from "./files.ts";
import { type FileChange, readBefore } from "./plan.ts";
import type { Served } from "./selfCheck.ts";
import { type Access, type Files, temporaryName } from "./system.ts";

export const stateDirectory = "/var/lib/gatehouse/apply";
const journal = `${stateDirectory}/journal`;
const draft = `${stateDirectory}/journal.new`;
const older = `${stateDirectory}/journal.old`;
const done = `${stateDirectory}/journal.done`;
const manifestPath = `${stateDirectory}/manifest.json`;

const privateFile = { uid: 0, gid: 0, mode: 0o600 } as const;
const privateDirectory = { uid: 0, gid: 0, mode: 0o700 } as const;

/** How a unit was before the run. */
export interface UnitBefore {
  readonly active: boolean;
  readonly enabled: boolean;
  /** Inactive is as good as active: something starts it when it is needed. */
  readonly triggered: boolean;
}

export interface Journal {
  readonly files: readonly {
    readonly path: string;
    /** Name of the copy in the journal; absent where there was no file. */
    readonly copy?: string;
    readonly access?: Access;
  }[];
  /** What the run was about to do to units. */
  readonly reactions: readonly UnitReaction[];
  readonly units: Readonly<Record<string, UnitBefore>>;
}

/** What the last successful run left. */
export interface Manifest {
  readonly files: readonly string[];
  /** What is watched, by its path: see programs.ts. */
  readonly programs: Readonly<Record<string, string>>;
  /** For a look at it after something else was tried and put back. */
  readonly served?: Served;
}

/** Makes the directory of the state, which only root may enter. */
export function prepareState(files: Files, owner: Pick<Access, "uid" | "gid">): void {
  files.makeDirectory(stateDirectory, { ...privateDirectory, ...owner });
}

/**
 * Writes the journal. One that is there from a run that was stopped counts until the new one does, and has to be in it.
 *
 * @param also paths that are noted as they are now, beside those that change
 */
export function beginJournal(
  files: Files,
  owner: Pick<Access, "uid" | "gid">,
  changes: readonly FileChange[],
  reactions: readonly UnitReaction[],
  units: Journal["units"],
  also: readonly string[] = [],
): Journal {
  files.removeTree(draft);
  files.removeTree(done);
  files.makeDirectory(draft, { ...privateDirectory, ...owner });
  const paths = new Set(changes.map(({ path }) => path));
  const kept = also.filter((path) => !paths.has(path)).map((path) => ({ path, before: readBefore(files, path) }));
  const entries = [...changes, ...kept].map(({ path, before }, index) => {
    if (before === undefined) return { path };
    files.write(`${draft}/${index}`, before.content, { ...privateFile, ...owner });
    return { path, copy: String(index), access: before.access };
  });
  const made: Journal = { files: entries, reactions, units };
  files.write(`${draft}/journal.json`, JSON.stringify(made), { ...privateFile, ...owner });
  if (files.status(journal) !== undefined) {
    files.removeTree(older);
    files.rename(journal, older);
  }
  files.rename(draft, journal);
  files.removeTree(older);
  return made;
}

/**
 * Of a run that was stopped half-way; undefined where none was.
 *
 * @param purpose "look" changes nothing
 */
export function readJournal(files: Files, purpose: "look" | "use" = "use"): Journal | undefined {
  // Stopped between the two renames of beginJournal.
  const misplaced = files.status(journal) === undefined && files.status(older) !== undefined;
  if (misplaced && purpose === "use") files.rename(older, journal);
  const text = files.read(`${misplaced && purpose === "look" ? older : journal}/journal.json`);
  return text === undefined ? undefined : (JSON.parse(text.toString("utf8")) as Journal);
}

/** Puts every file back as the journal has it. Can be repeated. Answers the paths that were changed by it. */
export function restoreFiles(files: Files, { files: entries }: Journal): string[] {
  return entries.flatMap(({ path, copy, access }) => {
    const status = files.status(path);
    // What a killed run was just writing.
    if (files.status(temporaryName(path)) !== undefined) files.remove(temporaryName(path));
    if (copy === undefined || access === undefined) {
      files.remove(path);
      return status === undefined ? [] : [path];
    }
    const content = files.read(`${journal}/${copy}`);
    if (content === undefined) throw new Error(`${journal}/${copy} is missing`);
    if (status?.kind === "file" && sameAccess(status, access) && files.read(path)?.equals(content)) return [];
    files.write(path, content, access);
    return [path];
  });
}

/** From here on the run counts as finished. */
export function endJournal(files: Files): void {
  files.removeTree(older);
  files.removeTree(done);
  if (files.status(journal) === undefined) return;
  files.rename(journal, done);
  files.removeTree(done);
}

export function readManifest(files: Files): Manifest {
  const text = files.read(manifestPath)?.toString("utf8");
  const empty: Manifest = { files: [], programs: {} };
  if (text === undefined) return empty;
  try {
    return { ...empty, ...(JSON.parse(text) as Manifest) };
  } catch {
    return empty;
  }
}

/** Writes nothing where nothing changed. */
export function writeManifest(files: Files, owner: Pick<Access, "uid" | "gid">, manifest: Manifest): void {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  if (files.read(manifestPath)?.toString("utf8") !== text)
    files.write(manifestPath, text, { ...privateFile, ...owner });
}

function sameAccess(one: Access, other: Access): boolean {
  return one.uid === other.uid && one.gid === other.gid && one.mode === other.mode;
}
