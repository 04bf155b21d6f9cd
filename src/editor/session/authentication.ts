import type {
  AuthenticationProvider,
  AuthenticationProviderAuthenticationSessionsChangeEvent,
  AuthenticationSession,
  Disposable,
  EventEmitter,
} from "vscode";
import { GatehouseError } from "../../core/errors.ts";
import type { Session } from "../../core/session.ts";
import type { SessionStore } from "./store.ts";

export interface AuthenticationDeps {
  readonly store: SessionStore;
  readonly emitter: EventEmitter<AuthenticationProviderAuthenticationSessionsChangeEvent>;
  /** Signs in by asking the person. */
  readonly signIn: () => Promise<Session>;
  /** Signs out of AWS. */
  readonly signOut: () => Promise<void>;
}

/**
 * The session in the Accounts menu. What other extensions get is its opaque id: no token leaves the agent.
 * getSessions never asks anybody anything; createSession does.
 */
export function createAuthentication(deps: AuthenticationDeps): AuthenticationProvider & Disposable {
  const { store, emitter } = deps;
  const listener = store.onChange(({ known, previous }) => {
    if (known.state !== "known") return;
    const before = sessionsOf(previous, []);
    const after = sessionsOf(known.session, []);
    const added = after.filter(({ id }) => before.every((other) => other.id !== id));
    const removed = before.filter(({ id }) => after.every((other) => other.id !== id));
    if (added.length > 0 || removed.length > 0) emitter.fire({ added, removed, changed: [] });
  });
  return {
    onDidChangeSessions: emitter.event,
    async getSessions(scopes) {
      return sessionsOf(await store.session().catch(() => undefined), scopes ?? []);
    },
    async createSession(scopes) {
      const [session] = sessionsOf(await deps.signIn(), scopes);
      if (session === undefined) throw new GatehouseError("cancelled");
      return session;
    },
    async removeSession(id) {
      const [session] = sessionsOf(await store.session(), []);
      if (session?.id === id) await deps.signOut();
    },
    dispose() {
      listener.dispose();
      emitter.dispose();
    },
  };
}

function sessionsOf(session: Session | undefined, scopes: readonly string[]): AuthenticationSession[] {
  if (session?.state !== "signedIn") return [];
  const { id, username, email } = session;
  return [{ id, accessToken: id, account: { id: username, label: email ?? username }, scopes }];
}
