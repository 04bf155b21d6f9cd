import type { Remedy } from "../messages.ts";

/** `unknown`: could not be found out; never shown as good. */
export type CheckStatus = "ok" | "warning" | "error" | "unknown";

/** What belongs together in the panel and in `gatehouse status`. */
export type CheckGroup = "session";

/** One thing that was looked at. Texts are in the reader's language; `id` is stable and what scripts go by. */
export interface Check {
  /** `GROUP.NAME`, e.g. `session.credentials`. */
  readonly id: string;
  readonly group: CheckGroup;
  readonly status: CheckStatus;
  /** A few words, e.g. "Signed in as alice". */
  readonly summary: string;
  /** Sentences: what is known, and what to do unless all is well. */
  readonly detail: string;
  readonly action?: Remedy;
  /** Milliseconds since the epoch. */
  readonly measuredAt: number;
}

const order: readonly CheckStatus[] = ["ok", "unknown", "warning", "error"];

/** The status that speaks for all: the gravest. Nothing looked at is `unknown`. */
export function gravest(checks: readonly Check[]): CheckStatus {
  if (checks.length === 0) return "unknown";
  return checks.reduce<CheckStatus>(
    (worst, check) => (order.indexOf(check.status) > order.indexOf(worst) ? check.status : worst),
    "ok",
  );
}
