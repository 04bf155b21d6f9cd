/** A host in a temporary directory, with a systemd that only keeps books. Each run of it can be stopped at any change of a file. */
import { X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { acquireLock } from "../../../../src/agent/lock.ts";
import { type ApplyDeps, applyHost } from "../../../../src/core/host/apply.ts";
import { dryRun } from "../../../../src/core/host/dryRun.ts";
import { type HostFileEntry, hostFiles } from "../../../../src/core/host/files.ts";
import { stateDirectory } from "../../../../src/core/host/journal.ts";
import type { Requests } from "../../../../src/core/host/requests.ts";
import {
  type CommandResult,
  type Files,
  filesBelow,
  type HostSystem,
  temporaryName,
} from "../../../../src/core/host/system.ts";
import { english } from "../../../../src/core/text.ts";
import { certificatePem } from "./certificate.ts";
import { goodHostFile } from "./nonsense.ts";

const templates = join(import.meta.dirname, "../../../../deploy/host");
const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;
const asRoot = uid === 0;

/** Thrown by every change of a file once the "process" is dead. */
export class Killed extends Error {}

interface Unit {
  state: string;
  enabled: boolean;
}

export class FakeHost {
  readonly root = mkdtempSync(join(tmpdir(), "gatehouse-host-"));
  readonly files = filesBelow(this.root, () => {});
  readonly units = new Map<string, Unit>();
  /** Commands of the last run, without those that only ask. */
  commands: string[] = [];
  /** Programs that refuse, by the beginning of their command line. */
  readonly refusing = new Map<string, string>();
  /** What `sudo -l` lists of the IDE's user. */
  sudoRules: readonly string[] = [];
  /** Answers of the host to the self-check. */
  door: { navigation: number; request: number; mismatch?: string } = { navigation: 302, request: 401 };
  table: readonly HostFileEntry[] = hostFiles;
  /** How many changes of files a run may make before it is killed. */
  changesLeft = Number.POSITIVE_INFINITY;
  changes = 0;

  constructor() {
    const id = (number: number) => (asRoot ? number : uid);
    const users = [
      "root:x:0:0",
      `developer:x:${asRoot ? 1000 : Math.max(uid, 1000)}:${id(1000)}`,
      `cwagent:x:${id(990)}:${id(990)}`,
    ];
    this.put("/etc/passwd", `${users.map((user) => `${user}::/home/developer:/bin/sh`).join("\n")}\n`);
    this.put("/etc/group", `root:x:${asRoot ? 0 : gid}:\ndeveloper:x:${asRoot ? 1000 : gid}:\n`);
    this.put("/etc/gatehouse/host.json", JSON.stringify(goodHostFile));
    this.put("/etc/gatehouse/secrets/client-secret", "the-secret-of-the-gate\n");
    for (const path of ["/usr/sbin/nginx", "/usr/bin/redis-server", "/opt/gatehouse/lib/oauth2-proxy/oauth2-proxy"])
      this.put(path, "program");
    this.put("/opt/gatehouse/lib/code-server/lib/node", "program");
    this.put("/opt/gatehouse/0.2.0/dist/agent.js", "agent");
    symlinkSync("0.2.0", join(this.root, "opt/gatehouse/current"));
    for (const name of ["fullchain.pem", "privkey.pem"])
      this.put(`/etc/letsencrypt/live/ide.example.com/${name}`, certificatePem);
  }

  put(path: string, text: string): void {
    const at = join(this.root, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text);
  }

  read(path: string): string | undefined {
    return this.files.read(path)?.toString("utf8");
  }

  configure(change: (file: typeof goodHostFile) => object): void {
    this.put("/etc/gatehouse/host.json", JSON.stringify(change(structuredClone(goodHostFile))));
  }

  /** All that was rendered, by path, with owner and mode; and how the units are. */
  state(): Record<string, unknown> {
    const folders = new Set(this.table.map(({ path }) => dirname(path)));
    const leftovers = [...folders].flatMap((folder) => this.files.names(folder)).filter((name) => name.startsWith("."));
    const files = Object.fromEntries(
      this.table.map(({ path }) => {
        const status = this.files.status(path);
        return [path, status && `${status.uid}:${status.gid} ${status.mode.toString(8)}\n${this.read(path)}`];
      }),
    );
    return { files, leftovers, units: Object.fromEntries([...this.units].map(([name, unit]) => [name, { ...unit }])) };
  }

  async apply() {
    this.commands = [];
    this.changes = 0;
    return applyHost(this.deps());
  }

  async plan() {
    this.commands = [];
    return dryRun(this.deps());
  }

  /** A run that is killed after this many changes of files; answers whether it got that far. */
  async killedAfter(changes: number): Promise<boolean> {
    this.changesLeft = changes;
    try {
      await this.apply();
      return false;
    } catch (error) {
      if (error instanceof Killed) return true;
      throw error;
    } finally {
      const killed = this.changesLeft < 0;
      this.changesLeft = Number.POSITIVE_INFINITY;
      // biome-ignore lint/correctness/noUnsafeFinally: a dead process answers nothing
      if (killed) return true;
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  deps(): ApplyDeps {
    let time = 0;
    const now = () => time;
    return {
      system: { files: this.mortal(), run: (command) => this.run(command) },
      requests: this.requests(),
      t: english,
      version: "0.2.0",
      hostFile: "/etc/gatehouse/host.json",
      table: this.table,
      readTemplate: (template) => readFileSync(join(templates, template), "utf8"),
      owner: { uid, gid },
      now,
      wait: async (milliseconds) => {
        time += milliseconds;
      },
      patience: 1000,
      // What a dead process held is free.
      lock: () => acquireLock(join(this.root, stateDirectory), `lock-${Math.random()}`),
      progress: () => {},
      signal: new AbortController().signal,
    };
  }

  private mortal(): Files {
    const changing = ["write", "setAccess", "remove", "removeTree", "rename", "makeDirectory"] as const;
    const mortal = { ...this.files };
    for (const name of changing) {
      const real = this.files[name] as (...rest: unknown[]) => void;
      Object.assign(mortal, {
        [name]: (...rest: unknown[]) => {
          if (--this.changesLeft < 0) {
            // Amid a write, between the temporary file and its last name.
            if (name === "write" && this.changesLeft === -1) {
              const temporary = temporaryName(String(rest[0]));
              if (this.files.status(dirname(temporary)) !== undefined) this.put(temporary, "half a fi");
            }
            throw new Killed();
          }
          this.changes++;
          real(...rest);
        },
      });
    }
    return mortal;
  }

  private requests(): Requests {
    const certificate = {
      fingerprint: new X509Certificate(certificatePem).fingerprint256,
      ...(this.door.mismatch === undefined ? {} : { mismatch: this.door.mismatch }),
    };
    return {
      overSocket: async () => ({ status: 200, location: undefined }),
      overTls: async (_name, _path, headers) =>
        headers["sec-fetch-mode"] === "navigate"
          ? { status: this.door.navigation, location: "https://login.example.com/oauth2/authorize?x=y", certificate }
          : { status: this.door.request, location: undefined, certificate },
    };
  }

  private async run(command: readonly string[]): Promise<CommandResult> {
    // A dead process starts nothing.
    if (this.changesLeft < 0) throw new Killed();
    const line = command.join(" ");
    const [program = "", verb = "", ...rest] = command;
    const answer = (stdout = "", code = 0, stderr = ""): CommandResult => ({ code, stdout, stderr });
    if (line.endsWith("nginx -v")) return answer("", 0, `nginx version: nginx/1.22.1\n`);
    if (program === "journalctl") return answer(`a line of ${verb} ${rest[0]}\npassword=hunter2secret\n`);
    if (line.startsWith("/usr/bin/sudo -l -U ")) {
      const listed = `User ${rest[1]} may run the following commands on host:\n    ${this.sudoRules.join("\n    ")}\n`;
      return answer(this.sudoRules.length > 0 ? listed : `User ${rest[1]} is not allowed to run sudo on host.\n`);
    }
    if (program === "systemctl" && verb === "show") return answer(this.show(rest));
    if (program === "systemctl" && verb === "is-active")
      return answer("", this.units.get(rest.at(-1) ?? "")?.state === "active" ? 0 : 3);
    this.commands.push(line);
    for (const [beginning, says] of this.refusing) if (line.startsWith(beginning)) return answer("", 1, says);
    if (program === "systemd-sysusers") this.addUsers();
    if (program === "systemd-tmpfiles") this.addFolders(verb === "--create" ? (rest[0] ?? "") : verb);
    if (program === "systemctl") this.change(verb, rest);
    return answer();
  }

  private show([, ...names]: readonly string[]): string {
    return names
      .map((name) => {
        const { state, enabled } = this.units.get(name) ?? { state: "inactive", enabled: false };
        const known = this.files.status(`/etc/systemd/system/${name}`) !== undefined;
        const trigger = known && name === "gatehouse-agent.service" ? "gatehouse-agent.socket" : "";
        return `Id=${name}\nActiveState=${state}\nResult=success\nUnitFileState=${enabled ? "enabled" : ""}\nNeedDaemonReload=no\nTriggeredBy=${trigger}\n`;
      })
      .join("\n");
  }

  private change(verb: string, rest: readonly string[]): void {
    for (const name of rest.filter((word) => !word.startsWith("--"))) {
      const unit = this.units.get(name) ?? { state: "inactive", enabled: false };
      this.units.set(name, unit);
      if (verb === "enable" || verb === "reenable") unit.enabled = true;
      if (verb === "disable") unit.enabled = false;
      if (verb === "start" || verb === "restart") unit.state = "active";
      if (verb === "stop") unit.state = "inactive";
    }
  }

  private addUsers(): void {
    const passwd = this.read("/etc/passwd") ?? "";
    const group = this.read("/etc/group") ?? "";
    const names = ["gatehouse-nginx", "gatehouse-proxy", "gatehouse-redis", "gatehouse-agent"];
    for (const [index, name] of names.entries()) {
      if (passwd.includes(`${name}:`)) continue;
      this.put(
        "/etc/passwd",
        `${this.read("/etc/passwd")}${name}:x:${asRoot ? 900 + index : uid}:${asRoot ? 900 + index : gid}::/:/x\n`,
      );
      this.put("/etc/group", `${this.read("/etc/group") ?? group}${name}:x:${asRoot ? 900 + index : gid}:\n`);
    }
  }

  private addFolders(path: string): void {
    const text = this.read(path) ?? "";
    for (const [, folder = ""] of text.matchAll(/^d\s+(\/\S+)/gm))
      mkdirSync(join(this.root, folder), { recursive: true });
  }
}

export type System = HostSystem;
