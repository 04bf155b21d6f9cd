import { type Check, type CheckStatus, gravest } from "../core/health/check.ts";
import type { Session } from "../core/session.ts";
import type { Translate } from "../core/text.ts";
import { printable } from "./printable.ts";

/** SGR codes: green, yellow, red, none that could be misread. */
const colours: Readonly<Record<CheckStatus, number>> = { ok: 32, warning: 33, error: 31, unknown: 36 };

/** Checks for a terminal: one line each, and its detail below. The words carry the meaning; colours only repeat it. */
export function statusText(checks: readonly Check[], { colour, t }: { colour: boolean; t: Translate }): string {
  const words: Readonly<Record<CheckStatus, string>> = {
    ok: t("ok"),
    warning: t("warning"),
    error: t("error"),
    unknown: t("unknown"),
  };
  const width = Math.max(...Object.values(words).map(columns));
  const lines = checks.flatMap((check) => {
    const word = words[check.status];
    const padding = " ".repeat(width - columns(word));
    const shown = colour ? `\u001b[${colours[check.status]}m${word}\u001b[0m` : word;
    return [`${shown}${padding}  ${printable(check.summary)}`, `${" ".repeat(width)}  ${printable(check.detail)}`];
  });
  return `${lines.join("\n")}\n`;
}

/** Version of what `statusJson` prints; raised when a field changes its meaning or goes. docs/cli.md describes it. */
export const statusSchema = 1;

export interface StatusJson {
  readonly checks: readonly Check[];
  readonly session: Session | undefined;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function statusJson({ checks, session, version, now }: StatusJson): string {
  const iso = (time: number) => new Date(time).toISOString();
  return JSON.stringify(
    {
      schema: statusSchema,
      version,
      measuredAt: iso(now),
      status: gravest(checks),
      session: session === undefined ? null : sessionJson(session, iso),
      checks: checks.map((check) => ({ ...check, measuredAt: iso(check.measuredAt) })),
    },
    null,
    2,
  );
}

function sessionJson(session: Session, iso: (time: number) => string): object {
  if (session.state === "signedOut") return session;
  const { state, username, email, signedInAt, roles, role, credentials } = session;
  return {
    state,
    username,
    email,
    signedInAt: iso(signedInAt),
    roles: roles.map(({ arn }) => arn),
    role: role?.arn,
    credentials:
      credentials.state === "ready"
        ? { state: "ready", expiresAt: iso(credentials.expiresAt), account: credentials.account }
        : credentials.state === "pending"
          ? { state: "pending" }
          : { state: "unavailable", problem: credentials.problem.code },
  };
}

/** Columns of a terminal: East Asian characters take two. */
function columns(text: string): number {
  let count = 0;
  for (const character of text)
    count += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(
      character,
    )
      ? 2
      : 1;
  return count;
}
