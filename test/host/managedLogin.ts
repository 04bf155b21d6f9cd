import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UpdateUserPoolClientCommand } from "@aws-sdk/client-cognito-identity-provider";
import type { Page } from "playwright-core";
import { settings } from "../../src/manifest.ts";
import { administratorOf, sdkClients } from "../cognito/demoPool.ts";
import { addBranding, addDomain, oauthSettings } from "../cognito/managedLogin/setUp.ts";
import type { Lab } from "../lab/lab.ts";
import { freePort } from "../lab/ports.ts";

/** code-server's option that lets the editor open the emulator's pages without a question, as a provisioned host does for its own. */
export const trustedDomains = ["--link-protection-trusted-domains", "http://*.localhost:*"];

export interface ManagedLogin {
  /** `PREFIX.localhost:PORT` */
  readonly domain: string;
  /** Where the browser comes back to. */
  readonly callback: string;
}

/** Gives the lab's pool managed login with a callback on this machine, and says so in the editor's settings. */
export async function addManagedLogin(lab: Lab): Promise<ManagedLogin> {
  const { pool, cognito } = lab;
  const { userPools } = sdkClients(cognito.endpoint, pool.region, await administratorOf(cognito.endpoint));
  const port = await freePort();
  const callback = `http://localhost:${port}/gatehouse/callback`;
  const prefix = `login-${randomBytes(4).toString("hex")}`;
  await addDomain(userPools, pool.userPoolId, prefix);
  await userPools.send(
    new UpdateUserPoolClientCommand({
      UserPoolId: pool.userPoolId,
      ClientId: pool.clientId,
      ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
      PreventUserExistenceErrors: "ENABLED",
      ...oauthSettings,
      CallbackURLs: [callback],
    }),
  );
  await addBranding(userPools, pool.userPoolId, pool.clientId);
  const domain = `${prefix}.localhost:${new URL(cognito.endpoint).port}`;
  setMachineSettings(lab, { [settings.domain]: domain, [settings.callbackPort]: port });
  return { domain, callback };
}

/** Changes settings of the scope `machine`; the editor follows the file. */
export function setMachineSettings({ editor }: Lab, changes: Readonly<Record<string, unknown>>): void {
  const file = join(editor.userData, "Machine", "settings.json");
  const before = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...before, ...changes }, undefined, 2));
}

/** Types user, password and code into managed login's pages, as far as they ask. */
export async function signInAtManagedLogin(
  page: Page,
  user: { readonly username: string; readonly password: string },
  code: () => Promise<string>,
): Promise<void> {
  await page.getByLabel("Email address").fill(user.username);
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Code", { exact: true }).fill(await code());
  await page.keyboard.press("Enter");
}
