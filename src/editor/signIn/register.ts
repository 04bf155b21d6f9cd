import type { Disposable, ExtensionContext, ProgressLocation, Uri } from "vscode";
import type { KeptConnection } from "../../agent/client.ts";
import type { Log } from "../../core/log.ts";
import type { Session } from "../../core/session.ts";
import type { Translate } from "../../core/text.ts";
import type * as OnDemand from "../onDemand.ts";
import { systemClock } from "../platform/clock.ts";
import type { SessionStore } from "../session/store.ts";
import { type AutomaticDeps, registerAutomaticSignIn } from "./automatic.ts";
import type { BrowserDeps } from "./browser.ts";
import { createSignIn, type SignIn } from "./signIn.ts";
import type { ViewDeps } from "./views.ts";

export interface RegisterSignInDeps {
  readonly vscode: Omit<ViewDeps, "window" | "env"> & {
    readonly window: ViewDeps["window"] & BrowserDeps["window"];
    readonly env: ViewDeps["env"] & BrowserDeps["env"];
    readonly workspace: AutomaticDeps["workspace"];
    readonly ProgressLocation: { readonly Notification: ProgressLocation };
    readonly Uri: { parse(value: string, strict: boolean): Uri };
  };
  readonly onDemand: () => Promise<typeof OnDemand>;
  readonly context: Pick<ExtensionContext, "globalState">;
  readonly agent: KeptConnection;
  readonly store: SessionStore;
  readonly afterwards: (session: Session) => void;
  readonly log: Log;
  readonly t: Translate;
}

/** Both ways of signing in, and the start by itself. */
export function registerSignIn(deps: RegisterSignInDeps): SignIn & Disposable {
  const { vscode, onDemand, agent, store, log, t } = deps;
  const { window, workspace, env } = vscode;
  const notification = vscode.ProgressLocation.Notification;
  const parse = (url: string): Uri => vscode.Uri.parse(url, true);
  const signIn = createSignIn({
    agent,
    inBrowser: async (turn) =>
      (await onDemand()).signInByBrowser({ agent, store, window, env, notification, parse, log, t }, turn),
    ask: async (offered, onUsername) => {
      const { createViews, runSignIn } = await onDemand();
      return runSignIn({ ...createViews(vscode, systemClock, t), agent, onUsername }, offered);
    },
    memory: deps.context.globalState,
    afterwards: deps.afterwards,
    log,
  });
  const automatic = registerAutomaticSignIn({ workspace, agent, store, signIn, log });
  return { ...signIn, dispose: () => automatic.dispose() };
}
