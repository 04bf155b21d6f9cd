/** Which window signs in by itself. */
import type { Session } from "../core/session.ts";

export interface AutomaticSignIn {
  /** Whether a window may begin now. @param pending sign-ins under way */
  claim(session: Session, pending: number): boolean;
}

/** As long as a sign-in waits for the browser: neither the next window nor a reload opens another page until then, in milliseconds. */
export const claimLifetime = 10 * 60_000;

/** @param now monotonic, in milliseconds */
export function createAutomaticSignIn(now: () => number): AutomaticSignIn {
  let claimedAt = Number.NEGATIVE_INFINITY;
  return {
    claim(session, pending) {
      if (session.state === "signedIn" || pending > 0 || now() - claimedAt < claimLifetime) return false;
      // Who signed out, or was signed out by somebody, wants to be asked first.
      const { reason } = session;
      if (reason === "signedOut" || reason === "signedOutEverywhere" || reason === "revoked") return false;
      claimedAt = now();
      return true;
    },
  };
}
