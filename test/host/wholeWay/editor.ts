/** What a person does in the editor's window. */
import type { Download, Frame, Locator, Page } from "playwright-core";
import { quickInput, statusBar, until } from "../page.ts";

type Position = { readonly x: number; readonly y: number };

/** Opens a file of the workspace by its name. */
export async function openFile(page: Page, name: string): Promise<void> {
  const tab = page.locator(".tab.active", { hasText: name });
  await until(`${name} to be found`, async () => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+P");
    try {
      await quickInput(page).locator("input[type=text]").fill(name, { timeout: 3000 });
      // The list of files is a moment old; what was made just now comes with the next try.
      await quickInput(page).locator(".monaco-list-row", { hasText: name }).first().click({ timeout: 3000 });
      await tab.waitFor({ timeout: 5000 });
      return true;
    } catch {
      return false;
    }
  });
}

/** Places the cursor at the end of the open file, in its line `last`. */
export async function goToEnd(page: Page, last: number): Promise<void> {
  await until(`the cursor in line ${last}`, async () => {
    await page.keyboard.press("Control+End");
    return (await statusBar(page)).includes(`Ln ${last},`);
  });
}

/** Chooses from a context menu, which takes no click in its first moment. */
async function choose(page: Page, on: Locator, position: Position | undefined, label: string): Promise<void> {
  await on.click({ button: "right", ...(position === undefined ? {} : { position }) });
  const item = page.locator(".monaco-menu .action-item", { hasText: label }).first();
  await item.waitFor();
  await until(`${label} to be taken`, async () => {
    await item.click({ timeout: 500 }).catch(() => {});
    return !(await item.isVisible());
  });
}

async function explorer(page: Page): Promise<Locator> {
  await page.keyboard.press("Control+Shift+E");
  const view = page.locator(".explorer-folders-view");
  await view.waitFor();
  return view;
}

/** The explorer's menu "Upload...", on the empty place below the files. */
export async function upload(page: Page, file: string): Promise<void> {
  const view = await explorer(page);
  const box = await view.boundingBox();
  const position = { x: (box?.width ?? 0) / 2, y: (box?.height ?? 0) - 30 };
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), choose(page, view, position, "Upload...")]);
  await chooser.setFiles(file);
}

/** The explorer's menu "Download..." of a file. */
export async function download(page: Page, name: string): Promise<Download> {
  const row = (await explorer(page)).locator(".monaco-list-row", { hasText: name });
  const [started] = await Promise.all([page.waitForEvent("download"), choose(page, row, undefined, "Download...")]);
  return started;
}

/** The frame of a webview that shows `text` in a heading. */
export async function webviewWith(page: Page, text: string): Promise<Frame> {
  return await until(
    `a webview with ${text}`,
    async () => {
      for (const frame of page.frames()) {
        if (!frame.url().includes("/webview/")) continue;
        const headings = await frame
          .locator("h1")
          .allInnerTexts()
          .catch((): string[] => []);
        if (headings.includes(text)) return frame;
      }
      return undefined;
    },
    60_000,
  );
}
