// Packs gatehouse-VERSION.vsix into the checkout's root, or the file that --out names, lists what is in it, and holds it to its size.
import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./cache.ts";
import { buildExtension } from "./extension.ts";
import { zipEntries } from "./zip.ts";

/** Bytes. */
const budget = 600_000;

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const { values } = parseArgs({ options: { out: { type: "string" } } });
const path = await buildExtension(resolve(values.out ?? join(root, `gatehouse-${version}.vsix`)));
for (const { name, compressed, size } of zipEntries(readFileSync(path))) {
  console.log(`${String(compressed).padStart(9)} ${String(size).padStart(9)}  ${name}`);
}
const { size } = statSync(path);
console.log(`${path}: ${size} of ${budget} bytes`);
if (size > budget) {
  console.error("The package is over its budget.");
  process.exitCode = 1;
}
