import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Locator, Page } from "playwright-core";

/** Waits until `condition` gives something other than undefined, null or false; the message says what was awaited. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs = 30_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>;
    if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs / 1000} s: ${what}`);
    await delay(50);
  }
}

/** Opens the editor and waits until its workbench and status bar are there. */
export async function openEditor(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await workbenchReady(page);
}

export async function workbenchReady(page: Page): Promise<void> {
  await page.locator(".monaco-workbench .statusbar-item").first().waitFor({ timeout: 60_000 });
}

/** The quick input that is open (palette, sign-in). */
export function quickInput(page: Page): Locator {
  return page.locator(".quick-input-widget:visible");
}

/** Runs a command by its title in the palette. */
export async function runCommand(page: Page, title: string): Promise<void> {
  const input = quickInput(page).locator("input[type=text]");
  await until(`the palette lists ${title}`, async () => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("F1");
    try {
      await input.waitFor({ timeout: 3000 });
      await input.fill(`>${title}`);
      // The list follows the text a moment later: Enter counts only when the first row is the command.
      const row = quickInput(page).locator(".monaco-list-row").first();
      await row.filter({ hasText: title }).waitFor({ timeout: 3000 });
      return true;
    } catch {
      return false;
    }
  });
  await input.press("Enter");
}

/** Types into the sign-in step that is open and confirms it. `prompt` is part of what the step shows (title, placeholder, text). */
export async function answer(page: Page, prompt: RegExp, text: string): Promise<void> {
  await promptShown(page, prompt);
  const input = quickInput(page).locator(".quick-input-box input");
  await input.fill(text);
  await input.press("Enter");
}

/** Waits until a quick input is open that shows `prompt` anywhere (title, placeholder, message). */
export async function promptShown(page: Page, prompt: RegExp): Promise<void> {
  await until(`a prompt like ${prompt}`, async () => prompt.test(await quickInputText(page)));
}

/** Everything that the open quick input shows, in one string; empty when none is open. */
export async function quickInputText(page: Page): Promise<string> {
  const widget = quickInput(page);
  if ((await widget.count()) === 0) return "";
  try {
    const input = widget.locator(".quick-input-box input");
    const placeholder =
      (await input.count()) > 0 ? await input.first().getAttribute("placeholder", { timeout: 1000 }) : "";
    return [...(await widget.allInnerTexts()), placeholder ?? ""].join("\n");
  } catch {
    return "";
  }
}

/** Text of every item in the status bar. */
export async function statusBar(page: Page): Promise<string> {
  return (await page.locator(".statusbar-item:visible").allInnerTexts()).join("\n");
}

/** Text of every notification that is shown at the moment. */
export async function notifications(page: Page): Promise<string> {
  return (await page.locator(".notification-toast:visible").allInnerTexts()).join("\n");
}

/** Opens another terminal and waits until its shell takes input; it is the active one then. */
export async function openTerminal(page: Page, workspace: string): Promise<Terminal> {
  const before = await terminalCount(page);
  await runCommand(page, "Terminal: Create New Terminal");
  await until("a new terminal", async () => (await terminalCount(page)) > before);
  const terminal = new Terminal(page, workspace, before);
  await terminal.run("true", 60_000);
  return terminal;
}

async function terminalCount(page: Page): Promise<number> {
  return await page.locator(".terminal-wrapper").count();
}

let commands = 0;
/** What VS Code's shell integration writes before and after each command (OSC 633). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const marks = /\x1b\]633;[^\x07]*\x07/g;

/** One terminal of the page, by its place in the list of terminals. */
export class Terminal {
  readonly page: Page;
  readonly workspace: string;
  readonly index: number;

  constructor(page: Page, workspace: string, index: number) {
    this.page = page;
    this.workspace = workspace;
    this.index = index;
  }

  async focus(): Promise<void> {
    const tabs = this.page.locator(".terminal-tabs-entry");
    if ((await tabs.count()) > 1) await tabs.nth(this.index).click();
    await this.page.locator(".terminal-wrapper.active .xterm-helper-textarea").first().focus();
    await this.page.locator(".terminal-wrapper.active .xterm.focus").first().waitFor();
  }

  /** Types a line and Enter, without waiting for what it does. */
  async type(line: string): Promise<void> {
    await this.focus();
    // Changing to another terminal takes a moment, in which the first key may be lost.
    await this.page.keyboard.type(` ${line.trimStart()}`);
    await this.page.keyboard.press("Enter");
  }

  /** Types a command, waits for its end, and answers its exit code and output; the output goes to a file, nothing is read off the screen. */
  async run(command: string, timeoutMs = 30_000): Promise<{ status: number; output: string }> {
    const name = `.run-${process.pid}-${++commands}`;
    const output = join(this.workspace, `${name}.out`);
    const status = join(this.workspace, `${name}.status`);
    await this.type(`{ ${command}; } >${name}.out 2>&1; echo $? >${name}.new; mv ${name}.new ${name}.status`);
    await until(`the end of ${command}`, () => existsSync(status), timeoutMs);
    const result = {
      status: Number(readFileSync(status, "utf8")),
      output: readFileSync(output, "utf8").replaceAll(marks, ""),
    };
    await Promise.all([rm(output), rm(status)]);
    return result;
  }

  /** What the terminal shows; needs the DOM renderer (terminal.integrated.gpuAcceleration off). */
  async text(): Promise<string> {
    await this.focus();
    return (await this.page.locator(".terminal-wrapper.active .xterm-rows > div").allInnerTexts())
      .join("\n")
      .replaceAll("\u00a0", " ");
  }
}
