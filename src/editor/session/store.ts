import type { Disposable } from "vscode";
import type { Disposable as AgentDisposable, KeptConnection } from "../../agent/client.ts";
import { listenerSet } from "../../agent/connect.ts";
import { getSession } from "../../agent/protocol.ts";
import { type Problem, toProblem } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Session } from "../../core/session.ts";
import { together } from "../platform/disposables.ts";

/** What this window knows. */
export type Known =
  /** Before the agent's first answer. */
  | { readonly state: "unknown" }
  | { readonly state: "known"; readonly session: Session }
  /** The agent can't be reached; tried again all the time. */
  | { readonly state: "failed"; readonly problem: Problem };

export interface SessionChange {
  readonly known: Known;
  /** The session that was known last, whatever happened to the connection since. */
  readonly previous: Session | undefined;
}

export interface SessionStore extends Disposable {
  current(): Known;
  /** The session, asked for where it is not known yet. */
  session(): Promise<Session>;
  onChange(listener: (change: SessionChange) => void): AgentDisposable;
}

/**
 * Follows the agent's session over reconnections. The agent tells of every change before it answers the request that made it, so
 * what requests answer is never taken over here: it could be older than what has been heard since.
 */
export function createSessionStore(
  agent: Pick<KeptConnection, "request" | "onSessionChanged" | "onState">,
  log: Log,
): SessionStore {
  const changes = listenerSet<SessionChange>();
  let known: Known = { state: "unknown" };
  let last: Session | undefined;

  const become = (next: Known): void => {
    if (JSON.stringify(next) === JSON.stringify(known)) return;
    known = next;
    const previous = last;
    if (next.state === "known") last = next.session;
    changes.fire({ known, previous });
  };
  let heard = 0;
  const hear = (session: Session): void => {
    heard++;
    become({ state: "known", session });
  };
  const ask = async (): Promise<Session> => {
    const before = heard;
    const session = await agent.request(getSession);
    if (heard === before) become({ state: "known", session });
    return session;
  };
  const listeners = together(
    agent.onSessionChanged(hear),
    agent.onState((connection) => {
      if (connection.state === "connected") ask().catch((error: unknown) => log.warn(`session: ${String(error)}`));
      if (connection.state !== "failed") return;
      log.warn(`agent: ${connection.error.message}`);
      become({ state: "failed", problem: toProblem(connection.error) });
    }),
  );
  return {
    current: () => known,
    session: async () => (known.state === "known" ? known.session : ask()),
    onChange: changes.add,
    dispose: () => listeners.dispose(),
  };
}
