import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { processesOf } from "../lab/processes.ts";

/** Tokens of Cognito look like this (JWS and JWE, compact). */
const token = /eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/;

/** Watches for secrets where none may be. What it finds it names by place and label; never by value. */
export class SecretSearch {
  readonly #secrets = new Map<string, string>();
  readonly #found = new Set<string>();
  readonly #marker: string;
  readonly #timer: NodeJS.Timeout;

  /** `marker`: the run's directory, which every process of the run carries. */
  constructor(marker: string) {
    this.#marker = marker;
    this.#timer = setInterval(() => this.#searchProcesses(), 500);
  }

  /** Short values (codes) would be found by chance in large files: they count only where they stand alone. */
  add(label: string, value: string): void {
    if (value !== "") this.#secrets.set(value, label);
  }

  /** Searches every file below `directory` but those that `allowed` accepts, processes and the page's storage; answers what was found. */
  async search(directory: string, page: Page, allowed: (path: string) => boolean): Promise<string[]> {
    clearInterval(this.#timer);
    this.#searchProcesses();
    const storage = await page.evaluate(readStorage);
    this.#note("browser storage", storage);
    this.#searchFiles(directory, allowed);
    return [...this.#found];
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #searchProcesses(): void {
    for (const { commandLine, environment } of processesOf(this.#marker)) {
      const name = commandLine.split("\0")[0] ?? "";
      this.#note(`arguments of ${name}`, commandLine);
      this.#note(`environment of ${name}`, environment);
    }
  }

  #searchFiles(directory: string, allowed: (path: string) => boolean): void {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) this.#searchFiles(path, allowed);
      else if (entry.isFile() && !allowed(path) && statSync(path).size < 256 * 1024 * 1024) {
        try {
          const content = readFileSync(path);
          this.#note(path, content.toString("latin1"));
          // Chromium's and VS Code's databases keep text in UTF-16, too.
          if (content.includes(0)) this.#note(path, content.toString("latin1").replaceAll("\0", ""));
        } catch {
          // Removed meanwhile.
        }
      }
    }
  }

  #note(place: string, text: string): void {
    for (const [value, label] of this.#secrets) {
      const hit = value.length > 8 ? text.includes(value) : new RegExp(`(?<![\\w.-])${value}(?![\\w.-])`).test(text);
      if (hit) this.#found.add(`${label} in ${place}`);
    }
    if (token.test(text)) this.#found.add(`a token in ${place}`);
  }
}

/** Runs in the page: everything in localStorage, sessionStorage, cookies and IndexedDB, as text. */
async function readStorage(): Promise<string> {
  const page = globalThis as unknown as {
    localStorage: Record<string, string>;
    sessionStorage: Record<string, string>;
    document: { cookie: string };
    indexedDB: {
      databases(): Promise<{ name: string }[]>;
      // biome-ignore lint/suspicious/noExplicitAny: the browser's own types are not part of this project
      open(name: string): any;
    };
  };
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const result = (request: any): Promise<any> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const parts = [JSON.stringify(page.localStorage), JSON.stringify(page.sessionStorage), page.document.cookie];
  for (const { name } of await page.indexedDB.databases()) {
    const database = await result(page.indexedDB.open(name));
    for (const store of [...database.objectStoreNames]) {
      const objects = database.transaction(store, "readonly").objectStore(store);
      const values: unknown[] = await result(objects.getAll());
      for (const value of values) {
        parts.push(value instanceof Uint8Array ? new TextDecoder().decode(value) : String(JSON.stringify(value)));
      }
    }
    database.close();
  }
  return parts.join("\n");
}
