import type { Problem } from "../../core/errors.ts";
import { describe, duration, remedy } from "../../core/messages.ts";
import type { SignedIn } from "../../core/session.ts";
import type { Translate } from "../../core/text.ts";
import { type CommandId, commands } from "../../manifest.ts";
import { lossMessage } from "./loss.ts";
import type { Known } from "./store.ts";

export interface SessionRow {
  readonly icon: string;
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly command?: CommandId;
}

/** The rows of "Show AWS Session": first what is, then what can be done. */
export function sessionRows(known: Known, now: number, t: Translate): { facts: SessionRow[]; actions: SessionRow[] } {
  const check = { icon: "terminal", label: t("Check What Terminals Use"), command: commands.checkTerminal };
  const log = { icon: "output", label: t("Show Log"), command: commands.showLog };
  if (known.state !== "known" || known.session.state === "signedOut") {
    const fact: SessionRow =
      known.state === "failed"
        ? { icon: "warning", label: t("The session agent does not answer"), detail: describe(known.problem, t) }
        : { icon: "key", label: t("Signed out"), detail: signedOutDetail(known, t) };
    const signIn = { icon: "sign-in", label: t("Sign In to AWS"), command: commands.signIn };
    return { facts: [fact], actions: [signIn, check, log] };
  }
  const { session } = known;
  const { roles } = session;
  return {
    facts: facts(session, now, t),
    actions: [
      ...(roles.length > 1
        ? [{ icon: "organization", label: t("Choose a Role"), command: commands.chooseRole } satisfies SessionRow]
        : []),
      { icon: "refresh", label: t("Renew AWS Credentials Now"), command: commands.refreshCredentials },
      check,
      log,
      { icon: "sign-out", label: t("Sign Out of AWS"), command: commands.signOutOfAws },
    ],
  };
}

function signedOutDetail(known: Known, t: Translate): string {
  if (known.state !== "known" || known.session.state !== "signedOut") return t("Asking the session agent …");
  return lossMessage(known.session.reason, t) ?? t("Terminals have no AWS credentials until you sign in.");
}

function facts(session: SignedIn, now: number, t: Translate): SessionRow[] {
  const { credentials, trouble, role, clockOffsetSeconds } = session;
  const rows: SessionRow[] = [
    {
      icon: "account",
      label: session.email ?? session.username,
      description: t("signed in for {time}", { time: duration((now - session.signedInAt) / 1000, t) }),
    },
  ];
  const account = credentials.state === "ready" ? credentials.account : undefined;
  if (role !== undefined)
    rows.push({
      icon: "shield",
      label: t("Role {role}", { role: role.name }),
      description: account === undefined ? role.arn : t("account {account}", { account }),
    });
  // Which role that is only the identity pool knows.
  else if (credentials.state === "ready")
    rows.push({
      icon: "shield",
      label: t("The identity pool's default role"),
      ...(account === undefined ? {} : { description: t("account {account}", { account }) }),
    });
  rows.push(credentialsRow(session, now, t));
  if (trouble !== undefined)
    rows.push({
      icon: "warning",
      label: t("The last renewal failed; trying again in {time}", {
        time: duration((trouble.nextAttemptAt - now) / 1000, t),
      }),
      detail: describe(trouble.problem, t),
      command: commands.refreshCredentials,
    });
  if (clockOffsetSeconds !== undefined && Math.abs(clockOffsetSeconds) >= 60)
    rows.push({
      icon: "watch",
      label: t("This machine's clock is wrong"),
      detail: describe({ code: "clockSkew", params: { offsetSeconds: clockOffsetSeconds } }, t),
    });
  return rows;
}

function credentialsRow({ credentials }: SignedIn, now: number, t: Translate): SessionRow {
  switch (credentials.state) {
    case "ready":
      return {
        icon: "terminal",
        label: t("AWS credentials for another {time}", { time: duration((credentials.expiresAt - now) / 1000, t) }),
        description: t("renewed by themselves"),
        detail: t("They work in terminals that are already open."),
      };
    case "pending":
      return { icon: "sync~spin", label: t("Fetching AWS credentials …") };
    case "unavailable": {
      const command = remedyCommand(credentials.problem);
      const row = { icon: "warning", label: t("No AWS credentials"), detail: describe(credentials.problem, t) };
      return command === undefined ? row : { ...row, command };
    }
    default:
      return credentials;
  }
}

function remedyCommand(problem: Problem): CommandId | undefined {
  const help = remedy(problem);
  if (help === "chooseRole") return commands.chooseRole;
  if (help === "configure") return commands.openSettings;
  return help === "retry" ? commands.refreshCredentials : undefined;
}
