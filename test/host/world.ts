import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { type AgentClient, connect } from "../../src/agent/client.ts";
import { getCredentials, getSession, type ProcessCredentials, signOut } from "../../src/agent/protocol.ts";
import { runtimePaths } from "../../src/core/runtimeDirectory.ts";
import type { Session } from "../../src/core/session.ts";
import { commands } from "../../src/manifest.ts";
import { launchBrowser } from "../lab/browser.ts";
import { cacheDirectory, root } from "../lab/cache.ts";
import { ensurePackages } from "../lab/debian.ts";
import { type Lab, type LabOptions, startLab } from "../lab/lab.ts";
import { processesOf } from "../lab/processes.ts";
import type { DemoUser } from "../lab/running.ts";
import { Authenticator } from "./authenticator.ts";
import { answer, openEditor, runCommand, statusBar, until } from "./page.ts";
import { SecretSearch } from "./secrets.ts";

/** The lab, a browser in front of it, and an agent's client of our own to see what is true. */
export class World {
  readonly lab: Lab;
  readonly secrets: SecretSearch;
  #browser: BrowserContext;
  #page: Page;
  readonly #authenticators = new Map<string, Authenticator>();

  private constructor(lab: Lab, browser: BrowserContext, page: Page) {
    this.lab = lab;
    this.#browser = browser;
    this.#page = page;
    this.secrets = new SecretSearch(lab.directory);
    for (const { username, password, totpSecret } of lab.users) {
      this.secrets.add(`password of ${username}`, password);
      if (totpSecret === null) continue;
      this.secrets.add(`key of ${username}`, totpSecret);
      this.#authenticators.set(username, new Authenticator(totpSecret));
    }
  }

