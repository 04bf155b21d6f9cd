import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { totp } from "../cognito/totp.ts";
import { launchBrowser } from "../lab/browser.ts";
import { ensureOauth2Proxy, type Oauth2Proxy, startOauth2Proxy } from "../lab/oauth2Proxy.ts";
import { freePort } from "../lab/ports.ts";
import { type Emulator, email, enrol, password, startEmulator } from "./emulator.ts";
import { createSite, type Site, Visitor } from "./managedLoginSite.ts";

describe("oauth2-proxy in front of an application, with managed login", function () {
  // Where nobody has run it before, it is built first.
  this.timeout(600_000);
  let emulator: Emulator;
  let site: Site;
  let secret: string;
  let proxy: Oauth2Proxy;
  let executable: string;
  let application: Server;
  let browser: BrowserContext;
  let folder: string;
  let page: Page;
  const stops: (() => Promise<unknown>)[] = [];

  before(async () => {
    executable = await ensureOauth2Proxy(console.error);
    emulator = await startEmulator({ issuerBase: "own", now: Date.now });
    application = createServer((request, response) => response.end(`Hello ${request.headers["x-forwarded-email"]}`));
    application.listen(0, "127.0.0.1");
    await once(application, "listening");
    const port = await freePort();
    const address = `http://127.0.0.1:${port}`;
    site = await createSite(emulator, {
      mfa: "ON",
      client: {
        GenerateSecret: true,
        CallbackURLs: [`${address}/oauth2/callback`],
        LogoutURLs: [`${address}/signed-out`],
      },
    });
    ({ secret } = await enrol(emulator, site));
    proxy = await start({ port, more: [`--whitelist-domain=${new URL(pages()).host}`] });
    folder = await mkdtemp(join(tmpdir(), "gatehouse-browser-"));
    browser = await launchBrowser(folder);
    page = await browser.newPage();
  });
  after(async () => {
    for (const stop of stops) await stop();
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
    application?.close();
    await emulator?.stop();
  });

  async function start(changes: { port?: number; clientSecret?: string; more?: string[] } = {}): Promise<Oauth2Proxy> {
    const started = await startOauth2Proxy({
      executable,
      issuer: `${emulator.endpoint}/${site.userPoolId}`,
      clientId: site.clientId,
      clientSecret: site.clientSecret ?? "",
      upstream: `http://127.0.0.1:${(application.address() as AddressInfo).port}`,
      ...changes,
    });
    stops.push(() => started.stop());
    return started;
  }
  /** A code that nobody has used: each test goes a minute on. */
  const freshCode = async () => {
    await emulator.advance(60);
    return totp(secret, await emulator.now());
  };
  const pages = () => `http://${site.prefix}.localhost:${new URL(emulator.endpoint).port}`;
  const typePassword = async (value = password) => {
    await page.getByLabel("Email address").fill(email);
    await page.getByLabel("Password").fill(value);
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  const typeCode = async (code: string) => {
    await page.getByLabel("Code", { exact: true }).fill(code);
    await page.getByRole("button", { name: "Continue" }).click();
  };

  it("lets somebody in after password and code, and tells the application who it is", async () => {
    await page.goto(`${proxy.url}/deep/link?a=1&b=2`);
    assert.equal(new URL(page.url()).host, new URL(pages()).host);
    await typePassword("wrong");
    assert.equal(await page.getByRole("alert").textContent(), "Incorrect username or password.");
    await typePassword();
    const right = await freshCode();
    await typeCode(right === "000000" ? "000001" : "000000");
    assert.equal(await page.getByRole("alert").textContent(), "Invalid code or auth state for the user.");
    await typeCode(right);
    await page.waitForURL(`${proxy.url}/deep/link?a=1&b=2`);
    assert.equal(await page.textContent("body"), `Hello ${email}`);
    assert.match(proxy.log(), /AuthSuccess/);
  });

  it("asks for nothing while managed login's session lasts, and for all of it after the sign-out there", async () => {
    await page.goto(`${proxy.url}/oauth2/sign_out?rd=/`);
    await page.goto(`${proxy.url}/again`);
    assert.equal(await page.textContent("body"), `Hello ${email}`);
    const logoutUri = encodeURIComponent(`${proxy.url}/signed-out`);
    const logout = `${pages()}/logout?client_id=${site.clientId}&logout_uri=${logoutUri}`;
    await page.goto(`${proxy.url}/oauth2/sign_out?rd=${encodeURIComponent(logout)}`);
    // The sign-out page is behind the proxy, too: it leads to the login page.
    assert.equal(new URL(page.url()).host, new URL(pages()).host);
    await typePassword();
    const code = await freshCode();
    await typeCode(code);
    await page.waitForURL(`${proxy.url}/signed-out`);
    // The same code does no more.
    await browser.clearCookies();
    await page.goto(proxy.url);
    await typePassword();
    await typeCode(code);
    assert.equal(await page.getByRole("alert").textContent(), "Your software token has already been used once.");
  });

  it("shows Cognito's error page where its redirect URL differs by one byte", async () => {
    const other = await start({ more: [`--redirect-url=${proxy.url}/oauth2/callback/`] });
    await page.goto(other.url);
    assert.match(page.url(), /\/error\?error=redirect_mismatch/);
    assert.equal(await page.getByRole("alert").textContent(), "redirect_mismatch");
  });

  /** A sign-in up to the callback's address, which nobody has opened yet. */
  const upToCallback = async (from: Oauth2Proxy) => {
    const application = new Visitor({ endpoint: from.url }, { host: new URL(from.url).host });
    const begun = await application.open("/");
    const login = new Visitor(emulator, { host: new URL(pages()).host });
    const address = begun.location;
    assert.ok(address);
    const codePage = await login.signIn(address.pathname + address.search);
    const answered = await login.submit(codePage, { authentication_code: await freshCode() });
    assert.ok(answered.location, answered.text);
    return { application, callback: answered.location };
  };
  const pathOf = (url: URL) => url.pathname + url.search;

  it("takes a callback once, with its own state only", async () => {
    const victim = await upToCallback(proxy);
    const forged = new URL(victim.callback);
    const state = forged.searchParams.get("state") ?? "";
    forged.searchParams.set("state", `${state.startsWith("A") ? "B" : "A"}${state.slice(1)}`);
    assert.equal((await victim.application.open(pathOf(forged))).status, 403);
    const { application, callback } = await upToCallback(proxy);
    const stranger = new Visitor({ endpoint: proxy.url }, { host: callback.host });
    assert.equal((await stranger.open(pathOf(callback))).status, 403);
    assert.equal((await application.open(pathOf(callback))).status, 302);
    assert.match((await application.open("/")).text, /^Hello carol/);
    application.cookies.clear();
    assert.equal((await application.open(pathOf(callback))).status, 403);
  });

  it("gets no tokens for a code of another sign-in, whose PKCE verifier it does not have", async () => {
    const first = await upToCallback(proxy);
    const second = await upToCallback(proxy);
    const mixed = new URL(second.callback);
    mixed.searchParams.set("code", first.callback.searchParams.get("code") ?? "");
    assert.equal((await second.application.open(pathOf(mixed))).status, 500);
    assert.match(proxy.log(), /invalid_grant/);
  });

  it("gets no tokens with a wrong client secret", async () => {
    const other = await start({
      clientSecret: "wrong",
      more: [`--redirect-url=${proxy.url}/oauth2/callback`],
    });
    const { application, callback } = await upToCallback(other);
    assert.equal((await application.open(pathOf(callback))).status, 500);
    assert.match(other.log(), /invalid_client/);
  });
});
