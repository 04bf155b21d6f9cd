import { readFileSync } from "node:fs";
import { join } from "node:path";
import { english, fill, type Translate } from "./text.ts";

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
