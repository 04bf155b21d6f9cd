/** Figures of one run, side by side: these machines are noisy, so what counts is a ratio of medians measured in turn. */
import { spawnSync } from "node:child_process";

export interface Row {
  readonly what: string;
  readonly measured: string;
  /** What it was measured against, in the same run. */
  readonly against: string;
  readonly goal: string;
  /** Undefined where this run has not measured it. */
  readonly reached: boolean | undefined;
}

/** The value below which `share` (0 to 1) of the figures lie. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(figures: readonly number[]): number {
  return quantile(figures, 0.5);
}

/** Milliseconds of `action`, `rounds` times each, taken in turn after one round that does not count; medians by name. */
export async function inTurn<Name extends string>(
  rounds: number,
  actions: Readonly<Record<Name, () => unknown>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(actions) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const started = performance.now();
      await actions[name]();
      if (round > 0) times[name].push(performance.now() - started);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>;
}

/** Runs a program to its end; throws with what it said when it fails. */
export function run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv): void {
  const result = spawnSync(command, args, { env: environment, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${result.stderr || result.error}`);
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
}

export function times(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)}×`;
}

/** @param value milliseconds */
export function seconds(value: number): string {
  return `${(value / 1000).toFixed(value < 10_000 ? 2 : 0)} s`;
}

/** The least and the greatest figure. @param factor what each is multiplied by @param digits after the point */
export function range(figures: readonly number[], factor = 1, digits = 0): string {
  const [least, greatest] = [Math.min(...figures), Math.max(...figures)].map((each) => (each * factor).toFixed(digits));
  return `${least}–${greatest}`;
}
