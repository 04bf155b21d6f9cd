// npm run lab -- shell: a root shell in the host that `npm start` runs; with -c COMMAND one command, whose exit code is passed on.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { findRunning } from "../running.ts";
import { findInit, wordsInHost } from "./container.ts";
import { systemPath } from "./machine.ts";

const usage = "Usage: npm run lab -- shell [--user NAME] [-c COMMAND]";
const [action, ...rest] = process.argv.slice(2);
if (action !== "shell") fail(usage, 2);
const { user, command } = readOptions(rest);
const running = findRunning();
if (running === undefined) fail("No host is running: npm start runs one.", 1);
const init = findInit(join(running.directory, "root"));
if (init === undefined) {
  fail(`What is running has no host, or it is just restarting: ${running.announcement.url}`, 1);
}
const terminal = process.env["TERM"] ?? "dumb";
const shell = command === undefined ? ["bash", "--login", "-i"] : ["bash", "--login", "-c", command];
const home = user === undefined ? "/root" : `/home/${user}`;
const [word = "", ...words] = [...wordsInHost(init, user), "env", `--chdir=${home}`, `TERM=${terminal}`, ...shell];
const child = spawn(word, words, { stdio: "inherit", env: { PATH: systemPath } });
// A terminal sends Ctrl-C to the shell as well, which knows what to do.
for (const each of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(each, () => {
    if (each !== "SIGINT" || !process.stdin.isTTY) child.kill(each);
  });
}
child.on("error", (error) => fail(error.message, 1));
child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));

function readOptions(given: readonly string[]): { readonly user?: string; readonly command?: string } {
  const options: { user?: string; command?: string } = {};
  for (let at = 0; at < given.length; at += 2) {
    const value = given[at + 1];
    if (value === undefined) fail(usage, 2);
    if (given[at] === "-c") options.command = value;
    else if (given[at] === "--user") options.user = value;
    else fail(usage, 2);
  }
  return options;
}

function fail(sentence: string, code: number): never {
  console.error(sentence);
  process.exit(code);
}
