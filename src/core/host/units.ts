/** systemd's units: how they are, and what a run does to them. */
import type { Translate } from "../text.ts";
import type { UnitReaction } from "./files.ts";
import type { UnitBefore } from "./journal.ts";
import { HostProblem } from "./problems.ts";
import type { HostSystem } from "./system.ts";

export interface UnitState {
  readonly name: string;
  readonly active: boolean;
  /** As systemd says it: active, activating, failed, inactive … */
  readonly state: string;
  readonly result: string;
  readonly enabled: boolean;
  /** A file of the unit, or of another, was changed since systemd read it. */
  readonly needsReload: boolean;
  /** Something starts it when it is needed: it may be inactive and well. */
  readonly triggered: boolean;
}

export interface UnitDeps {
  readonly system: HostSystem;
  readonly t: Translate;
}

const properties = "Id,LoadState,ActiveState,Result,UnitFileState,NeedDaemonReload,TriggeredBy";

/** One call for all of them. A unit that systemd doesn't know is inactive and not enabled. */
export async function readUnits({ system, t }: UnitDeps, names: readonly string[]): Promise<Map<string, UnitState>> {
  if (names.length === 0) return new Map();
  const { code, stdout, stderr } = await system.run(["systemctl", "show", `--property=${properties}`, ...names]);
  if (code !== 0) throw new HostProblem(t("systemd does not answer. Is this host running it?"), stderr);
  const blocks = stdout.split(/\n\n+/).map((block) => {
    const pairs = block.split("\n").map((line) => [line.split("=", 1)[0] ?? "", line.slice(line.indexOf("=") + 1)]);
    return Object.fromEntries(pairs) as Record<string, string | undefined>;
  });
  return new Map(
    names.map((name) => {
      const found = blocks.find(({ Id }) => Id === name) ?? {};
      const state = found["ActiveState"] ?? "inactive";
      return [
        name,
        {
          name,
          active: state === "active" || state === "reloading",
          state,
          result: found["Result"] ?? "",
          enabled: found["UnitFileState"] === "enabled",
          needsReload: found["NeedDaemonReload"] === "yes",
          triggered: (found["TriggeredBy"] ?? "") !== "",
        },
      ];
    }),
  );
}

/** What is to be done to units, each unit in one list of the first four at most. */
export interface UnitPlan {
  readonly stop: readonly string[];
  readonly reload: readonly string[];
  readonly restart: readonly string[];
  readonly start: readonly string[];
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  readonly daemonReload: boolean;
}

export interface Wanted {
  readonly name: string;
  /** Its file has an [Install] section: it runs from boot on. */
  readonly installed: boolean;
}

/**
 * Decides what a run does.
 *
 * @param changed units whose own file is new or another one
 * @param reactions of other files and programs, and of a run before that was stopped half-way
 * @param removed units whose files go
 */
export function planUnits(
  wanted: readonly Wanted[],
  states: ReadonlyMap<string, UnitState>,
  changed: ReadonlySet<string>,
  reactions: readonly UnitReaction[],
  removed: readonly string[],
): UnitPlan {
  const isActive = (name: string): boolean => states.get(name)?.active === true;
  const restart: string[] = [];
  const reload: string[] = [];
  const start: string[] = [];
  const enable: string[] = [];
  for (const { name, installed } of wanted) {
    const state = states.get(name);
    const verbs = reactions.filter(({ unit }) => unit === name).map(({ verb }) => verb);
    if (changed.has(name)) verbs.push("restart");
    if (installed && (changed.has(name) || state?.enabled !== true)) enable.push(name);
    if (isActive(name)) {
      if (verbs.includes("restart")) restart.push(name);
      else if (verbs.includes("reload")) reload.push(name);
    } else if (installed && (!isWell(state) || verbs.length > 0)) start.push(name);
  }
  // A socket can't be opened again beside a service that runs: PartOf= in the service restarts both in one transaction.
  const together = restart.some((name) => name.endsWith(".socket"));
  return {
    stop: removed,
    reload,
    restart: together ? restart.filter((name) => states.get(name)?.triggered !== true) : restart,
    start,
    enable,
    disable: removed,
    daemonReload:
      changed.size > 0 ||
      removed.length > 0 ||
      enable.length > 0 ||
      [...states.values()].some((state) => state.needsReload),
  };
}

