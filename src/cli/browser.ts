import { spawn } from "node:child_process";
import type { AgentClient } from "../agent/connect.ts";
import { awaitBrowserSignIn, cancelSignIn, startBrowserSignIn } from "../agent/protocol.ts";
import { GatehouseError } from "../core/errors.ts";
import type { Session } from "../core/session.ts";
import type { Context, Environment } from "./context.ts";
import type { Interaction } from "./interaction.ts";
import { language } from "./language.ts";
import { printable } from "./printable.ts";

/**
 * Prints the address of managed login, opens it where the terminal has a browser, and waits until that has come back to the agent. A
 * flow that is given up is cancelled at the agent.
 */
export async function signInByBrowser(
  { process: { env }, t }: Context,
  client: AgentClient,
  interaction: Interaction,
  signal: AbortSignal,
): Promise<Session> {
  const lang = language(env) === "ja" ? "ja" : "en";
  const { flow, url } = await client.request(startBrowserSignIn, { language: lang }, signal);
  try {
    interaction.say(
      openInBrowser(env, url)
        ? t("Continue in your browser to sign in. Is there no page? Open this one:")
        : t("Open this page in your browser to sign in:"),
    );
    interaction.say(`\n  ${printable(url)}\n\n${t("With your password instead: gatehouse login --password")}`);
    const step = await client.request(awaitBrowserSignIn, { flow }, signal);
    if (step.state === "signedIn") return step.session;
    const { code, params } = step.state === "failed" ? step.problem : ({ code: "internal" } as const);
    throw new GatehouseError(code, params);
  } catch (error) {
    await client.request(cancelSignIn, { flow }, AbortSignal.timeout(2000)).catch(() => {});
    throw error;
  }
}

/**
 * Opens the address with the program that BROWSER names; answers whether there is one. In the terminals of code-server and of VS Code's
 * remotes that is a helper of the editor, which opens it where the person sits. Lists and templates, which the variable may hold
 * elsewhere, are left alone.
 */
export function openInBrowser(env: Environment, url: string): boolean {
  const browser = env["BROWSER"];
  if (browser === undefined || !/^\/[^\s:%]+$/.test(browser)) return false;
  const { ELECTRON_RUN_AS_NODE: _, ...rest } = env;
  const child = spawn(browser, [url], { env: rest, stdio: "ignore", detached: true });
  // The address is printed in any case.
  child.on("error", () => {});
  child.unref();
  return true;
}
