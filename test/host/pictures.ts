// npm run pictures: the pictures of docs/images, made on a fresh host, 1280 × 800. Look at each before it is committed.
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { root } from "../lab/cache.ts";
import { ensurePackages } from "../lab/debian.ts";
import { Authenticator, scanQrCode } from "./authenticator.ts";
import { signInAtManagedLogin } from "./managedLogin.ts";
import { openTerminal, runCommand, until, workbenchReady } from "./page.ts";
import { GateWorld } from "./wholeWay/gateWorld.ts";

/** Readers of the README load all of them. */
const largestBytes = 200_000;
const identity = "aws sts get-caller-identity";

await ensurePackages("pictures");
const world = await GateWorld.create();
try {
  await enrolment(await world.browse("bob"));
  await refusal(await world.browse("eve"));
  await signIn(world.page);
} finally {
  await world.close();
}

async function enrolment(page: Page): Promise<void> {
  const { lab } = world;
  await page.goto(lab.url);
  await picture(page, "managed-login");
  await page.getByLabel("Email address").fill(lab.pool.newcomer.username);
  await page.getByLabel("Password").fill(lab.pool.newcomer.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  const uri = new URL(await scanQrCode(page));
  await picture(page, "enrolment");
  const authenticator = new Authenticator(uri.searchParams.get("secret") ?? "");
  await page.getByLabel("Code", { exact: true }).fill(await authenticator.code());
  await page.keyboard.press("Enter");
  await workbenchReady(page);
}

async function refusal(page: Page): Promise<void> {
  const { lab } = world;
  const authenticator = new Authenticator(lab.pool.refused.totpSecret);
  await page.goto(lab.url);
  await signInAtManagedLogin(page, lab.pool.refused, () => authenticator.code());
  await page.getByRole("heading", { name: "This account has no access" }).waitFor();
  await picture(page, "refused");
  await page.getByRole("link", { name: /Sign out/ }).click();
  await page.getByRole("heading", { name: "Signed out" }).waitFor();
  await picture(page, "signed-out");
}

async function signIn(page: Page): Promise<void> {
  const { lab, workspace } = world;
  await world.put("README.md", "# Our project\n");
  await page.goto(lab.url);
  await signInAtManagedLogin(page, lab.pool.enrolled, () => world.code());
  await workbenchReady(page);
  await world.offersSignIn();
  await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "README.md" }).waitFor();
  await picture(page, "editor");
  const result = await world.clickSignIn();
  await result.getByText("Sign-in complete").waitFor();
  await picture(result, "sign-in-complete");
  await result.close();
  await world.signedInToAws();
  const terminal = await openTerminal(page, workspace);
  await runCommand(page, "Notifications: Clear All Notifications");
  await terminal.type("clear");
  await until("an empty screen", async () => (await terminal.text()).trim().length < 40);
  await page.keyboard.type(`${identity}\n`);
  await until("the answer and a new prompt", async () =>
    /assumed-role[\s\S]*environment\$/.test(await terminal.text()),
  );
  await picture(page, "signed-in");
}

async function picture(page: Page, name: string): Promise<void> {
  const path = join(root, "docs", "images", `${name}.png`);
  await page.mouse.move(640, 20);
  await page.screenshot({ path, animations: "disabled", caret: "hide" });
  execFileSync("optipng", ["-quiet", "-o2", path]);
  const { size } = statSync(path);
  console.log(`${path}: ${Math.round(size / 1000)} kB`);
  if (size > largestBytes) throw new Error(`${name} is larger than ${largestBytes / 1000} kB.`);
}
