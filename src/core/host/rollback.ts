/** Puts a host back to what it was before a run: files first, then the units that the run has touched. */
import { endJournal, type Journal, restoreFiles } from "./journal.ts";
import { readUnits, type UnitDeps } from "./units.ts";

const unitFile = /^\/etc\/systemd\/system\/([^/]+)$/;

/** Names of the units among these paths. */
export function unitsOf(paths: readonly string[]): string[] {
  return paths.flatMap((path) => unitFile.exec(path)?.[1] ?? []);
}

/**
 * Undoes what the journal says. Does as much as it can, and can be repeated; the journal goes only when all of it was done.
 *
 * @returns what could not be undone, a line each
 */
export async function rollBack(deps: UnitDeps, journal: Journal): Promise<string[]> {
  const { system } = deps;
  const failed: string[] = [];
  const run = async (...command: [string, ...string[]]): Promise<void> => {
    const { code, stderr } = await system.run(command);
    if (code !== 0) failed.push(`${command.join(" ")}: ${stderr.trim()}`);
  };
  const names = Object.keys(journal.units);
  const before = (name: string) => journal.units[name] ?? { active: false, enabled: false, triggered: false };
  const now = await readUnits(deps, names);

  // While their files are there.
  const superfluous = names.filter((name) => now.get(name)?.enabled && !before(name).enabled);
  if (superfluous.length > 0) await run("systemctl", "disable", "--no-reload", ...superfluous);
  const stays = (name: string) => before(name).active || before(name).triggered;
  const started = names.filter((name) => !stays(name) && now.get(name)?.state !== "inactive");
  if (started.length > 0) {
    await run("systemctl", "stop", ...started);
    // What failed is forgotten with it.
    await system.run(["systemctl", "reset-failed", ...started]);
  }

  restoreFiles(system.files, journal);
  const disabled = names.filter((name) => before(name).enabled && !now.get(name)?.enabled);
  if (disabled.length > 0) await run("systemctl", "enable", "--no-reload", ...disabled);
  const paths = journal.files.map(({ path }) => path);
  if (unitsOf(paths).length > 0 || superfluous.length + disabled.length > 0) await run("systemctl", "daemon-reload");
  for (const kind of ["sysusers", "tmpfiles"]) {
    const path = paths.find((each) => each.startsWith(`/etc/${kind}.d/`));
    if (path === undefined || system.files.status(path) === undefined) continue;
    if (kind === "tmpfiles") await run("systemd-tmpfiles", "--create", path);
  }

  const serving = names.filter((name) => before(name).active);
  if (serving.length > 0) await system.run(["systemctl", "reset-failed", ...serving]);
  const touched = new Map(journal.reactions.map(({ unit, verb }) => [unit, verb]));
  const restart = serving.filter((name) => touched.get(name) === "restart" && now.get(name)?.active);
  const start = serving.filter((name) => !now.get(name)?.active);
  const reload = serving.filter((name) => touched.get(name) === "reload" && now.get(name)?.active);
  if (restart.length > 0) await run("systemctl", "restart", ...restart);
  if (start.length > 0) await run("systemctl", "start", ...start);
  if (reload.length > 0) await run("systemctl", "reload", ...reload);
  if (failed.length === 0) endJournal(system.files);
  return failed;
}
