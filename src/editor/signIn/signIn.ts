import type { Memento } from "vscode";
import type { KeptConnection } from "../../agent/client.ts";
import { getConfiguration } from "../../agent/protocol.ts";
import { GatehouseError, toProblem } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Session } from "../../core/session.ts";
import type { BrowserTurn } from "./browser.ts";
import type { FlowResult } from "./flow.ts";

export interface SignInDeps {
  readonly agent: Pick<KeptConnection, "request">;
  /** Signs in by managed login, in the person's browser. */
  readonly inBrowser: (turn: BrowserTurn) => Promise<Session>;
  /** Asks the person, with a user name to begin with; says the name as soon as it is entered. */
  readonly ask: (offered: string, onUsername: (username: string) => void) => Promise<FlowResult>;
  /** Remembers the user name, and nothing else. */
  readonly memory: Pick<Memento, "get" | "update">;
  /** What is offered once somebody is signed in; nobody waits for it. */
  readonly afterwards: (session: Session) => void;
  readonly log: Log;
}

export interface SignIn {
  /** By the browser where that is configured, else by password. */
  readonly start: () => Promise<Session>;
  /** By password in any case; a sign-in that waits for the browser goes on by password. */
  readonly withPassword: () => Promise<Session>;
  /** By the browser, without a click: says nothing of a failure, and does nothing where a sign-in is open. */
  readonly automatically: () => Promise<void>;
}

const key = "username";

/** The sign-in as the commands, the Accounts menu and the offers share it: a second call joins the one that is open. */
export function createSignIn(deps: SignInDeps): SignIn {
  let open: { readonly session: Promise<Session>; readonly turn: BrowserTurn } | undefined;
  let entered = "";

  const byPassword = async (): Promise<Session> => {
    // After a failure the name is offered as it was entered.
    const offered = entered || deps.memory.get<string>(key, "");
    const { session, username } = await deps.ask(offered, (name) => {
      entered = name;
    });
    await deps.memory.update(key, username);
    return session;
  };
  const browserIsConfigured = async (): Promise<boolean> => {
    try {
      const view = await deps.agent.request(getConfiguration);
      return view.ok && view.browserSignIn;
    } catch (error) {
      // The way by password says what is wrong with the agent.
      deps.log.warn(`sign-in: ${toProblem(error).code}`);
      return false;
    }
  };
  const byBrowser = async (turn: BrowserTurn): Promise<Session> => {
    try {
      return await deps.inBrowser(turn);
    } catch (error) {
      // The person has turned to the password.
      if (turn.passwordWanted.signal.aborted) return await byPassword();
      // So that whoever shows it can offer the other way.
      const { code, params } = toProblem(error);
      throw new GatehouseError(code, { ...params, way: "browser" }, { cause: error });
    }
  };
  const begin = (way: (turn: BrowserTurn) => Promise<Session>): Promise<Session> => {
    const turn: BrowserTurn = { passwordWanted: new AbortController() };
    const session = way(turn)
      .then((result) => {
        deps.afterwards(result);
        return result;
      })
      .finally(() => {
        open = undefined;
      });
    open = { session, turn };
    return session;
  };

  return {
    start() {
      if (open === undefined)
        return begin(async (turn) => ((await browserIsConfigured()) ? byBrowser(turn) : byPassword()));
      // Who asks once more doesn't see the page: it was closed, or a pop-up blocker has kept it from opening.
      open.turn.openAgain?.();
      return open.session;
    },
    withPassword() {
      if (open === undefined) return begin(byPassword);
      open.turn.passwordWanted.abort();
      return open.session;
    },
    async automatically() {
      if (open !== undefined || !(await browserIsConfigured()) || open !== undefined) return;
      try {
        await begin(byBrowser);
      } catch (error) {
        // Nobody has asked for it, so nobody waits for a word; the status bar goes on offering the sign-in.
        const { code, params } = toProblem(error);
        deps.log.info(`sign-in by itself: ${code} ${JSON.stringify(params ?? {})}`);
      }
    },
  };
}
