import type { BrowserContext, Page } from "playwright-core";
import type { Authenticator } from "../../host/authenticator.ts";
import { workbenchReady } from "../../host/page.ts";

/** Managed login's pages, as somebody types into them who has an authenticator; ends in the editor. */
export async function signInAtTheDoor(
  page: Page,
  url: string,
  person: { readonly username: string; readonly password: string; readonly authenticator: Authenticator },
): Promise<void> {
  await page.goto(url);
  await page.getByLabel("Email address").fill(person.username);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Code").fill(await person.authenticator.code());
  await page.getByRole("button", { name: "Continue" }).click();
  await workbenchReady(page);
}

export interface InputCount {
  clicks: number;
  keys: number;
}

/** Counts what a person does in any page of this browser from now on: clicks and keys that the browser itself says are real. */
export async function countInput(browser: BrowserContext): Promise<InputCount> {
  const count = { clicks: 0, keys: 0 };
  await browser.exposeBinding("benchInput", (_, kind: "clicks" | "keys") => {
    count[kind]++;
  });
  // On the window and before anybody else, who might stop the event; webviews and frames as well.
  const listen = `for (const [type, kind] of [["pointerdown", "clicks"], ["keydown", "keys"]]) {
    window.addEventListener(type, (event) => { if (event.isTrusted) window.benchInput(kind); }, { capture: true });
  }`;
  await browser.addInitScript(listen);
  for (const page of browser.pages()) await page.evaluate(listen);
  return count;
}
