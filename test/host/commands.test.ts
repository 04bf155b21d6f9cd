import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { ensureCodeServer } from "../lab/codeServer.ts";
import { freePort } from "../lab/ports.ts";
import { processesOf } from "../lab/processes.ts";
import type { Announcement } from "../lab/running.ts";
import { isSame, Npm, nameOf } from "./npmCommand.ts";
import { until } from "./page.ts";

describe("npm's commands", () => {
  let npm: Npm;

  before(async function () {
    this.timeout(30 * 60_000);
    await ensureCodeServer();
  });

  beforeEach(() => {
    npm = new Npm();
  });

  afterEach(() => npm.close());

  it("start --editor-only prints where the editor is, a second one the same, and stop leaves nothing of it", async () => {
    const first = await npm.start(10 * 60_000, "--editor-only");
    const announcement = first.lastLine() as Announcement;
    const { origin, searchParams } = new URL(announcement.url);
    assert.match(origin, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.ok(existsSync(searchParams.get("folder") ?? ""));
    assert.deepEqual(
      announcement.users.map(({ username, password, totpSecret }) => [
        username.includes("@"),
        password.length > 8,
        totpSecret === null || /^[A-Z2-7]{16,}$/.test(totpSecret),
      ]),
      [
        [true, true, true],
        [true, true, true],
      ],
    );
    assert.equal(announcement.users.filter(({ totpSecret }) => totpSecret === null).length, 1);
    const health = await fetch(`${origin}/healthz`);
    assert.equal(health.status, 200);
    assert.ok("status" in ((await health.json()) as object));

    const second = await npm.start(10 * 60_000, "--editor-only");
    assert.deepEqual(await second.ended, [0, null]);
    assert.deepEqual(second.lastLine(), announcement);

    const { directory } = npm.recorded();
    const family = first.family();
    assert.ok(processesOf(directory).some(({ commandLine }) => commandLine.includes("--bind-addr")));
    assert.ok(family.length > 5);
    const stop = npm.run("stop", "--silent");
    assert.deepEqual(await stop.ended, [0, null]);
    assert.equal(stop.output, "Stopped.\n");
    // At once: whoever has stopped it may start it again.
    assert.deepEqual(processesOf(directory).map(nameOf), []);
    assert.ok(!existsSync(directory));
    await assert.rejects(fetch(`${origin}/healthz`));
    assert.deepEqual(await first.ended, [0, null]);
    assert.deepEqual(first.lastLine(), announcement);
    assert.deepEqual(family.filter(isSame).map(nameOf), []);
    assert.deepEqual(npm.runDirectories(), []);
  });

  it("start --editor-only takes the port that is named, and Ctrl-C leaves nothing of it", async () => {
    const port = await freePort();
    const command = await npm.start(10 * 60_000, "--editor-only", "--port", String(port));
    assert.equal(new URL((command.lastLine() as Announcement).url).port, String(port));
    const { directory } = npm.recorded();
    const family = command.family();
    assert.ok(processesOf(directory).length > 0);
    // As a terminal does: to the whole group.
    process.kill(-command.pid, "SIGINT");
    await command.ended;
    await until("the end of all that was started", () => family.filter(isSame).length === 0, 15_000);
    assert.deepEqual(processesOf(directory).map(nameOf), []);
    assert.deepEqual(npm.runDirectories(), []);
    const stop = npm.run("stop", "--silent");
    await stop.ended;
    assert.equal(stop.output, "Nothing is running.\n");
  });

  it("start says why where it may not make a host, and starts the editor only", async () => {
    // Somebody who isn't root, but whose files are the checkout's and the cache's.
    npm.before = ["unshare", "--user", "--map-user=1000", "--"];
    const command = await npm.start(10 * 60_000, "--port", "0");
    assert.match(command.errors, /^The host needs root .* user 1000: starting the editor only\.$/m);
    const { origin } = new URL((command.lastLine() as Announcement).url);
    assert.match(origin, /^http:\/\/127\.0\.0\.1:/);
    assert.equal((await fetch(`${origin}/healthz`)).status, 200);
    npm.before = [];
    const stop = npm.run("stop", "--silent");
    assert.deepEqual(await stop.ended, [0, null], stop.errors);
    assert.deepEqual(npm.runDirectories(), []);
  });

  it("cognito prints one line and ends with npm on SIGTERM", async () => {
    const command = npm.run("run", "--silent", "cognito", "--", "--port", "0");
    await command.line(60_000);
    const { endpoint } = command.lastLine() as { endpoint: string };
    assert.match(endpoint, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    assert.equal((await fetch(`${endpoint}/_control/clock`)).status, 200);
    const family = command.family();
    assert.ok(family.some(({ commandLine }) => commandLine.includes("serveMoto.py")));
    // To npm alone, as a program does that has started it.
    process.kill(command.pid, "SIGTERM");
    await command.ended;
    await until("the end of all that was started", () => family.filter(isSame).length === 0, 15_000);
    assert.equal(command.output.trimEnd().split("\n").length, 1);
    await assert.rejects(fetch(`${endpoint}/_control/clock`));
  });

  it("package lists what is in the package, and its size", async () => {
    const path = join(npm.folder, "packed.vsix");
    const command = npm.run("run", "--silent", "package", "--", "--out", path);
    assert.deepEqual(await command.ended, [0, null], command.errors);
    const lines = command.output.trimEnd().split("\n");
    assert.equal(lines.at(-1), `${path}: ${statSync(path).size} of 600000 bytes`);
    const names = lines.slice(0, -1).map((line) => /^ *\d+ +\d+ {2}(.+)$/.exec(line)?.[1]);
    // The pages that commands, configuration files and the host's README name have to be there where these are.
    const files = ["package.json", "dist/extension.js", "dist/agent.js", "l10n/bundle.l10n.ja.json", "docs/host.md"];
    for (const name of files) assert.ok(names.includes(`extension/${name}`), name);
    assert.ok(!names.some((name) => /(^|\/)(src|test|node_modules)\//.test(name ?? "")));
  });
});
