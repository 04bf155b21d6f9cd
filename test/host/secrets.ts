import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext, Frame } from "playwright-core";
import { type ProcessEntry, processesOf } from "../lab/processes.ts";
import { plantInStorages, readStorages } from "./storage.ts";

/** Tokens of Cognito look like this (JWS and JWE, compact). */
const token = /eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/;
/** Codes, which would be found by chance inside of other things, count only where they stand alone. */
const standingAlone = /(?<![\w.-])\d{6}(?![\w.-])/g;

/** Watches for secrets where none may be. What it finds it names by place and label; never by value. */
export class SecretSearch {
  readonly #long = new Map<string, { label: string; forms: Buffer[] }>();
  readonly #codes = new Map<string, string>();
  readonly #found = new Set<string>();
  readonly #directory: string;
  readonly #processes: () => readonly ProcessEntry[];
  readonly #timer: NodeJS.Timeout;
  /** What was planted, by label, and where the search has to find it. */
  readonly #planted = new Map<string, (place: string) => boolean>();
  #process: ChildProcess | undefined;

  /** `directory`: the run's; `processes`: what is watched, by default every process that carries it. */
  constructor(directory: string, processes: () => readonly ProcessEntry[] = () => processesOf(directory)) {
    this.#directory = directory;
    this.#processes = processes;
    this.#timer = setInterval(() => this.searchProcesses(), 500);
  }

  /** Bytes are looked for as they are, in hexadecimal and in Base64. */
  addBytes(label: string, bytes: Buffer): void {
    const forms = [
      bytes,
      ...(["hex", "base64", "base64url"] as const).map((form) => Buffer.from(bytes.toString(form))),
    ];
    this.#long.set(bytes.toString("hex"), { label, forms });
  }

  add(label: string, value: string): void {
    if (/^\d{6}$/.test(value)) this.#codes.set(value, label);
    else if (value.length < 8) throw new Error(`${label} is too short to be searched for.`);
    else if (!this.#long.has(value)) {
      const forms = [...new Set([value, encodeURIComponent(value)])].map((form) => Buffer.from(form));
      this.#long.set(value, { label, forms: [...forms, Buffer.from(value, "utf16le")] });
    }
  }

  /** Searches what the browser stores at this moment, its webviews' storage included. */
  async searchStorages(browser: BrowserContext): Promise<void> {
    for (const { place, text } of await readStorages(browser)) this.#note(place, Buffer.from(text));
  }

  /** Searches a text that was read somewhere, for example a journal. */
  searchText(place: string, text: string): void {
    this.#note(place, Buffer.from(text));
  }

  /** Searches every file below a directory. */
  searchFiles(directory: string): void {
    this.#searchFiles(directory, () => false);
  }

  /** Searches the processes and every file of the run but those that `allowed` accepts. */
  searchRun(allowed: (path: string) => boolean): void {
    this.searchProcesses();
    this.#searchFiles(this.#directory, allowed);
  }

  /** What was found up to now and was not planted. */
  get found(): string[] {
    return [...this.#found].filter((entry) => !/^planted |planted-files/.test(entry));
  }

  /** What was planted and not found where it was: each is a place where the search is blind. */
  get missed(): string[] {
    const found = [...this.#found];
    return [...this.#planted]
      .filter(
        ([label, suits]) => !found.some((entry) => suits(entry.slice(label.length + 4)) && entry.startsWith(label)),
      )
      .map(([label]) => label);
  }

  /** Plants a text in each storage of a frame; answers in which kinds it could. */
  async plantInBrowser(frame: Frame): Promise<string[]> {
    return await plantInStorages(frame, (kind, place) => this.marker(kind, (found) => found === place));
  }

  /** Plants texts in a process of the run, and in files. */
  plantInRun(): void {
    const isArgument = (place: string) => place.startsWith("arguments of ");
    const isVariable = (place: string) => place.startsWith("environment of ");
    const script = "setTimeout(() => {}, 600_000)";
    this.#process = spawn(process.execPath, ["-e", script, this.marker("argument", isArgument)], {
      env: { RUN: this.#directory, PLANTED: this.marker("variable", isVariable) },
      stdio: "ignore",
    });
    const folder = join(this.#directory, "planted-files", "inner");
    mkdirSync(folder, { recursive: true });
    const put = (name: string, content: (marker: string) => string | Buffer) => {
      const path = join(folder, name);
      writeFileSync(path, content(this.marker(name, (place) => place === path)));
    };
    put("utf8", (marker) => `a line with ${marker} in it`);
    put("escaped", (marker) => `?${marker.replaceAll("/", "%2F")}=`);
    // At an odd place, as in a database.
    put("utf16", (marker) => Buffer.concat([Buffer.from("!"), Buffer.from(`with ${marker} in it`, "utf16le")]));
    const code = String(randomInt(1_000_000)).padStart(6, "0");
    this.#codes.set(code, "planted code");
    this.#planted.set("planted code", (place) => place === join(folder, "code"));
    writeFileSync(join(folder, "code"), `code=${code}\n`);
    this.#planted.set("a token", (place) => place === join(folder, "token"));
    writeFileSync(join(folder, "token"), `eyJ${"a".repeat(20)}.${"b".repeat(20)}.${"c".repeat(20)}`);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#process?.kill("SIGKILL");
  }

  /** A text to plant: it is missed where it isn't found in a place that `suits`. */
  marker(what: string, suits: (place: string) => boolean): string {
    const marker = `planted/${randomBytes(9).toString("hex")}`;
    this.add(`planted ${what}`, marker);
    this.#planted.set(`planted ${what}`, suits);
    return marker;
  }

  /** Searches the arguments and the environments of what runs at this moment; done twice a second anyway. */
  searchProcesses(): void {
    for (const { commandLine, environment } of this.#processes()) {
      const name = commandLine.split("\0")[0] ?? "";
      this.#note(`arguments of ${name}`, Buffer.from(commandLine.replaceAll("\0", "\n")));
      this.#note(`environment of ${name}`, Buffer.from(environment.replaceAll("\0", "\n")));
    }
  }

  #searchFiles(directory: string, allowed: (path: string) => boolean): void {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) this.#searchFiles(path, allowed);
      else if (entry.isFile() && !allowed(path)) {
        let content: Buffer;
        try {
          if (statSync(path).size > 256 * 1024 * 1024) throw new Error(`${path} is too large to be searched.`);
          content = readFileSync(path);
        } catch (error) {
          // Removed meanwhile.
          if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
          throw error;
        }
        this.#note(path, content);
      }
    }
  }

  #note(place: string, content: Buffer): void {
    for (const { label, forms } of this.#long.values()) {
      if (forms.some((form) => content.includes(form))) this.#found.add(`${label} in ${place}`);
    }
    const text = content.toString("latin1");
    // UTF-16 at any offset, too.
    for (const each of content.includes(0) ? [text, text.replaceAll("\0", "")] : [text]) {
      for (const [code] of each.matchAll(standingAlone)) {
        const label = this.#codes.get(code);
        if (label !== undefined) this.#found.add(`${label} in ${place}`);
      }
      if (token.test(each)) this.#found.add(`a token in ${place}`);
    }
  }
}
