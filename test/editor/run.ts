// Runs the suites inside code-server's real extension host, against the packed extension.
import { EventEmitter, once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { launchBrowser } from "../lab/browser.ts";
import { ensurePackages } from "../lab/debian.ts";
import { startLab } from "../lab/lab.ts";
import { type Count, report } from "../lab/tier.ts";
import { bundleSuites, suiteEnvironment } from "./bundle.ts";

/** The whole run, in ms. */
const timeout = 15 * 60_000;

/** What the workbench itself logs into the same channel. */
const chatter =
  /^(Ignoring fetching|Creating a socket|Resolv(ing|ed) connection token|Canceled: |\[(Service Worker|AgentHost|AccountPolicyGate|reconnection))/;

await ensurePackages("browser", "authenticator");
const { stub, tests } = await bundleSuites();
let result = "";
const lab = await startLab({
  progress: console.error,
  options: [
    // Without this code-server ignores the payload below.
    ...["--vscode-option", "enable-smoke-test-driver"],
    // Of the sign-in with the browser; without it the editor asks whether it may be opened.
    ...["--link-protection-trusted-domains", "https://login.example.com"],
  ],
  moreEnvironment: (services) => {
    result = join(services.directory, "result.json");
    return suiteEnvironment(services, result);
  },
});
for (const each of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(each, () => void lab.close().finally(() => process.exit(130)));
}
let code: number;
let count: Count = { passed: 0, failed: 0 };
try {
  code = await runInBrowser();
  if (existsSync(result)) count = JSON.parse(readFileSync(result, "utf8")) as Count;
  if (code !== 0 && count.failed === 0) {
    console.error(`The extension host ended the run with ${code}.`);
    printLog();
  }
} finally {
  await lab.close();
}
// A run that broke off counts as one failure more than what was seen to fail.
if (code !== 0 && count.failed === 0) count = { ...count, failed: 1 };
report(count);
process.exit(code === 0 && count.passed > 0 ? 0 : 1);

async function runInBrowser(): Promise<number> {
  const browser = await launchBrowser(join(lab.directory, "browser"));
  const page = browser.pages()[0] ?? (await browser.newPage());
  const events = new EventEmitter();
  const done = once(events, "exit", { signal: AbortSignal.timeout(timeout) });
  // What VS Code's test host calls in a page that was opened with the payload below.
  await page.exposeFunction("codeAutomationLog", (_type: string, args: unknown[]) => {
    if (!chatter.test(String(args[0]))) console.log(...args);
  });
  await page.exposeFunction("codeAutomationExit", (status: number) => events.emit("exit", status));
  const authority = new URL(lab.editor.origin).host;
  const remote = (path: string) => `vscode-remote://${authority}${path}`;
  const payload = JSON.stringify([
    ["extensionDevelopmentPath", remote(stub)],
    ["extensionTestsPath", remote(tests)],
  ]);
  try {
    await page.goto(`${lab.url}&payload=${encodeURIComponent(payload)}`);
    const [status] = (await done) as [number];
    return status;
  } catch (error) {
    console.error(timedOut(error) ? `No result within ${timeout / 60_000} minutes.` : (error as Error).message);
    await page.screenshot({ path: join(lab.directory, "editor.png") }).catch(() => {});
    return 1;
  } finally {
    await browser.close();
  }
}

function timedOut(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function printLog(): void {
  const log = join(lab.directory, "code-server.log");
  if (existsSync(log)) console.error(readFileSync(log, "utf8").slice(-4000));
}
