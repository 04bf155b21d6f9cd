import type { OutdatedTool, Shadow } from "../credentials/shadow.ts";
import { describeOutdated, describeShadow } from "../credentials/shadowMessages.ts";
import type { Problem } from "../errors.ts";
import { describe, duration, remedy } from "../messages.ts";
import type { Session, SignedIn, SignedOutReason } from "../session.ts";
import type { Translate } from "../text.ts";
import type { Check, CheckStatus } from "./check.ts";

/** The configuration as the agent shows it (ConfigurationView of its protocol). */
export type ConfigurationState =
  | { readonly ok: true; readonly source: string; readonly region: string; readonly userPoolId: string }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface SessionInput {
  /** Why the agent could not be asked; then nothing else but the terminal is known. */
  readonly agentProblem?: Problem;
  readonly configuration?: ConfigurationState;
  readonly session?: Session;
  readonly endpoint?: { readonly uri: string; readonly tokenFile: string };
  /** Left out where the terminal does not use the endpoint, as then nothing can shadow it. */
  readonly terminal?: { readonly shadows: readonly Shadow[]; readonly outdated: readonly OutdatedTool[] };
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly t: Translate;
}

/** AWS refuses requests whose time is more than five minutes off (SigV4); a minute off is worth a word. */
const clockWarning = 60;
const clockError = 300;

/** The group "session": configuration, sign-in, AWS credentials, clock, and what gets in a terminal's way. */
export function sessionChecks(input: SessionInput): readonly Check[] {
  const { t, now } = input;
  const check = (name: string, status: CheckStatus, summary: string, detail: string, problem?: Problem): Check => {
    const action = problem && remedy(problem);
    return {
      id: `session.${name}`,
      group: "session",
      status,
      summary,
      detail,
      ...(action ? { action } : {}),
      measuredAt: now,
    };
  };
  const checks: Check[] = [];
  if (input.agentProblem)
    checks.push(check("agent", "error", t("Session agent"), describe(input.agentProblem, t), input.agentProblem));
  if (input.configuration) checks.push(...configurationChecks(input.configuration, check, t));
  if (input.session?.state === "signedOut") {
    const problem: Problem = { code: "signedOut" };
    checks.push(check("signIn", "warning", t("Signed out"), signedOutDetail(input.session.reason, t), problem));
  }
  if (input.session?.state === "signedIn") checks.push(...signedInChecks(input.session, check, input));
  if (input.terminal) checks.push(...terminalChecks(input.terminal, check, t));
  return checks;
}

type MakeCheck = (name: string, status: CheckStatus, summary: string, detail: string, problem?: Problem) => Check;

function configurationChecks(configuration: ConfigurationState, check: MakeCheck, t: Translate): readonly Check[] {
  if (!configuration.ok)
    return configuration.problems.map((problem) =>
      check("configuration", "error", t("Configuration"), describe(problem, t), problem),
    );
  const { userPoolId, region, source } = configuration;
  return [
    check(
      "configuration",
      "ok",
      t("Configuration"),
      t("User pool {userPoolId} in {region}, from {source}.", { userPoolId, region, source }),
    ),
  ];
}

function signedInChecks(session: SignedIn, check: MakeCheck, { now, t, endpoint }: SessionInput): readonly Check[] {
  const checks: Check[] = [];
  const summary = t("Signed in as {user}", { user: session.email ?? session.username });
  if (session.trouble) {
    const { problem, nextAttemptAt } = session.trouble;
    const seconds = Math.max(0, (nextAttemptAt - now) / 1000);
    const again = t("The session is still valid; the next attempt is in {time}.", { time: duration(seconds, t) });
    checks.push(check("signIn", "warning", summary, `${describe(problem, t)} ${again}`, problem));
  } else {
    const time = duration((now - session.signedInAt) / 1000, t);
    checks.push(check("signIn", "ok", summary, t("The sign-in was {time} ago.", { time })));
  }
  checks.push(credentialsCheck(session, check, now, t));
  if (endpoint)
    checks.push(
      check(
        "endpoint",
        "ok",
        t("Terminals"),
        t("Terminals, those already open too, get the credentials from {uri}.", { uri: endpoint.uri }),
      ),
    );
  const offset = session.clockOffsetSeconds;
  if (offset !== undefined) {
    const wrong = Math.abs(offset);
    const status = wrong >= clockError ? "error" : wrong >= clockWarning ? "warning" : "ok";
    const problem: Problem = { code: "clockSkew", params: { offsetSeconds: offset } };
    if (status === "ok") checks.push(check("clock", "ok", t("Clock"), t("The clock agrees with Amazon Cognito's.")));
    else checks.push(check("clock", status, t("Clock"), describe(problem, t), problem));
  }
  return checks;
}

function credentialsCheck(session: SignedIn, check: MakeCheck, now: number, t: Translate): Check {
  const { credentials, role } = session;
  const summary = role ? t("AWS credentials of {role}", { role: role.name }) : t("AWS credentials");
  switch (credentials.state) {
    case "pending":
      return check("credentials", "unknown", summary, t("They are being fetched. Ask again in a moment."));
    case "unavailable":
      return check("credentials", "error", summary, describe(credentials.problem, t), credentials.problem);
    case "ready": {
      const left = (credentials.expiresAt - now) / 1000;
      if (left <= 0) {
        const problem: Problem = session.trouble?.problem ?? { code: "sessionEnded" };
        return check(
          "credentials",
          "error",
          summary,
          t("They have expired and could not be renewed. {why}", { why: describe(problem, t) }),
          problem,
        );
      }
      const account = credentials.account ? ` ${t("Account {account}.", { account: credentials.account })}` : "";
      const time = duration(left, t);
      return check("credentials", "ok", summary, `${t("Valid for {time}; renewed before that.", { time })}${account}`);
    }
  }
}

function terminalChecks(
  terminal: NonNullable<SessionInput["terminal"]>,
  check: MakeCheck,
  t: Translate,
): readonly Check[] {
  return [
    ...terminal.shadows.map((shadow) =>
      check(`shadow.${shadow.kind}`, "warning", t("Shadowed credentials"), describeShadow(shadow, t)),
    ),
    ...terminal.outdated.map((tool) =>
      check(`tool.${tool.tool}`, "warning", t("Outdated tool"), describeOutdated(tool, t)),
    ),
  ];
}

function signedOutDetail(reason: SignedOutReason, t: Translate): string {
  switch (reason) {
    case "never":
    case "signedOut":
      return t("Sign in to get AWS credentials: gatehouse login");
    case "expired":
      return t("The session reached its end. Sign in again: gatehouse login");
    case "revoked":
      return t("The session was ended by an administrator. Sign in again: gatehouse login");
    case "agentRestarted":
      return t("The session agent was restarted, and the session went with it. Sign in again: gatehouse login");
    case "signedOutEverywhere":
      return t("You signed out everywhere. Sign in again: gatehouse login");
  }
}