/** Runs, or waits for what triggers it after it ended by itself. */
export function isWell(state: UnitState | undefined): boolean {
  if (state === undefined) return false;
  return state.active || (state.triggered && state.state === "inactive" && state.result === "success");
}

/** Before files go: what is stopped needs its file, and so does disabling. */
export async function stopUnits(deps: UnitDeps, { stop, disable }: UnitPlan): Promise<void> {
  if (disable.length > 0) await systemctl(deps, "disable", ["--no-reload", ...disable]);
  if (stop.length > 0) await systemctl(deps, "stop", stop);
}

/** After files were switched. @throws HostProblem naming what failed, with the journal's last lines of each unit */
export async function switchUnits(deps: UnitDeps, plan: UnitPlan): Promise<void> {
  // "reenable" also removes links that an earlier [Install] section asked for.
  if (plan.enable.length > 0) await systemctl(deps, "reenable", ["--no-reload", ...plan.enable]);
  if (plan.daemonReload) await systemctl(deps, "daemon-reload", []);
  const starting = [...plan.restart, ...plan.start];
  // What failed too often is started only after this. Units that didn't fail are no error.
  if (starting.length > 0) await deps.system.run(["systemctl", "reset-failed", ...starting]);
  if (plan.restart.length > 0) await systemctl(deps, "restart", plan.restart);
  if (plan.start.length > 0) await systemctl(deps, "start", plan.start);
  // Last: what a gateway speaks to is there.
  if (plan.reload.length > 0) await systemctl(deps, "reload", plan.reload);
}

async function systemctl(deps: UnitDeps, verb: string, rest: readonly string[]): Promise<void> {
  const { t } = deps;
  const { code, stderr } = await deps.system.run(["systemctl", verb, ...rest]);
  if (code === 0) return;
  const units = rest.filter((name) => /\.(service|socket|timer|path|target)$/.test(name));
  const states = await readUnits(deps, units);
  const unwell = units.filter((name) => !isWell(states.get(name)));
  const journals = await Promise.all(unwell.map((name) => lastLines(deps, name)));
  const command = ["systemctl", verb, ...units].join(" ");
  throw new HostProblem(t("{command} failed.", { command }), [stderr, ...journals].join("\n"));
}

/** systemd's own lines about starts and stops, journalctl's, and pages of HTML. */
const routine =
  /^(?:-- |<|Start(?:ing|ed) |Stopp(?:ing|ed) )|: (?:Scheduled restart job|Failed with result|Consumed |Deactivated )/;

/** The last lines of a unit's journal that say something; not redacted. */
export async function lastLines({ system }: Pick<UnitDeps, "system">, name: string): Promise<string> {
  const { stdout } = await system.run(["journalctl", "--unit", name, "--lines=80", "--no-pager", "--output=cat"]);
  const lines = stdout.split("\n").filter((line) => line !== "" && !routine.test(line));
  // A service that is tried again and again says the same each time, but for the time.
  const said = new Map(lines.map((line) => [line.replace(/\d/g, ""), line]));
  return [...said.values()]
    .slice(-12)
    .map((line) => (line.startsWith(`${name}: `) ? line : `${name}: ${line}`))
    .join("\n");
}

export function beforeOf(states: ReadonlyMap<string, UnitState>): Record<string, UnitBefore> {
  return Object.fromEntries(
    [...states].map(([name, { active, enabled, triggered }]) => [name, { active, enabled, triggered }]),
  );
}
