import type { BrowserContext, Frame } from "playwright-core";

/** What every page of an origin can store in. */
export const storageKinds = ["localStorage", "sessionStorage", "cookie", "indexedDB", "cacheStorage"];

/** What one place of a browser's storage holds. */
export interface Stored {
  /** `KIND of FRAME`. */
  readonly place: string;
  readonly text: string;
}

/** Everything that the pages of a browser and their frames (webviews) hold, read through them: files may be compressed. */
export async function readStorages(browser: BrowserContext): Promise<Stored[]> {
  const found: Stored[] = [{ place: "cookies", text: JSON.stringify(await browser.cookies()) }];
  const origins = new Set<string>();
  const unread = new Set<string>();
  for (const frame of browser.pages().flatMap((page) => page.frames())) {
    const { origin } = new URL(frame.url());
    try {
      if (!(await runsScripts(frame))) {
        unread.add(origin);
        continue;
      }
      origins.add(origin);
      const storages = await frame.evaluate(readStorage);
      for (const [kind, text] of Object.entries(storages)) found.push({ place: `${kind} of ${nameOf(frame)}`, text });
    } catch (error) {
      // Frames come and go; one that stays has to be readable.
      if (!frame.isDetached()) throw error;
    }
  }
  // A frame without scripts has the storage of its origin, if any, and that is read through others.
  for (const origin of unread) if (!origins.has(origin)) throw new Error(`Nothing reads the storage of ${origin}.`);
  return found;
}

/** Whether the frame that holds this one lets it run scripts: a webview's content may be denied them, and nothing answers there. */
export async function runsScripts(frame: Frame): Promise<boolean> {
  if (frame.parentFrame() === null) return true;
  const sandbox = await (await frame.frameElement()).getAttribute("sandbox");
  return sandbox?.includes("allow-scripts") ?? true;
}

/** How each kind of text that is planted is found: as content of which storage. */
const plants: Record<string, string> = {
  localStorage: "localStorage",
  sessionStorage: "sessionStorage",
  cookie: "cookie",
  text: "indexedDB",
  buffer: "indexedDB",
  utf16: "indexedDB",
  map: "indexedDB",
  blob: "indexedDB",
  cacheStorage: "cacheStorage",
};

/**
 * Puts a text into each kind of storage that the frame has, and several into its databases; answers the kinds. `marker` is told what
 * is planted, for people, and the place where `readStorages` finds it.
 */
export async function plantInStorages(
  frame: Frame,
  marker: (what: string, place: string) => string,
): Promise<string[]> {
  const kinds = await frame.evaluate(writableStorages);
  const markers = Object.entries(plants)
    .filter(([, kind]) => kinds.includes(kind))
    .map(([plant, kind]) => [plant, marker(`${plant} of ${nameOf(frame)}`, `${kind} of ${nameOf(frame)}`)]);
  await frame.evaluate(plant, Object.fromEntries(markers) as Record<string, string>);
  if (frame.parentFrame() === null) {
    const cookie = { name: "planted", value: marker("cookie that no script sees", "cookies"), httpOnly: true };
    await frame
      .page()
      .context()
      .addCookies([{ ...cookie, url: frame.url() }]);
  }
  return kinds;
}

/** A frame as messages name it: the file that it shows, without the ids in its address. */
function nameOf(frame: Frame): string {
  if (frame.parentFrame() === null) return "the page";
  const depth = frame.parentFrame()?.parentFrame() === null ? "outer" : "inner";
  return `the ${depth} frame ${/([^/?#]*)(?:[?#]|$)/.exec(frame.url())?.[1] || frame.url()}`;
}

/** The part of a browser's API that is used here; its own types are not part of this project. */
interface Window {
  readonly localStorage: Record<string, string>;
  readonly sessionStorage: Record<string, string>;
  readonly document: { cookie: string };
  readonly indexedDB: {
    databases(): Promise<{ name: string }[]>;
    open(name: string, version?: number): Request<Database>;
  };
  readonly caches?: {
    keys(): Promise<string[]>;
    open(name: string): Promise<{
      keys(): Promise<{ url: string }[]>;
      match(request: unknown): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | undefined>;
      put(url: string, response: unknown): Promise<void>;
    }>;
  };
}
interface Request<T> {
  readonly result: T;
  readonly error: Error;
  onsuccess: () => void;
  onerror: () => void;
  onupgradeneeded: () => void;
}
interface Database {
  readonly objectStoreNames: Iterable<string>;
  createObjectStore(name: string): { put(value: unknown, key: string): void };
  transaction(
    store: string,
    mode: string,
  ): { objectStore(name: string): { getAll(): Request<unknown[]>; getAllKeys(): Request<unknown[]> } };
  close(): void;
}

