import type { Session } from "../../core/session.ts";
import type { Translate } from "../../core/text.ts";
import type { Known } from "./store.ts";

/** Why the session ended without anybody here signing out; undefined when somebody did, or when there was none. */
export function lossMessage(reason: "agentRestarted" | string, t: Translate): string | undefined {
  switch (reason) {
    case "agentRestarted":
      return t("The session agent had to be started again, so you are signed out of AWS.");
    case "expired":
      return t("Your AWS session has expired.");
    case "revoked":
      return t("Your AWS session was ended by an administrator or from another place.");
    case "signedOutEverywhere":
      return t("You were signed out of AWS everywhere.");
    default:
      return undefined;
  }
}

/** What to say when one session follows another: only the loss of one that was there. */
export function lossOf(previous: Session | undefined, next: Known, t: Translate): string | undefined {
  if (previous?.state !== "signedIn" || next.state !== "known" || next.session.state !== "signedOut") return undefined;
  // A new agent that keeps nothing knows of no session before it.
  const { reason } = next.session;
  return lossMessage(reason === "never" ? "agentRestarted" : reason, t);
}
