/** Activation in code-server's extension host, as the editor's own "Startup Performance" states it, beside a hello-world extension. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { openEditor, runCommand, until } from "../host/page.ts";
import { launchBrowser } from "../lab/browser.ts";
import { packExtension } from "../lab/extension.ts";
import { startLab } from "../lab/lab.ts";
import { median, ms, type Row, times } from "./measure.ts";

/** @param rounds page loads, each of which starts a new extension host */
export async function activation(vsix: string, rounds: number, progress: (line: string) => void): Promise<Row> {
  const profile = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
  const lab = await startLab({ progress, vsix, extensions: [await helloWorld(join(profile, "hello"))] });
  try {
    const gatehouse: number[] = [];
    const hello: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const browser = await launchBrowser(join(profile, String(round)));
      try {
        await browser.grantPermissions(["clipboard-read", "clipboard-write"], { origin: lab.editor.origin });
        const page = browser.pages()[0] ?? (await browser.newPage());
        await openEditor(page, lab.url);
        const report = await startupPerformance(page);
        if (round === 0) continue;
        gatehouse.push(activationTime(report, "gatehouse.gatehouse"));
        hello.push(activationTime(report, "bench.hello"));
        await page.goto("about:blank");
      } finally {
        await browser.close();
      }
    }
    const [ours, theirs] = [median(gatehouse), median(hello)];
    return {
      what: "activation in code-server (load and activate)",
      measured: ms(ours),
      against: `${times(ours / theirs)} of a hello-world extension (${ms(theirs)})`,
      goal: "≤ 1.5×",
      reached: ours / theirs <= 1.5,
    };
  } finally {
    await lab.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** The least that is an extension: it starts with the window and registers one command. */
async function helloWorld(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const manifest = {
    name: "hello",
    publisher: "bench",
    version: "1.0.0",
    engines: { vscode: "^1.90.0" },
    extensionKind: ["workspace"],
    main: "./extension.js",
    activationEvents: ["onStartupFinished"],
    contributes: { commands: [{ command: "hello.world", title: "Hello World" }] },
  };
  for (const name of ["README.md", "LICENSE"]) writeFileSync(join(folder, name), "Hello World\n");
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(
    join(folder, "extension.js"),
    `const vscode = require("vscode");
exports.activate = (context) => {
  context.subscriptions.push(vscode.commands.registerCommand("hello.world", () => vscode.window.showInformationMessage("Hello World")));
};`,
  );
  const vsix = join(folder, "hello.vsix");
  await packExtension(folder, vsix);
  return vsix;
}

/** The editor's report, Markdown; read by way of the clipboard, because only lines on the screen are rendered. */
async function startupPerformance(page: Page): Promise<string> {
  return await until(
    "the startup report lists both extensions",
    async () => {
      await runCommand(page, "Developer: Startup Performance");
      await page.locator(".editor-instance .monaco-editor .view-line").first().waitFor();
      await page.locator(".editor-instance .monaco-editor .view-lines").first().click();
      await page.keyboard.press("Control+A");
      await page.keyboard.press("Control+C");
      const text = await page.evaluate<string>("navigator.clipboard.readText()");
      return text.includes("gatehouse.gatehouse") && text.includes("bench.hello") ? text : undefined;
    },
    60_000,
  );
}

/** Milliseconds to load the code and to run `activate`, from the row "| extension | eager? | load | call | finish | event | by |". */
function activationTime(report: string, extension: string): number {
  const row = report.split("\n").find((line) => line.includes(extension)) ?? "";
  const figures = row
    .split("|")
    .map((cell) => cell.trim())
    .filter((cell) => /^\d+$/.test(cell))
    .map(Number);
  const [load, call] = figures;
  if (load === undefined || call === undefined) throw new Error(`No figures of ${extension} in the report: ${row}`);
  return load + call;
}
