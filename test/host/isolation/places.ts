/** Where an attack comes from: root (the control), a shell of the IDE's user, and the sandbox of that user's editor. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HostLab } from "../../lab/host/hostLab.ts";

export type Place = "root" | "shell" | "sandbox";
export type Host = Pick<HostLab, "run">;
type Result = Awaited<ReturnType<HostLab["run"]>>;

export const ideUnit = "gatehouse-code-server.service";
const attacker = readFileSync(join(import.meta.dirname, "attacker.py"), "utf8");
/** Of the unit's settings, what belongs to its own process and not to its sandbox. */
const ownOnly = /^(Exec\w+|Type|Restart|RestartSec|TimeoutStopSec)=/;

export interface Ways {
  /** Runs a command; never throws for its exit code. */
  run(place: Place, command: readonly string[], input?: string): Promise<Result>;
  /** Runs a task of attacker.py. */
  attack<T>(place: Place, task: string, parameters?: object): Promise<T>;
}

/** @param user the IDE's */
export async function openWays(host: Host, user: string): Promise<Ways> {
  const { stdout: unit } = await host.run(["cat", `/etc/systemd/system/${ideUnit}`]);
  const service = unit.slice(unit.indexOf("[Service]"), unit.indexOf("[Install]")).split("\n").slice(1);
  const settings = service.filter((line) => /^\w+=/.test(line) && !ownOnly.test(line));
  assert.ok(settings.includes(`User=${user}`));
  const sandbox = [
    ...["systemd-run", "--quiet", "--pipe", "--wait", "--collect"],
    ...settings.map((setting) => `--property=${setting}`),
    "--",
  ];
  const run = (place: Place, command: readonly string[], input?: string): Promise<Result> => {
    const words = place === "sandbox" ? [...sandbox, ...command] : command;
    const who = place === "shell" ? { user } : {};
    return host.run(words, { ...who, ...(input === undefined ? {} : { input }), check: false });
  };
  return {
    run,
    async attack<T>(place: Place, task: string, parameters: object = {}): Promise<T> {
      const input = JSON.stringify({ task, ...parameters });
      const { code, stdout, stderr } = await run(place, ["python3", "-c", attacker], input);
      assert.equal(code, 0, `${task} in ${place}: ${stderr}`);
      return JSON.parse(stdout) as T;
    },
  };
}