  static async create(options: Pick<LabOptions, "options"> = {}): Promise<World> {
    await ensurePackages("browser", "authenticator", "camera");
    const lab = await startLab({
      ...options,
      progress: (line) => console.error(`      ${line}`),
      // So that the text of terminals can be read.
      userSettings: { "terminal.integrated.gpuAcceleration": "off" },
    });
    try {
      const browser = await launchBrowser(join(lab.directory, "browser"));
      return new World(lab, browser, browser.pages()[0] ?? (await browser.newPage()));
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  get page(): Page {
    return this.#page;
  }

  /** The demo user who has an authenticator already. */
  get enrolled(): DemoUser {
    return this.#user((user) => user.totpSecret !== null);
  }

  /** The one who has none. */
  get newcomer(): DemoUser {
    return this.#user((user) => user.totpSecret === null);
  }

  #user(suits: (user: DemoUser) => boolean): DemoUser {
    const user = this.lab.users.find(suits);
    if (user === undefined) throw new Error("The demo pool has no such user.");
    return user;
  }

  async open(): Promise<void> {
    await openEditor(this.#page, this.lab.url);
    await this.agent((client) => client.request(getSession));
  }

  get browser(): BrowserContext {
    return this.#browser;
  }

  /** Closes the browser as a person does, and opens it again with the same profile. */
  async reopenBrowser(): Promise<void> {
    await this.#browser.close();
    this.#browser = await launchBrowser(join(this.lab.directory, "browser"));
    this.#page = this.#browser.pages()[0] ?? (await this.#browser.newPage());
    await openEditor(this.#page, this.lab.url);
  }

  authenticator(user: DemoUser): Authenticator {
    const found = this.#authenticators.get(user.username);
    if (found === undefined) throw new Error(`${user.username} has no authenticator.`);
    return found;
  }

  /** Remembers the key that was scanned. */
  enrol(user: DemoUser, secret: string): Authenticator {
    const authenticator = new Authenticator(secret);
    this.secrets.add(`key of ${user.username}`, secret);
    this.#authenticators.set(user.username, authenticator);
    return authenticator;
  }

  async code(user: DemoUser): Promise<string> {
    const code = await this.authenticator(user).code();
    this.secrets.add(`code of ${user.username}`, code);
    return code;
  }

  /** Signs in by typing into the editor, whoever was signed in before. */
  async signIn(user: DemoUser = this.enrolled): Promise<void> {
    await this.signOut();
    await runCommand(this.#page, commandTitle(commands.signIn));
    await answer(this.#page, /user name/i, user.username);
    await answer(this.#page, /password/i, user.password);
    await answer(this.#page, /6 digits/i, await this.code(user));
    await this.credentialsReady(user);
  }

  async credentialsReady(user: DemoUser): Promise<void> {
    await until(`${user.username} has AWS credentials`, async () => {
      const session = await this.session();
      return session.state === "signedIn" && session.credentials.state === "ready";
    });
    await this.keys();
  }

  /** The present AWS keys, which are searched for in the end. */
  async keys(): Promise<ProcessCredentials> {
    const keys = await this.agent((client) => client.request(getCredentials));
    this.secrets.add("secret key", keys.SecretAccessKey);
    this.secrets.add("session token", keys.SessionToken);
    return keys;
  }

  /** Waits until the window's status bar shows who is signed in. */
  async signInShown(): Promise<void> {
    const session = await this.session();
    if (session.state !== "signedIn") throw new Error("Nobody is signed in.");
    const who = session.role?.name ?? session.email ?? session.username;
    await until(`the status bar shows ${who}`, async () => (await statusBar(this.#page)).includes(who));
  }

  /** Signed in as somebody; types only where nobody is. */
  async signedIn(): Promise<void> {
    if ((await this.session()).state !== "signedIn") await this.signIn();
  }

  async signOut(): Promise<void> {
    await this.agent((client) => client.request(signOut));
  }

  async session(): Promise<Session> {
    return await this.agent((client) => client.request(getSession));
  }

  /** One connection to the agent that runs; waits for one that is just being started. */
  async agent<T>(use: (client: AgentClient) => Promise<T>): Promise<T> {
    const paths = runtimePaths({ environment: this.lab.environment });
    const client = await until("the agent answers", async () => {
      try {
        return await connect({ paths, client: "cli", version: "0.0.0" });
      } catch {
        return undefined;
      }
    });
    try {
      return await use(client);
    } finally {
      client.dispose();
    }
  }

  /** What the agent that follows another answers to its first request; nobody is asked to start it. */
  async sessionOfNextAgent(pid: number): Promise<Session> {
    return await until("another agent", () =>
      this.agent(async (client) => (client.hello.pid === pid ? undefined : await client.request(getSession))).catch(
        () => undefined,
      ),
    );
  }

  async agentPid(): Promise<number> {
    return await this.agent(async (client) => client.hello.pid);
  }

  extensionHosts(): number[] {
    return processesOf(this.lab.directory)
      .filter(({ commandLine }) => commandLine.includes("--type=extensionHost"))
      .map(({ pid }) => pid);
  }

  /** A picture of what is there, kept in the cache directory for whoever looks into a failure. */
  async screenshot(name: string): Promise<string> {
    const folder = join(cacheDirectory(), "screenshots");
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${name}.png`);
    await this.#page.screenshot({ path });
    return path;
  }

  /** For whoever looks into a failure: the run's Node processes, and the last lines of its logs. */
  traces(): string {
    const running = processesOf(this.lab.directory)
      .map(({ pid, parent, commandLine }) => `${pid} ${parent} ${commandLine.replaceAll("\0", " ").slice(-160)}`)
      .filter((line) => /agent|extensionHost/.test(line));
    const logs = readdirSync(this.lab.directory, { recursive: true, encoding: "utf8" })
      .filter((path) => /(agent|gatehouse)[^/]*\.log$/i.test(path))
      .map((path) => {
        const lines = readFileSync(join(this.lab.directory, path), "utf8").trim().split("\n");
        return `${path}\n${lines.slice(-25).join("\n")}`;
      });
    return [...running, ...logs].join("\n");
  }

  async close(): Promise<void> {
    this.secrets.stop();
    await this.#browser.close().catch(() => {});
    await this.lab.close();
  }
}

/** A command's title as the palette shows it in English. */
export function commandTitle(id: string): string {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    contributes: { commands: { command: string; title: string; category?: string }[] };
  };
  const texts = JSON.parse(readFileSync(join(root, "package.nls.json"), "utf8")) as Record<string, string>;
  const found = manifest.contributes.commands.find(({ command }) => command === id);
  if (found === undefined) throw new Error(`package.json has no command ${id}.`);
  const text = (value: string) => value.replace(/^%(.*)%$/, (whole, key: string) => texts[key] ?? whole);
  return found.category === undefined ? text(found.title) : `${text(found.category)}: ${text(found.title)}`;
}
