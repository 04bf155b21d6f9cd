/** From the public name through managed login into the editor, and to AWS with one click. */
import assert from "node:assert/strict";
import { Authenticator, scanQrCode } from "../authenticator.ts";
import { record } from "../counts.ts";
import { signInAtManagedLogin } from "../managedLogin.ts";
import { statusBar, until, workbenchReady } from "../page.ts";
import type { GateWorld } from "./gateWorld.ts";

export function signInTests(world: () => GateWorld): void {
  it("enrols a newcomer by the QR code of managed login, in Japanese, and opens the editor", async () => {
    const { lab, secrets } = world();
    const { newcomer } = lab.pool;
    const page = await world().browse("bob");
    await page.goto(lab.url);
    await page.goto(`${page.url()}&lang=ja`);
    assert.equal(await page.locator("html").getAttribute("lang"), "ja");
    await page.getByLabel("E メールアドレス").fill(newcomer.username);
    await page.getByLabel("パスワード").fill(newcomer.password);
    await page.getByRole("button", { name: "サインイン" }).click();
    await page.getByRole("heading", { name: "認証アプリを設定" }).waitFor();
    const uri = new URL(await scanQrCode(page));
    assert.equal(uri.protocol, "otpauth:");
    const authenticator = new Authenticator(uri.searchParams.get("secret") ?? "");
    secrets.add("key of bob", authenticator.secret);
    const code = await authenticator.code();
    secrets.add("code of bob", code);
    await page.getByLabel("コード", { exact: true }).fill(code);
    await page.getByRole("button", { name: "続行" }).click();
    await workbenchReady(page);
    assert.equal(page.url(), lab.url);
    await world().closeBrowser("bob");
  });

  it("leads from the public name through password and code to the editor's folder", async () => {
    const { lab, page } = world();
    world().traffic.newPages();
    await page.goto(lab.url);
    await signInAtManagedLogin(page, lab.pool.enrolled, () => world().code());
    await workbenchReady(page);
    assert.equal(page.url(), lab.url);
    const login = `https://${lab.pool.domain}`;
    const way = [
      ...[`${lab.origin}/`, `${login}/oauth2/authorize`, `${login}/login`, `${login}/mfa`],
      ...[`${lab.origin}/oauth2/callback`, `${lab.origin}/`],
    ];
    assert.deepEqual(withoutRepetition(world().traffic.newPages()), way);
    assert.notEqual(await world().gateSession(), "");
    world().secrets.add("session of alice at the gate", await world().gateSession());
    await world().offersSignIn();
  });

  it("signs in to AWS with one click and no key, and a terminal has the assumed role", async () => {
    const { page, user, lab } = world();
    // A terminal from before the sign-in.
    const terminal = await world().terminal();
    assert.notEqual((await terminal.run("aws sts get-caller-identity")).status, 0);
    world().traffic.newPages();
    await world().offersSignIn();
    const began = performance.now();
    const result = await world().clickSignIn();
    await result.getByText("Sign-in complete").waitFor();
    await until("AWS credentials", async () => (await world().awsSession()).credentials?.state === "ready");
    record({ clickToCredentialsMs: Math.round(performance.now() - began) });
    const login = `https://${lab.pool.domain}`;
    assert.deepEqual(withoutRepetition(world().traffic.newPages()), [
      `${login}/oauth2/authorize`,
      `${lab.origin}/gatehouse/callback`,
    ]);
    await result.close();
    await world().signedInToAws();
    assert.deepEqual(world().traffic.elsewhere([new URL(lab.origin).host, lab.pool.domain]), []);
    assert.equal((await world().awsSession()).email, lab.pool.enrolled.username);
    assert.match(await statusBar(page), /gatehouse-developer/);
    const asked = await terminal.run("id -un; aws sts get-caller-identity --query Arn --output text");
    assert.equal(asked.status, 0, asked.output);
    assert.match(asked.output, new RegExp(`^${user}\\narn:aws:sts::\\d{12}:assumed-role/gatehouse-developer/`));
  });
}

/** The same address twice in a row counts once: a page may be opened again with other parameters. */
function withoutRepetition(pages: readonly string[]): string[] {
  return pages.filter((page, index) => page !== pages[index - 1]);
}
