import { readFileSync } from "node:fs";
import { join } from "node:path";
import { english, fill, type Translate } from "../core/text.ts";
import type { Environment } from "./context.ts";

/** Languages with a bundle. */
const languages = ["ja"];

/** The language that the environment asks for, in the order of POSIX (XBD 8.2); "en" where there is no bundle for it. */
export function language(env: Environment): string {
  const locale = env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "";
  const [, name, , encoding] = /^([a-z]+)(_[A-Z]+)?(?:\.([\w-]+))?/.exec(locale) ?? [];
  // The output is UTF-8: in another encoding Japanese would be unreadable, and English never is.
  const readable = encoding === undefined || /^utf-?8$/i.test(encoding);
  return name !== undefined && readable && languages.includes(name) ? name : "en";
}

/** Translates by the bundle in `root`/l10n; English where the bundle is missing or lacks a sentence. */
export function readBundle(root: string, name: string): Translate {
  try {
    const path = join(root, "l10n", `bundle.l10n.${name}.json`);
    const bundle = JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, string>>;
    return (message, args) => fill(bundle[message] ?? message, args);
  } catch {
    return english;
  }
}
