/** A repository of package files for apt: the `Packages` file of a flat one (sources.list(5), deb-control(5)). */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** @param files names of .deb files in `folder` */
export async function packageIndex(folder: string, files: readonly string[]): Promise<string> {
  const entries: string[] = [];
  for (const name of [...files].sort()) {
    const path = join(folder, name);
    const hash = createHash("sha256");
    const [control] = await Promise.all([controlOf(path), pipeline(createReadStream(path), hash)]);
    const lines = [`Filename: ./${name}`, `Size: ${statSync(path).size}`, `SHA256: ${hash.digest("hex")}`];
    entries.push(`${control.trimEnd()}\n${lines.join("\n")}\n`);
  }
  return entries.join("\n");
}

function controlOf(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("dpkg-deb", ["--field", path], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(output) : reject(new Error(`${path} is no Debian package`))));
  });
}
