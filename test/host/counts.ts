import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";

/** How often the repetitions of the end-to-end tests are done: a few in `npm test`, as many as promised in the soak. */
export const counts = {
  rotations: number("GATEHOUSE_ROTATIONS", 3),
  agentKills: number("GATEHOUSE_AGENT_KILLS", 1),
  extensionHostKills: number("GATEHOUSE_EXTENSION_HOST_KILLS", 1),
  applyKills: number("GATEHOUSE_APPLY_KILLS", 3),
  reloads: number("GATEHOUSE_RELOADS", 1),
  /** Of each part of a host. */
  hostKills: number("GATEHOUSE_HOST_KILLS", 1),
  reboots: number("GATEHOUSE_REBOOTS", 1),
};

function number(name: string, usual: number): number {
  const value = Number(process.env[name] ?? usual);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} has to be a whole number from 1.`);
  return value;
}

/** Figures for whoever watches, and for the soak's table. */
export function record(figures: Record<string, number>): void {
  console.log(`      ${JSON.stringify(figures)}`);
  const file = process.env["GATEHOUSE_SOAK_FILE"];
  if (file !== undefined && existsSync(join(file, ".."))) appendFileSync(file, `${JSON.stringify(figures)}\n`);
}
