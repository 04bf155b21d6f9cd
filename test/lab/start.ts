// npm start: the whole product on a host of its own, until Ctrl-C.
//   --json         one line of JSON, last on standard output, when ready; everything else goes to standard error
//   --port N       the port on 127.0.0.1; without it 443, or a free one where that is taken
//   --open         starts Chromium with it
//   --editor-only  the editor without a host and a gate; needs neither root nor Debian
import { parseArgs } from "node:util";
import { withLock } from "./cache.ts";
import { distribution } from "./debian.ts";
import { announce } from "./host/announcement.ts";
import { whyNoHost } from "./host/machine.ts";
import { type Browser, canOpen, openBrowser } from "./host/openBrowser.ts";
import { endDescendants } from "./processes.ts";
import { findRunning, forgetRunning, recordRunning, stateDirectory } from "./running.ts";
import { type Started, startEditorOnly, startWhole } from "./startable.ts";

const { values } = readArguments();
let started: Started | undefined;
let browser: Browser | undefined;
let stopping = false;

for (const each of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(each, () => void stop());

try {
  const waiting = () => console.error("Another npm start is setting up; waiting for it …");
  await withLock("start", setUp, waiting, stateDirectory());
} catch (error) {
  if (!stopping) {
    console.error((error as Error).message);
    endDescendants();
    process.exit(1);
  }
}

async function setUp(): Promise<void> {
  const running = findRunning();
  if (running !== undefined) {
    console.error(`It is running already (process ${running.pid}); "npm stop" ends it.`);
    announce(running.announcement, values.json);
    process.exit(0);
  }
  const port = readPort(values.port);
  const began = Date.now();
  const progress = (line: string) =>
    console.error(`[${((Date.now() - began) / 1000).toFixed(0).padStart(3)} s] ${line}`);
  const why = whyNoHost();
  const editorOnly = values["editor-only"] || why !== undefined;
  if (!values["editor-only"] && why !== undefined) {
    console.error(`${why} This is ${distribution()}, user ${process.getuid?.()}: starting the editor only.`);
  }
  if (values.open) canOpen();
  started = await (editorOnly ? startEditorOnly(port, progress) : startWhole(port, progress));
  if (stopping) return await started.close();
  started.onEnd((what) => {
    if (stopping) return;
    console.error(`${what} has ended by itself.`);
    void stop(1);
  });
  await recordRunning(started.announcement, started.directory);
  announce(started.announcement, values.json);
  if (values.open) browser = await openBrowser(started.announcement, started.directory);
}

async function stop(code = 0): Promise<void> {
  if (stopping) return;
  stopping = true;
  // Where the set-up is still going on, the watchdog clears up what it has started.
  if (started === undefined) {
    endDescendants();
    process.exit(130);
  } else {
    console.error("Stopping …");
    await forgetRunning();
    await browser?.close();
    await started.close();
  }
  process.exit(code);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        json: { type: "boolean", default: false },
        port: { type: "string" },
        open: { type: "boolean", default: false },
        "editor-only": { type: "boolean", default: false },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: npm start -- [--json] [--port N] [--open] [--editor-only]`);
    process.exit(2);
  }
}

/** Undefined where none is given. */
function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65_536) return port;
  console.error(`--port takes a number from 0 to 65535, not "${text}".`);
  process.exit(2);
}
