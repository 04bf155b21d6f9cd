/** What `host apply` did: printed as JSON by `--json` (docs/cli.md describes it). */
import type { HostCheck } from "./selfCheck.ts";
import type { UnitPlan } from "./units.ts";

export interface ApplyProblem {
  /** In the reader's language: what is wrong, and what to do. */
  readonly message: string;
  /** The key of host.json that is wrong. */
  readonly key?: string;
  /** What a program said, redacted. */
  readonly lines?: readonly string[];
}

/**
 * `unchanged`: everything was as it should be. `applied`: something was changed, and works. `planned`: a dry run. `refused`: nothing was
 * touched. `rolledBack`: something failed, what was there before is there again. `failed`: the host doesn't work, and there is nothing to
 * put back, or putting back failed.
 */
export type ApplyOutcome = "unchanged" | "applied" | "planned" | "refused" | "rolledBack" | "failed";

export interface ApplyReport {
  readonly outcome: ApplyOutcome;
  /** A run before was stopped half-way; this one has put its files back first. */
  readonly recovered: boolean;
  readonly files: { readonly created: string[]; readonly changed: string[]; readonly removed: string[] };
  readonly units: {
    readonly enabled: readonly string[];
    readonly started: readonly string[];
    readonly restarted: readonly string[];
    readonly reloaded: readonly string[];
    readonly stopped: readonly string[];
  };
  readonly checks: readonly HostCheck[];
  readonly problems: readonly ApplyProblem[];
  /** Of a dry run: unified, without secrets. */
  readonly diff?: string;
}

export const noFiles = (): ApplyReport["files"] => ({ created: [], changed: [], removed: [] });

export function unitReport({ enable, start, restart, reload, stop }: UnitPlan): ApplyReport["units"] {
  return { enabled: enable, started: start, restarted: restart, reloaded: reload, stopped: stop };
}

export const noUnits = (): ApplyReport["units"] =>
  unitReport({ stop: [], reload: [], restart: [], start: [], enable: [], disable: [], daemonReload: false });
