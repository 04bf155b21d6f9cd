import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { acquireLock } from "../../../src/agent/lock.ts";

const module = pathToFileURL(join(import.meta.dirname, "../../../src/agent/lock.ts")).href;

describe("lock", function () {
  this.timeout(20_000);
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("has one holder, and is free again when given back", () => {
    const lock = acquireLock(directory, "l");
    assert.equal(lock?.held(), true);
    assert.equal(acquireLock(directory, "l"), undefined);
    lock?.release();
    const next = acquireLock(directory, "l");
    assert.equal(next?.held(), true);
    assert.equal(lock?.held(), false);
    assert.deepEqual(readdirSync(directory).length, 1);
  });

  it("is free when its holder was killed, also when its number went to another process", async () => {
    const code = `const { acquireLock } = await import(${JSON.stringify(module)}); acquireLock(process.argv[1], "l"); console.log("held"); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ["--input-type=module", "-e", code, directory]);
    await once(holder.stdout, "data");
    assert.equal(acquireLock(directory, "l"), undefined);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    assert.notEqual(acquireLock(directory, "l"), undefined);
    // This process's number, but another start.
    writeFileSync(join(directory, "l.7"), JSON.stringify({ pid: process.pid, started: "before" }));
    assert.notEqual(acquireLock(directory, "l"), undefined);
  });

  it("takes what nobody can have written for free", () => {
    writeFileSync(join(directory, "l.3"), "rubbish");
    assert.notEqual(acquireLock(directory, "l"), undefined);
    assert.deepEqual(readdirSync(directory), ["l.4"]);
  });

  it("is never held twice when many find a dead holder at once", async () => {
    // Each takes it as often as it can, and dies without giving it back; a file that must not exist shows who is inside.
    const code = `
      const { acquireLock } = await import(${JSON.stringify(module)});
      const { writeFileSync, rmSync, appendFileSync } = await import("node:fs");
      const inside = process.argv[1] + "/inside";
      for (let turn = 0; turn < 40; ) {
        const lock = acquireLock(process.argv[1], "l");
        if (lock === undefined) { await new Promise(setImmediate); continue; }
        writeFileSync(inside, "", { flag: "wx" });
        rmSync(inside);
        appendFileSync(process.argv[1] + "/turns", ".");
        turn++;
        if (turn < 40) lock.release();
      }
      process.kill(process.pid, "SIGKILL");`;
    const all = Array.from({ length: 4 }, () => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", code, directory], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let errors = "";
      child.stderr.setEncoding("utf8").on("data", (chunk) => {
        errors += chunk;
      });
      return once(child, "close").then(() => errors.replace(/^.*Warning.*\n/gm, ""));
    });
    assert.deepEqual(await Promise.all(all), ["", "", "", ""]);
    assert.equal(readFileSync(join(directory, "turns"), "utf8").length, 160);
  });
});
