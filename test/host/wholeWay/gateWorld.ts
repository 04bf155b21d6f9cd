import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { launchBrowser } from "../../lab/browser.ts";
import { cacheDirectory } from "../../lab/cache.ts";
import { ensurePackages } from "../../lab/debian.ts";
import { type HostLab, startHostLab } from "../../lab/host/hostLab.ts";
import { type ProcessEntry, processes, processesOf } from "../../lab/processes.ts";
import { Authenticator } from "../authenticator.ts";
import { sessionCookie } from "../gateSession.ts";
import { openTerminal, statusBar, type Terminal, until, workbenchReady } from "../page.ts";
import { SecretSearch } from "../secrets.ts";
import { Traffic } from "./traffic.ts";

/** The parts of `gatehouse status --json` that are looked at (docs/cli.md). */
export interface AwsSession {
  readonly state: "signedIn" | "signedOut";
  readonly reason?: string;
  readonly email?: string;
  readonly credentials?: { readonly state: string };
}

/** Node as the host has it; there is none on the IDE user's path unless they install one. */
export const nodeInHost = "/opt/gatehouse/lib/code-server/lib/node";

const prompt = "Sign in to AWS";

/** The whole product on a host, and a person in front of it with a browser and an authenticator. */
export class GateWorld {
  readonly lab: HostLab;
  readonly secrets: SecretSearch;
  readonly traffic = new Traffic();
  /** Who the editor and its terminals run as. */
  readonly user: string;
  /** The workspace's folder in the host. */
  readonly folder: string;
  /** The same folder as this process sees it. */
  readonly workspace: string;
  /** Of the enrolled person. */
  readonly authenticator: Authenticator;
  readonly #browsers = new Map<string, BrowserContext>();
  #page: Page | undefined;
  #terminal: Terminal | undefined;

