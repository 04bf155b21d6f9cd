import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AdminCreateUserCommand } from "@aws-sdk/client-cognito-identity-provider";
import type { BrowserContext, Page } from "playwright-core";
import { totp } from "../cognito/totp.ts";
import { launchBrowser } from "../lab/browser.ts";
import { type Emulator, email, password, startEmulator } from "./emulator.ts";
import { authorizePath, createSite, type Site } from "./managedLoginSite.ts";

const languages = {
  en: {
    email: "Email address",
    password: "Password",
    signIn: "Sign in",
    code: "Code",
    continue: "Continue",
    first: "New password",
    second: "Repeat the new password",
    enrolment: "Set up an authenticator app",
    qr: "QR code for an authenticator app; the key stands below as text",
  },
  ja: {
    email: "E メールアドレス",
    password: "パスワード",
    signIn: "サインイン",
    code: "コード",
    continue: "続行",
    first: "新しいパスワード",
    second: "新しいパスワード (確認)",
    enrolment: "認証アプリを設定",
    qr: "認証アプリ用の QR コード (キーは下に文字でも表示されています)",
  },
} as const;

describe("managed login in Chromium", function () {
  this.timeout(300_000);
  let emulator: Emulator;
  let browser: BrowserContext;
  let folder: string;
  let application: Server;
  let callback: string;
  before(async () => {
    application = createServer((_, response) => response.end("arrived"));
    application.listen(0, "127.0.0.1");
    await once(application, "listening");
    callback = `http://127.0.0.1:${(application.address() as AddressInfo).port}/callback`;
    emulator = await startEmulator();
    folder = await mkdtemp(join(tmpdir(), "gatehouse-browser-"));
    browser = await launchBrowser(folder);
  });
  after(async () => {
    await browser?.close();
    application?.close();
    await rm(folder, { recursive: true, force: true });
    await emulator?.stop();
  });

  const addressOf = (site: Site, changes: Record<string, string> = {}) =>
    `http://${site.prefix}.localhost:${new URL(emulator.endpoint).port}${authorizePath(site, { redirect_uri: callback, ...changes })}`;
  /** Where the browser is sent with the code. */
  const arrival = async (page: Page, act: () => Promise<unknown>) => {
    await act();
    await page.waitForURL((url) => url.href.startsWith(callback));
    return new URL(page.url()).searchParams;
  };

  for (const [lang, text] of Object.entries(languages)) {
    it(`takes a newcomer through password, new password and enrolment in ${lang}, by labels and keyboard alone`, async () => {
      const site = await createSite(emulator, { mfa: "ON", client: { CallbackURLs: [callback] } });
      const dora = "dora@example.com";
      await emulator.userPools.send(
        new AdminCreateUserCommand({
          UserPoolId: site.userPoolId,
          Username: dora,
          TemporaryPassword: "Temporary-1",
          MessageAction: "SUPPRESS",
        }),
      );
      const page = await browser.newPage();
      const faults: string[] = [];
      page.on("console", (message) => {
        if (/Content Security Policy/.test(message.text())) faults.push(message.text());
      });
      await page.goto(addressOf(site, { lang }));
      assert.equal(await page.getAttribute("html", "lang"), lang);
      // The first field has the focus.
      await page.keyboard.type(dora);
      await page.keyboard.press("Tab");
      await page.keyboard.type("Temporary-1");
      await page.keyboard.press("Enter");
      await page.getByLabel(text.first, { exact: true }).fill("Permanent-22");
      await page.getByLabel(text.second, { exact: true }).fill("Permanent-22");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: text.enrolment }).waitFor();
      assert.ok(await page.getByRole("img", { name: text.qr }).isVisible());
      const secret = (await page.textContent(".key")) ?? "";
      await page.getByLabel(text.code, { exact: true }).fill(totp(secret, await emulator.now()));
      const answer = await arrival(page, () => page.keyboard.press("Enter"));
      assert.ok(answer.get("code"));
      assert.equal(answer.get("state"), "state-1");
      // Signed in: no page any more.
      assert.ok((await arrival(page, () => page.goto(addressOf(site)))).get("code"));
      assert.deepEqual(faults, []);
      await page.close();
    });
  }

  it("sets Cognito's cookies, out of reach of scripts, for its own host, and asks again after the sign-out", async () => {
    const signedOut = callback.replace("callback", "bye");
    const site = await createSite(emulator, { client: { CallbackURLs: [callback], LogoutURLs: [signedOut] } });
    const page = await browser.newPage();
    await page.goto(addressOf(site));
    await page.getByLabel("Email address").fill(email);
    await page.getByLabel("Password").fill(password);
    await arrival(page, () => page.getByRole("button", { name: "Sign in" }).click());
    const host = `${site.prefix}.localhost`;
    const cookies = (await browser.cookies()).filter(({ domain }) => domain === host);
    assert.deepEqual(cookies.map(({ name }) => name).sort(), ["XSRF-TOKEN", "cognito"]);
    assert.ok(cookies.every(({ httpOnly, secure, sameSite }) => httpOnly && secure && sameSite === "Lax"));
    const { origin } = new URL(addressOf(site));
    const end = `${origin}/logout?client_id=${site.clientId}&logout_uri=${encodeURIComponent(signedOut)}`;
    await page.goto(end);
    assert.equal(page.url(), signedOut);
    await page.goto(addressOf(site));
    assert.ok(await page.getByLabel("Password").isVisible());
    await page.close();
  });

  it("loads nothing but the page itself", async () => {
    const site = await createSite(emulator, { mfa: "ON", client: { CallbackURLs: [callback] } });
    const page = await browser.newPage();
    const loaded = new Set<string>();
    page.on("request", (request) => loaded.add(request.resourceType()));
    await page.goto(addressOf(site));
    await page.getByLabel("Email address").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Code", { exact: true }).waitFor();
    loaded.delete("other");
    assert.deepEqual([...loaded], ["document"]);
    assert.equal(await page.evaluate("document.scripts.length"), 0);
    await page.close();
  });
});
