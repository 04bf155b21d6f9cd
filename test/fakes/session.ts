import type { Session, SignedIn } from "../../src/core/session.ts";

export const signedOut: Session = { state: "signedOut", reason: "never" };

/** Of alice, whose AWS credentials are on their way. */
export function signedIn(more: Partial<SignedIn> = {}): SignedIn {
  return {
    state: "signedIn",
    id: "1",
    username: "alice",
    signedInAt: 0,
    roles: [],
    credentials: { state: "pending" },
    ...more,
  };
}