  private constructor(lab: HostLab, user: string) {
    this.lab = lab;
    this.user = user;
    this.folder = new URL(lab.url).searchParams.get("folder") ?? "";
    this.workspace = join(lab.root, this.folder);
    this.secrets = new SecretSearch(lab.directory, () => [...processesOf(lab.directory), ...this.#hostProcesses()]);
    const { enrolled, newcomer, gate } = lab.pool;
    this.secrets.add("password of alice", enrolled.password);
    this.secrets.add("key of alice", enrolled.totpSecret);
    this.secrets.add("password of bob", newcomer.password);
    this.secrets.add("secret of the gate's client", gate.clientSecret);
    this.authenticator = new Authenticator(enrolled.totpSecret);
  }

  static async create(): Promise<GateWorld> {
    await ensurePackages("browser", "authenticator", "camera");
    const lab = await startHostLab({ progress: (line) => console.error(`      ${line}`) });
    try {
      const hostFile = JSON.parse((await lab.run(["cat", "/etc/gatehouse/host.json"])).stdout) as { user: string };
      const world = new GateWorld(lab, hostFile.user);
      // So that the text of terminals can be read.
      await world.changeSettings({ "terminal.integrated.gpuAcceleration": "off" });
      await world.browse("alice");
      return world;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  /** The enrolled person's page, in which the editor is. */
  get page(): Page {
    if (this.#page === undefined) throw new Error("There is no page.");
    return this.#page;
  }

  get browser(): BrowserContext {
    return this.page.context();
  }

  /** A browser with a profile of its own; the first one is the enrolled person's. */
  async browse(who: string): Promise<Page> {
    const browser = await launchBrowser(join(this.lab.directory, `browser-${who}`), this.lab.browserArguments);
    this.#browsers.set(who, browser);
    this.traffic.watch(browser);
    const page = browser.pages()[0] ?? (await browser.newPage());
    this.#page ??= page;
    return page;
  }

  async closeBrowser(who: string): Promise<void> {
    await this.#browsers.get(who)?.close();
  }

  /** A code of the enrolled person's authenticator. */
  async code(): Promise<string> {
    const code = await this.authenticator.code();
    this.secrets.add("code of alice", code);
    return code;
  }

  async changeSettings(changes: Readonly<Record<string, unknown>>): Promise<void> {
    const path = `/home/${this.user}/.local/share/code-server/User/settings.json`;
    const before = JSON.parse((await this.lab.run(["cat", path])).stdout) as Record<string, unknown>;
    await this.lab.run(["tee", path], { user: this.user, input: JSON.stringify({ ...before, ...changes }) });
  }

  /** Writes a file of the workspace as the IDE's user. */
  async put(name: string, text: string): Promise<void> {
    const path = join(this.folder, name);
    await this.lab.run(["mkdir", "-p", join(path, "..")], { user: this.user });
    await this.lab.run(["tee", path], { user: this.user, input: text });
  }

  async awsSession(): Promise<AwsSession> {
    const { stdout } = await this.lab.run(["gatehouse", "status", "--json"], { user: this.user, check: false });
    return (JSON.parse(stdout) as { session: AwsSession }).session;
  }

  /** Waits for the status bar's offer to sign in, clicks on it once, and answers the page that managed login came back to. Types nothing. */
  async clickSignIn(): Promise<Page> {
    const item = this.page.locator(".statusbar-item", { hasText: prompt });
    await item.waitFor();
    const [opened] = await Promise.all([this.browser.waitForEvent("page"), item.click()]);
    await opened.waitForURL((url) => url.origin === this.lab.origin && url.pathname === "/gatehouse/callback");
    return opened;
  }

  async offersSignIn(): Promise<void> {
    await until("the offer to sign in", async () => (await statusBar(this.page)).includes(prompt), 60_000);
  }

  /** Waits until window and terminals have the enrolled person's AWS session. */
  async signedInToAws(): Promise<void> {
    await until("AWS credentials", async () => (await this.awsSession()).credentials?.state === "ready", 60_000);
    await until("the window to show it", async () => !(await statusBar(this.page)).includes(prompt), 60_000);
    const { stdout } = await this.lab.run(["gatehouse", "credentials"], { user: this.user });
    const keys = JSON.parse(stdout) as { SecretAccessKey: string; SessionToken: string };
    this.secrets.add("secret key", keys.SecretAccessKey);
    this.secrets.add("session token", keys.SessionToken);
  }

  /** What the gate answers the editor's page: 200 where it lets the session through and the editor answers; 0 where nothing does. */
  async answers(): Promise<number> {
    return await this.page.evaluate<number>(
      `fetch("/healthz", { cache: "no-store" }).then(({ status }) => status, () => 0)`,
    );
  }

  /** The value of the gate's session cookie. */
  async gateSession(): Promise<string> {
    const cookies = await this.browser.cookies(this.lab.origin);
    return cookies.find(({ name }) => name === sessionCookie)?.value ?? "";
  }

  /** A terminal whose shell takes input; the same as long as the window isn't reloaded. */
  async terminal(): Promise<Terminal> {
    const shown = this.page.locator(".terminal-wrapper.active").first();
    if (this.#terminal === undefined) this.#terminal = await openTerminal(this.page, this.workspace);
    else if (!(await shown.isVisible())) {
      // Another view, a debugger's, lies over it.
      await this.page.locator(".part.panel .composite-bar .action-item", { hasText: "Terminal" }).click();
      await shown.waitFor();
    }
    return this.#terminal;
  }

  async reload(): Promise<void> {
    this.#terminal = undefined;
    await this.page.reload();
    await workbenchReady(this.page);
  }

  /** Units that have failed, one a line. */
  async failedUnits(): Promise<string> {
    return (await this.lab.run(["systemctl", "--failed", "--plain", "--no-legend"])).stdout;
  }

  /** Where what the host has written lies: the layer on top, or everything where the root is a copy. */
  get written(): string {
    const upper = join(this.lab.directory, "upper");
    return existsSync(upper) ? upper : this.lab.root;
  }

  /** The host's init as this machine numbers it. @throws while the host is down */
  get initPid(): number {
    const words = this.lab.inHost();
    return Number(words[words.indexOf("--target") + 1]);
  }

  #hostProcesses(): ProcessEntry[] {
    let init: number;
    try {
      init = this.initPid;
    } catch {
      return [];
    }
    const all = processes();
    const inside = new Set([init]);
    for (let size = 0; size !== inside.size; ) {
      size = inside.size;
      for (const { pid, parent } of all) if (inside.has(parent)) inside.add(pid);
    }
    return all.filter(({ pid }) => inside.has(pid));
  }

  /** A picture of what is there, kept in the cache directory for whoever looks into a failure. */
  async screenshot(name: string): Promise<string> {
    const folder = join(cacheDirectory(), "screenshots");
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  /** For whoever looks into a failure. */
  async traces(): Promise<string> {
    const { stdout } = await this.lab.run(["journalctl", "--no-pager", "--lines=200", "--unit=gatehouse-*"]);
    // Without the access log.
    return stdout.replaceAll(/^.* gatehouse\[\d+\]: .*\n/gm, "");
  }

  async close(): Promise<void> {
    this.secrets.stop();
    for (const browser of this.#browsers.values()) await browser.close().catch(() => {});
    await this.lab.close();
  }
}
