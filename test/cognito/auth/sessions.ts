/** Session strings: single use, and valid for the client's AuthSessionValidity (3 to 15 minutes). */
import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";
import { notAuthorized } from "../errors.ts";
import type { AppClient, UserPool } from "../model.ts";
import type { ServerExchange } from "./srpVerifier.ts";

export type Pending =
  /** The session string is the SECRET_BLOCK here. Without an exchange: a user that does not exist. */
  | { readonly challenge: "PASSWORD_VERIFIER"; readonly exchange: ServerExchange; readonly stranger: boolean }
  | { readonly challenge: "NEW_PASSWORD_REQUIRED" }
  | { readonly challenge: "SOFTWARE_TOKEN_MFA" }
  | { readonly challenge: "MFA_SETUP"; readonly secret?: string; readonly verified?: boolean };

export interface Session {
  readonly id: string;
  readonly pool: UserPool;
  readonly client: AppClient;
  readonly username: string;
  /** Other names that the person may go on using: what was typed at the start. */
  readonly typed: string;
  readonly pending: Pending;
}

export interface SessionStore {
  open(session: Omit<Session, "id">): string;
  /** The session, still usable. @throws NotAuthorizedException when unknown, expired or used */
  peek(id: string): Session;
  /** Uses it up. */
  close(session: Session): void;
}

const kept = 10_000;

export function createSessionStore(clock: Clock): SessionStore {
  const sessions = new Map<string, { session: Session; expiresAt: number; used: boolean }>();
  return {
    open(content) {
      const id = randomBytes(384).toString("base64");
      const minutes = content.client.settings.AuthSessionValidity;
      sessions.set(id, { session: { ...content, id }, expiresAt: clock.now() + minutes * 60_000, used: false });
      const [oldest] = sessions.keys();
      if (sessions.size > kept && oldest !== undefined) sessions.delete(oldest);
      return id;
    },
    peek(id) {
      const entry = sessions.get(id);
      if (entry === undefined) throw notAuthorized("Invalid session for the user.");
      if (entry.used) throw notAuthorized("Invalid session for the user, session can only be used once.");
      if (clock.now() >= entry.expiresAt) throw notAuthorized("Invalid session for the user, session is expired.");
      return entry.session;
    },
    close(session) {
      const entry = sessions.get(session.id);
      if (entry !== undefined) entry.used = true;
    },
  };
}
