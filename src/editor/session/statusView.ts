import { describe, duration } from "../../core/messages.ts";
import type { Translate } from "../../core/text.ts";
import { type CommandId, commands } from "../../manifest.ts";
import type { Known } from "./store.ts";

/** The agent renews 20 minutes ahead; with less left than this something keeps it from doing so. */
const shortMilliseconds = 10 * 60_000;

export interface StatusView {
  readonly text: string;
  readonly tooltip: string;
  readonly label: string;
  readonly warning: boolean;
  readonly command: CommandId;
}

/** The status-bar item. A warning only where a person can or must do something. */
export function statusView(known: Known, now: number, t: Translate): StatusView {
  const view = (text: string, tooltip: string, command: CommandId, warning = false): StatusView => ({
    text,
    tooltip,
    label: `Gatehouse: ${text.replace(/\$\([\w~-]+\) ?/g, "")}. ${tooltip}`,
    warning,
    command,
  });
  switch (known.state) {
    case "unknown":
      return view("$(key) AWS", t("Asking the session agent …"), commands.showSession);
    case "failed":
      return view(`$(warning) ${t("AWS: no agent")}`, describe(known.problem, t), commands.showSession, true);
    case "known":
      break;
    default:
      return known;
  }
  const { session } = known;
  if (session.state === "signedOut") {
    const tooltip = t("Terminals have no AWS credentials until you sign in.");
    return view(`$(key) ${t("Sign in to AWS")}`, tooltip, commands.signIn);
  }
  const { credentials, trouble } = session;
  const who = session.role?.name ?? session.email ?? session.username;
  if (credentials.state === "unavailable") {
    if (credentials.problem.code === "ambiguousRole")
      return view(`$(warning) ${t("Choose an AWS role")}`, describe(credentials.problem, t), commands.chooseRole, true);
    return view(`$(warning) ${who}`, describe(credentials.problem, t), commands.showSession, true);
  }
  if (credentials.state === "pending")
    return view(`$(sync~spin) ${who}`, t("Fetching AWS credentials …"), commands.showSession);
  const left = credentials.expiresAt - now;
  if (left < shortMilliseconds) {
    const time = left > 0 ? duration(left / 1000, t) : t("expired");
    const why = trouble === undefined ? t("They are being renewed.") : describe(trouble.problem, t);
    const tooltip = `${t("AWS credentials end in {time}.", { time })} ${why}`;
    return view(`$(warning) ${who} (${time})`, tooltip, commands.showSession, trouble !== undefined);
  }
  const tooltip = t("{user} is signed in. AWS credentials work in every terminal and renew themselves.", {
    user: session.email ?? session.username,
  });
  return view(`$(key) ${who}`, tooltip, commands.showSession);
}
