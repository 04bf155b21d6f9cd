import type { env as envApi, ProgressLocation, Uri, window as windowApi } from "vscode";
import type { KeptConnection } from "../../agent/client.ts";
import { awaitBrowserSignIn, cancelSignIn, startBrowserSignIn } from "../../agent/protocol.ts";
import { GatehouseError, toProblem } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Session } from "../../core/session.ts";
import type { Translate } from "../../core/text.ts";
import { commands } from "../../manifest.ts";
import type { Known, SessionStore } from "../session/store.ts";

/** What others may do to a sign-in while it waits for the browser. */
export interface BrowserTurn {
  /** Aborted by whoever wants to type a password in its place. */
  readonly passwordWanted: AbortController;
  /** Opens the page once more; there while the browser is waited for. */
  openAgain?: () => void;
}

export interface BrowserDeps {
  readonly agent: Pick<KeptConnection, "request">;
  readonly store: Pick<SessionStore, "current" | "onChange">;
  readonly window: Pick<typeof windowApi, "withProgress" | "showInformationMessage" | "setStatusBarMessage">;
  readonly env: Pick<typeof envApi, "openExternal" | "clipboard" | "language">;
  /** vscode.ProgressLocation.Notification and vscode.Uri.parse, which only the editor has at run time. */
  readonly notification: ProgressLocation;
  readonly parse: (url: string) => Uri;
  readonly log: Log;
  readonly t: Translate;
}

/**
 * Signs in by managed login: opens its page in the person's browser and waits until the browser has come back to the agent. Whatever
 * ends it early also ends the flow in the agent.
 *
 * @throws GatehouseError `cancelled` by the person, the password, or another sign-in that took its place; else what the agent says
 */
export async function signInByBrowser(deps: BrowserDeps, turn: BrowserTurn): Promise<Session> {
  const { agent, window, env, t } = deps;
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, turn.passwordWanted.signal]);
  const language = env.language.startsWith("ja") ? "ja" : "en";
  const { flow, url } = await agent.request(startBrowserSignIn, { language }, signal);
  const title = t(
    "Continue in your browser to sign in to AWS. Is there no page? [Open it again]({url}) or [use your password]({command}).",
    { url, command: `command:${commands.signInWithPassword}` },
  );
  let over = false;
  try {
    return await window.withProgress({ location: deps.notification, title, cancellable: true }, async (_, token) => {
      const pressed = token.onCancellationRequested(() => ending.abort());
      const elsewhere = signedInElsewhere(deps.store);
      turn.openAgain = () => void openPage(deps, url, () => over);
      turn.openAgain();
      try {
        return await Promise.race([elsewhere.session, result(deps, flow, signal)]);
      } finally {
        delete turn.openAgain;
        elsewhere.dispose();
        pressed.dispose();
      }
    });
  } finally {
    over = true;
    // To one that has ended already this says nothing; the agent would forget any other by itself.
    agent.request(cancelSignIn, { flow }).catch(() => {});
  }
}

async function result({ agent, log }: BrowserDeps, flow: string, signal: AbortSignal): Promise<Session> {
  const step = await agent.request(awaitBrowserSignIn, { flow }, signal);
  if (step.state === "signedIn") return step.session;
  if (step.state === "prompt") throw new GatehouseError("internal", { detail: "a prompt in place of a result" });
  const { code, params } = step.problem;
  // Whoever began the other one, in another window or a terminal, is served there.
  if (code === "browserSignInReplaced") {
    log.info("sign-in: another one took its place");
    throw new GatehouseError("cancelled");
  }
  throw new GatehouseError(code, params ?? {});
}

/**
 * Somebody may sign in by another window or a terminal meanwhile. Only once that session is whole: the agent tells of the own one, too,
 * before it answers, and giving that up early would undo it.
 */
function signedInElsewhere(store: BrowserDeps["store"]): { readonly session: Promise<Session>; dispose(): void } {
  const idOf = (known: Known) =>
    known.state === "known" && known.session.state === "signedIn" ? known.session.id : undefined;
  const before = idOf(store.current());
  let listener: { dispose(): void } | undefined;
  const session = new Promise<Session>((resolve) => {
    listener = store.onChange(({ known }) => {
      if (known.state !== "known" || known.session.state !== "signedIn" || idOf(known) === before) return;
      if (known.session.credentials.state !== "pending") resolve(known.session);
    });
  });
  return { session, dispose: () => listener?.dispose() };
}

/** Opens the page; where the editor can't, the link is offered for the clipboard. */
async function openPage({ window, env, parse, log, t }: BrowserDeps, url: string, over: () => boolean): Promise<void> {
  const opened = await env.openExternal(parse(url)).then(
    (done) => done,
    (error: unknown) => {
      log.warn(`sign-in: the browser could not be opened: ${toProblem(error).code}`);
      return false;
    },
  );
  if (opened || over()) return;
  const copy = t("Copy Link");
  const message = t("Your browser could not be opened. Copy the link into it to sign in to AWS.");
  if ((await window.showInformationMessage(message, copy)) !== copy) return;
  await env.clipboard.writeText(url).then(
    () => window.setStatusBarMessage(`$(check) ${t("The link is in the clipboard.")}`, 5000),
    () => window.setStatusBarMessage(`$(warning) ${t("The clipboard cannot be used.")}`, 5000),
  );
}
