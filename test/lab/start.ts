// npm start: the editor with the extension, Cognito and AWS, until Ctrl-C.
//   --json         one line of JSON, last on standard output, when ready; everything else goes to standard error
//   --port N       of the editor
//   --editor-only  the editor without a gate in front (so far the only form)
import { parseArgs } from "node:util";
import { withLock } from "./cache.ts";
import { type Lab, startLab } from "./lab.ts";
import { assertPortIsFree } from "./ports.ts";
import { endDescendants } from "./processes.ts";
import { type Announcement, findRunning, forgetRunning, recordRunning, stateDirectory } from "./running.ts";

const { values } = readArguments();
const say = values.json ? console.error : console.log;
let lab: Lab | undefined;
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
    announce(running.announcement);
    process.exit(0);
  }
  const port = readPort(values.port);
  if (port !== 0) await assertPortIsFree(port);
  const started = Date.now();
  const progress = (line: string) =>
    console.error(`[${((Date.now() - started) / 1000).toFixed(0).padStart(3)} s] ${line}`);
  lab = await startLab({ port, progress });
  if (stopping) return await lab.close();
  lab.editor.process.on("exit", () => {
    if (stopping) return;
    console.error("code-server has ended by itself.");
    void stop(1);
  });
  const announcement = { url: lab.url, users: lab.users };
  await recordRunning(announcement, lab.directory);
  announce(announcement);
}

function announce({ url, users }: Announcement): void {
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ url, users })}\n`);
    return;
  }
  const lines = users.flatMap(({ username, password, totpSecret }) => [
    "",
    `  user       ${username}`,
    `  password   ${password}`,
    ...(totpSecret === null
      ? ["  code       none yet: the first sign-in shows a QR code and the key"]
      : [`  key        ${totpSecret}`, `  code now   oathtool --totp --base32 ${totpSecret}`]),
  ]);
  say(
    [
      "",
      `Open  ${url}`,
      ...lines,
      "",
      "In its terminals, after signing in:  aws sts get-caller-identity",
      "The editor has no password: it listens on 127.0.0.1 only, but every user of this machine can open it while it runs.",
      "A code works once; the next one comes after at most 30 s.",
      "Ctrl-C (or npm stop) ends everything.",
    ].join("\n"),
  );
}

async function stop(code = 0): Promise<void> {
  if (stopping) return;
  stopping = true;
  // Where the set-up is still going on, the watchdog clears up what it has started.
  if (lab === undefined) {
    endDescendants();
    process.exit(130);
  } else {
    console.error("Stopping …");
    await forgetRunning();
    await lab.close();
  }
  process.exit(code);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        json: { type: "boolean", default: false },
        port: { type: "string" },
        "editor-only": { type: "boolean" },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: npm start -- [--json] [--port N] [--editor-only]`);
    process.exit(2);
  }
}

/** 0 where none is given. */
function readPort(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65_536) return port;
  console.error(`--port takes a number from 0 to 65535, not "${text}".`);
  process.exit(2);
}
