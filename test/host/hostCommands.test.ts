import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { basename, join } from "node:path";
import { findControlGroups } from "../lab/host/cgroup.ts";
import { whyNoHost } from "../lab/host/machine.ts";
import { freePort } from "../lab/ports.ts";
import { processes, processesOf, signal } from "../lab/processes.ts";
import type { Announcement } from "../lab/running.ts";
import { type Command, isSame, Npm, nameOf } from "./npmCommand.ts";
import { until } from "./page.ts";

describe("npm's commands for the whole host", function () {
  this.timeout(30 * 60_000);
  let npm: Npm;

  before(() => {
    const why = whyNoHost();
    if (why !== undefined) throw new Error(why);
  });

  beforeEach(() => {
    npm = new Npm();
  });

  afterEach(() => npm.close());

  const startHost = async (
    ...options: string[]
  ): Promise<{ command: Command; announcement: Announcement; directory: string }> => {
    const command = await npm.start(25 * 60_000, "--port", String(await freePort()), ...options);
    return { command, announcement: command.lastLine() as Announcement, directory: npm.recorded().directory };
  };
  /** What of a run is still there. */
  const leftOf = (directory: string): string[] => [
    ...processesOf(directory).map(nameOf),
    ...findControlGroups(basename(directory)),
    ...(existsSync(directory) ? [directory] : []),
    ...processes().flatMap(({ pid }) => (mountsOf(pid).includes(directory) ? [`mounts of ${pid}`] : [])),
  ];

  it("start boots it and opens it, its gate answers, shell runs a command in it, and stop leaves nothing of it", async () => {
    // In Chromium's place, as that needs a display.
    const browser = join(npm.folder, "browser");
    const script = '#!/bin/sh\nprintf "%s\\n" "$@" >"$0.new"; mv "$0.new" "$0.arguments"; exec sleep 3600\n';
    writeFileSync(browser, script, { mode: 0o755 });
    npm.before = ["env", `GATEHOUSE_CHROMIUM=${browser}`];
    const { command, announcement, directory } = await startHost("--open");
    npm.before = [];
    assert.equal(new URL(announcement.url).origin, "https://ide.gatehouse.localhost");
    assert.equal(new URL(announcement.url).searchParams.get("folder"), "/home/developer/environment");
    const { users, chromiumArguments = [] } = announcement;
    assert.deepEqual(
      users.map(({ username, totpSecret }) => [username, totpSecret === null]),
      [
        ["alice@example.com", false],
        ["bob@example.com", true],
        ["eve@example.com", false],
      ],
    );
    assert.ok(
      chromiumArguments.some((each) => each.includes(`MAP ide.gatehouse.localhost:443 127.0.0.1:${announcement.port}`)),
    );
    assert.equal(await gateStatus(announcement), 302);
    await until("the browser", () => existsSync(`${browser}.arguments`));
    const given = readFileSync(`${browser}.arguments`, "utf8").trimEnd().split("\n");
    assert.deepEqual(given.slice(-chromiumArguments.length - 1), [...chromiumArguments, announcement.url]);
    assert.ok(chromiumArguments.some((each) => /^--ignore-certificate-errors-spki-list=[\w+/=,]+$/.test(each)));

    const shell = npm.run("run", "--silent", "lab", "--", "shell", "-c", "hostname; exit 7");
    assert.deepEqual(await shell.ended, [7, null], shell.errors);
    assert.equal(shell.output, "ide\n");

    const family = command.family();
    const stop = npm.run("stop", "--silent");
    assert.deepEqual(await stop.ended, [0, null], stop.errors);
    assert.deepEqual(leftOf(directory), []);
    assert.deepEqual(family.filter(isSame).map(nameOf), []);
    assert.deepEqual(npm.runDirectories(), []);
    await assert.rejects(gateStatus(announcement));
  });

  it("kill -9 of start leaves nothing of it", async () => {
    const { command, directory } = await startHost();
    const family = command.family();
    signal(npm.recorded().pid, "SIGKILL");
    await until("the end of all that was started", () => leftOf(directory).length === 0, 20_000);
    await until("the end of its family", () => family.filter(isSame).length === 0, 20_000);
  });
});

/** Of a browser's first visit, through the port that start announces, with the announced authority as the only one that counts. */
function gateStatus({ port, ca }: Announcement): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port,
      servername: "ide.gatehouse.localhost",
      ca: readFileSync(ca ?? ""),
      agent: false,
    };
    const headers = { Host: "ide.gatehouse.localhost", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };
    request({ ...options, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}

function mountsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/mounts`, "utf8");
  } catch {
    return "";
  }
}
