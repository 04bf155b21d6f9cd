// npm stop: ends the npm start that is running, from anywhere, and waits until nothing of it is left.
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { processEntry, signal } from "./processes.ts";
import { findRunning } from "./running.ts";

const running = findRunning();
if (running === undefined) console.log("Nothing is running.");
else {
  const isRunning = () => processEntry(running.pid)?.started === running.started;
  signal(running.pid, "SIGTERM");
  await during(20_000, isRunning);
  // Its watchdog clears up after it.
  if (isRunning()) signal(running.pid, "SIGKILL");
  const isLeft = () => isRunning() || existsSync(running.directory);
  await during(15_000, isLeft);
  if (isLeft()) {
    console.error(`It did not end: process ${running.pid}, ${running.directory}`);
    process.exitCode = 1;
  } else console.log("Stopped.");
}

async function during(milliseconds: number, condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + milliseconds; condition() && Date.now() < deadline; ) await delay(100);
}
