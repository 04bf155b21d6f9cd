// npm stop: ends the npm start that is running, from anywhere, and waits until it is gone.
import { setTimeout as delay } from "node:timers/promises";
import { signal } from "./processes.ts";
import { findRunning } from "./running.ts";

const running = findRunning();
if (running === undefined) console.log("Nothing is running.");
else {
  signal(running.pid, "SIGTERM");
  const deadline = Date.now() + 20_000;
  while (findRunning()?.pid === running.pid && Date.now() < deadline) await delay(100);
  // Its watchdog clears up after it.
  if (findRunning()?.pid === running.pid) signal(running.pid, "SIGKILL");
  console.log("Stopped.");
}
