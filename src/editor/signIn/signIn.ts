import type { Memento } from "vscode";
import type { Session } from "../../core/session.ts";
import type { FlowResult } from "./flow.ts";

export interface SignInDeps {
  /** Asks the person, with a user name to begin with; says the name as soon as it is entered. */
  readonly ask: (offered: string, onUsername: (username: string) => void) => Promise<FlowResult>;
  /** Remembers the user name, and nothing else. */
  readonly memory: Pick<Memento, "get" | "update">;
  /** What is offered once somebody is signed in; nobody waits for it. */
  readonly afterwards: (session: Session) => void;
}

const key = "username";

/** The sign-in as the command, the Accounts menu and the offers share it: a second call joins the one that is open. */
export function createSignIn(deps: SignInDeps): () => Promise<Session> {
  let open: Promise<Session> | undefined;
  let entered = "";
  const run = async (): Promise<Session> => {
    // After a failure the name is offered as it was entered.
    const offered = entered || deps.memory.get<string>(key, "");
    const { session, username } = await deps.ask(offered, (name) => {
      entered = name;
    });
    await deps.memory.update(key, username);
    deps.afterwards(session);
    return session;
  };
  return () => {
    open ??= run().finally(() => {
      open = undefined;
    });
    return open;
  };
}
