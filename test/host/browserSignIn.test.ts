import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { commands, settings } from "../../src/manifest.ts";
import { showFailure } from "./failure.ts";
import {
  addManagedLogin,
  type ManagedLogin,
  setMachineSettings,
  signInAtManagedLogin,
  trustedDomains,
} from "./managedLogin.ts";
import { notifications, openTerminal, promptShown, runCommand, statusBar, until, workbenchReady } from "./page.ts";
import { commandTitle, World } from "./world.ts";

const identity = "aws sts get-caller-identity";
/** What a page says when it has tried to open another. */
const attempt = "a page was to be opened";

describe("sign-in with the browser", () => {
  let world: World;
  let login: ManagedLogin;

  before(async function () {
    this.timeout(30 * 60_000);
    world = await World.create({ options: trustedDomains });
    login = await addManagedLogin(world.lab);
    await world.open();
  });

  after(async () => {
    await world?.close();
  });

  afterEach(async function () {
    await showFailure(this.currentTest, world);
    for (const page of world.browser.pages()) if (page !== world.page) await page.close();
  });

  /** The status bar's offer to sign in, pressed once. */
  const click = async () => {
    const item = world.page.locator(".statusbar-item", { hasText: "Sign in to AWS" });
    await item.waitFor();
    await item.click();
  };
  /** The tab that `act` opens. */
  const tab = async (act: () => Promise<void>): Promise<Page> => {
    const [opened] = await Promise.all([world.browser.waitForEvent("page"), act()]);
    return opened;
  };
  const waiting = () =>
    until("the word that it waits", async () => /Continue in your browser/.test(await notifications(world.page)));
  /** What the agent of this moment has logged. */
  const agentLog = () =>
    readFileSync(join(world.lab.runtimeDirectory, "agent.log"), "utf8").split("started as user").at(-1) ?? "";
  /** Cognito asks for everything again. */
  const forgetAtCognito = () => world.browser.clearCookies({ domain: new URL(`http://${login.domain}`).hostname });
  const quiet = () => until("no notification", async () => (await notifications(world.page)) === "");

  it("takes one click to managed login's page, and ends with AWS credentials in a terminal", async () => {
    const opened = await tab(click);
    await waiting();
    await world.screenshot("browser-sign-in-waiting");
    await opened.getByLabel("Email address").waitFor();
    assert.equal(new URL(opened.url()).host, login.domain);
    await signInAtManagedLogin(opened, world.enrolled, () => world.code(world.enrolled));
    await opened.waitForURL((url) => url.href.startsWith(login.callback));
    await world.credentialsReady(world.enrolled);
    await world.signInShown();
    const result = await (await openTerminal(world.page, world.lab.workspace)).run(identity);
    assert.equal(result.status, 0, result.output);
  });

  it("takes one click and no key where the browser is signed in at Cognito", async () => {
    await world.signOut();
    const opened = await tab(click);
    await opened.waitForURL((url) => url.href.startsWith(login.callback));
    await world.credentialsReady(world.enrolled);
    await world.signInShown();
    await quiet();
    await world.screenshot("browser-sign-in-done");
  });

  it("is cancelled without a word, and leaves nothing pending", async () => {
    await world.signOut();
    await forgetAtCognito();
    await tab(click);
    await waiting();
    await world.page.locator(".notification-toast").getByRole("button", { name: "Cancel" }).click();
    await quiet();
    await until("the end in the agent", () =>
      /ended \(cancelled\)/.test(
        agentLog()
          .match(/by browser: .*/g)
          ?.at(-1) ?? "",
      ),
    );
    assert.match(await statusBar(world.page), /Sign in to AWS/);
  });

  it("opens the page again for a second click, and goes over to the password from the notification", async () => {
    await world.signOut();
    await forgetAtCognito();
    await (await tab(click)).close();
    await waiting();
    await tab(click);
    await world.page.getByRole("link", { name: "use your password" }).click();
    await promptShown(world.page, /user name/i);
    await quiet();
    await world.page.keyboard.press("Escape");
  });

  it("offers the password as a command of its own", async () => {
    await world.signOut();
    await runCommand(world.page, commandTitle(commands.signInWithPassword));
    await promptShown(world.page, /user name/i);
    await world.page.keyboard.press("Escape");
  });

  it("takes gatehouse login in a terminal, which opens the page by itself", async () => {
    await world.signOut();
    const terminal = await openTerminal(world.page, world.lab.workspace);
    const opened = await tab(async () => {
      const before = world.browser.pages().length;
      await terminal.type("gatehouse login");
      // Two programs are started on the way: on a busy machine later than the five seconds in which the browser takes a page for
      // wanted. What is evaluated meanwhile counts as a click.
      await until("the page", async () => (await statusBar(world.page)) && world.browser.pages().length > before);
    });
    await signInAtManagedLogin(opened, world.enrolled, () => world.code(world.enrolled));
    await opened.waitForURL((url) => url.href.startsWith(login.callback));
    await world.credentialsReady(world.enrolled);
    await until("a word who is signed in", async () => /Signed in as/.test(await terminal.text()));
    await world.screenshot("browser-sign-in-terminal");
  });

  describe("by itself at the start of a window", () => {
    before(() => setMachineSettings(world.lab, { [settings.signInAutomatically]: true }));

    it("is not done after a sign-out", async () => {
      await world.signOut();
      await world.page.reload();
      await workbenchReady(world.page);
      await until("the offer", async () => /Sign in to AWS/.test(await statusBar(world.page)));
      assert.equal(world.browser.pages().length, 1);
    });

    it("is begun by one of two windows, and takes a click where the browser blocks pages that nobody has clicked for", async () => {
      process.kill(await world.agentPid(), "SIGKILL");
      await world.page.goto("about:blank");
      const other = await world.browser.newPage();
      const windows = [world.page, other];
      let attempts = 0;
      for (const window of windows) {
        await window.addInitScript(`const { open } = window;
          window.open = (...args) => (open.apply(window, args), console.info("${attempt}"), null);`);
        window.on("console", (message) => {
          if (message.text() === attempt) attempts++;
        });
      }
      // Nothing is asked of the pages until then: for the browser, what Playwright evaluates in them is a click.
      for (const window of windows) await window.goto(world.lab.url);
      await until("a sign-in that begins by itself", () => attempts > 0, 60_000);
      for (const window of windows) await workbenchReady(window);
      const begun = await until("a window that begins", async () => {
        const texts = await Promise.all(windows.map(notifications));
        return windows.find((_, index) => /Continue in your browser/.test(texts[index] ?? ""));
      });
      for (const window of windows)
        await until("the offer", async () => /Sign in to AWS/.test(await statusBar(window)));
      assert.equal(
        (await Promise.all(windows.map(notifications))).join("").match(/Continue in your browser/g)?.length,
        1,
      );
      assert.equal(attempts, 1);
      const opened = await tab(() => begun.getByRole("link", { name: "Open it again" }).click());
      await opened.waitForURL((url) => url.href.startsWith(login.callback));
      await world.credentialsReady(world.enrolled);
      await world.signInShown();
      await world.screenshot("browser-sign-in-automatic");
    });
  });
});