/** Runs in the frame: what each kind of storage holds, as text. A kind that the frame's origin may not use is left out. */
async function readStorage(): Promise<Record<string, string>> {
  const page = globalThis as unknown as Window;
  const parts: string[] = [];
  const seen = new Set<unknown>();
  const read = async (value: unknown): Promise<void> => {
    if (typeof value !== "object" || value === null) return void parts.push(String(value));
    if (seen.has(value)) return;
    seen.add(value);
    if (value instanceof ArrayBuffer) return void parts.push(new TextDecoder().decode(value));
    if (ArrayBuffer.isView(value)) {
      return void parts.push(
        new TextDecoder().decode(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)),
      );
    }
    if (value instanceof Blob) return read(await value.arrayBuffer());
    const inner = value instanceof Map || value instanceof Set ? [...value] : Object.entries(value).flat();
    for (const each of inner) await read(each);
  };
  const result = <T>(request: Request<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const kinds: Record<string, () => void | Promise<void>> = {
    localStorage: () => read({ ...page.localStorage }),
    sessionStorage: () => read({ ...page.sessionStorage }),
    cookie: () => read(page.document.cookie),
    indexedDB: async () => {
      for (const { name } of await page.indexedDB.databases()) {
        const database = await result(page.indexedDB.open(name));
        for (const store of database.objectStoreNames) {
          const objects = database.transaction(store, "readonly").objectStore(store);
          const [keys, values] = await Promise.all([result(objects.getAllKeys()), result(objects.getAll())]);
          await read([keys, values]);
        }
        database.close();
      }
    },
    cacheStorage: async () => {
      for (const name of (await page.caches?.keys()) ?? []) {
        const cache = await page.caches?.open(name);
        for (const request of (await cache?.keys()) ?? []) {
          const response = await cache?.match(request);
          await read([request.url, await response?.arrayBuffer()]);
        }
      }
    },
  };
  const found: Record<string, string> = {};
  for (const [kind, fill] of Object.entries(kinds)) {
    try {
      parts.length = 0;
      await fill();
      found[kind] = parts.join("\n");
    } catch (error) {
      if ((error as Error).name !== "SecurityError") throw error;
    }
  }
  return found;
}

/** Runs in the frame: which kinds of storage its origin may use. */
async function writableStorages(): Promise<string[]> {
  const page = globalThis as unknown as Window;
  const kinds: Record<string, () => unknown> = {
    localStorage: () => page.localStorage,
    sessionStorage: () => page.sessionStorage,
    cookie: () => page.document.cookie,
    indexedDB: () => page.indexedDB.databases(),
    cacheStorage: () => page.caches?.keys(),
  };
  const usable: string[] = [];
  for (const [kind, use] of Object.entries(kinds)) {
    try {
      if ((await use()) !== undefined) usable.push(kind);
    } catch (error) {
      if ((error as Error).name !== "SecurityError") throw error;
    }
  }
  return usable;
}

/** Runs in the frame: puts each text where its name says. */
async function plant(markers: Record<string, string>): Promise<void> {
  const page = globalThis as unknown as Window;
  const name = `planted-${Math.random()}`;
  const marker = (plant: string) => markers[plant] ?? "";
  const bytes = (plant: string) => new TextEncoder().encode(marker(plant));
  if ("localStorage" in markers) page.localStorage[name] = marker("localStorage");
  if ("sessionStorage" in markers) page.sessionStorage[name] = marker("sessionStorage");
  if ("cookie" in markers) page.document.cookie = `${name}=${marker("cookie")}`;
  if ("cacheStorage" in markers) {
    const cache = await page.caches?.open(name);
    await cache?.put("/planted", new Response(marker("cacheStorage")));
  }
  if ("text" in markers) {
    const request = page.indexedDB.open(name, 1);
    await new Promise<void>((resolve, reject) => {
      request.onupgradeneeded = () => {
        const store = request.result.createObjectStore("planted");
        store.put({ inner: [marker("text")] }, "text");
        store.put(bytes("buffer").buffer, "buffer");
        store.put({ inner: Uint16Array.from(bytes("utf16")) }, "utf16");
        store.put(new Map([["inner", new Map([[marker("map"), 1]])]]), "map");
        store.put(new Blob([bytes("blob")]), "blob");
      };
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error);
    });
    request.result.close();
  }
}
