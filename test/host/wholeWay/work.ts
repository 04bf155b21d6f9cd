/** What people do in the editor, through the gate. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand, until } from "../page.ts";
import { download, goToEnd, openFile, upload, webviewWith } from "./editor.ts";
import { type GateWorld, nodeInHost } from "./gateWorld.ts";

const applicationPort = 38081;
/** Twelve MiB: several times what any buffer on the way holds. */
const fileBytes = 12 * 1024 * 1024;

export function workTests(world: () => GateWorld): void {
  it("edits and saves a file", async () => {
    const { page, workspace } = world();
    await world().put("edited.txt", "first line\n");
    await openFile(page, "edited.txt");
    await goToEnd(page, 2);
    await page.keyboard.type("typed 入力 through the gate");
    await page.keyboard.press("Control+S");
    const expected = "first line\ntyped 入力 through the gate";
    await until(
      "the file on the disk",
      async () => (await readFile(join(workspace, "edited.txt"), "utf8")) === expected,
    );
  });

  it("stops a program at a breakpoint, shows a variable and goes on", async () => {
    const { page, folder } = world();
    const configuration = {
      type: "node",
      request: "launch",
      name: "program",
      program: join(folder, "program.js"),
    };
    const launch = { version: "0.2.0", configurations: [{ ...configuration, runtimeExecutable: nodeInHost }] };
    await world().put(".vscode/launch.json", JSON.stringify(launch));
    await world().put(
      "program.js",
      'const parts = ["gate", "house"];\nconst whole = parts.join("-");\nconsole.log(whole.length);',
    );
    await openFile(page, "program.js");
    await goToEnd(page, 3);
    await page.keyboard.press("F9");
    await page.locator(".codicon-debug-breakpoint").first().waitFor();
    await page.keyboard.press("F5");
    await page.locator(".debug-call-stack", { hasText: /Paused on breakpoint/i }).waitFor({ timeout: 60_000 });
    const console = page.locator(".repl");
    await page.locator(".repl-input-wrapper .native-edit-context, .repl-input-wrapper textarea").first().focus();
    await page.keyboard.type("whole");
    await page.keyboard.press("Enter");
    await console.getByText("'gate-house'").first().waitFor();
    assert.equal(await console.getByText("10", { exact: true }).count(), 0);
    await page.keyboard.press("F5");
    await console.getByText("10", { exact: true }).first().waitFor();
    await page.locator(".debug-toolbar:visible").waitFor({ state: "detached" });
  });

  it("renders a webview: its service worker is registered and brings a picture of the workspace", async () => {
    const { page, lab } = world();
    await world().put("page.md", "# Rendered heading\n\n![made here](picture.svg)\n");
    await world().put(
      "picture.svg",
      '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect width="30" height="20"/></svg>',
    );
    await openFile(page, "page.md");
    await page.locator('.editor-actions a[aria-label*="Open Preview to the Side"]').first().click();
    const frame = await webviewWith(page, "Rendered heading");
    await until("the picture", () => frame.evaluate("document.images[0]?.naturalWidth === 30"));
    const workers = await page.evaluate<string[]>(
      "navigator.serviceWorker.getRegistrations().then((all) => all.filter(({ active }) => active?.state === 'activated').map(({ scope }) => scope))",
    );
    assert.ok(
      workers.some((scope) => scope.endsWith("/workbench/contrib/webview/browser/pre/")),
      workers.join(),
    );
    assert.ok(workers.every((scope) => scope.startsWith(`${lab.origin}/`)));
    await runCommand(page, "View: Close All Editors");
  });

  it("uploads and downloads a file of 12 MiB byte for byte", async () => {
    const { page, lab, folder, workspace } = world();
    const sent = randomBytes(fileBytes);
    const file = join(lab.directory, "uploaded.bin");
    await writeFile(file, sent);
    await upload(page, file);
    const digest = createHash("sha256").update(sent).digest("hex");
    const sum = async () => (await lab.run(["sha256sum", join(folder, "uploaded.bin")], { check: false })).stdout;
    await until("the upload", async () => (await sum()).startsWith(digest), 60_000);

    // It appears whole.
    const make = `cd "$0" && head --bytes=${fileBytes} /dev/urandom >.part && mv .part downloaded.bin`;
    await lab.run(["sh", "-c", make, folder], { user: world().user });
    const kept = join(lab.directory, "downloaded.bin");
    await (await download(page, "downloaded.bin")).saveAs(kept);
    assert.ok((await readFile(kept)).equals(await readFile(join(workspace, "downloaded.bin"))));
  });

  it("shows an application that listens on a port, with its websocket, and lets it keep nothing", async () => {
    const { browser, lab, workspace } = world();
    const session = await world().gateSession();
    await world().put("application.mjs", await readFile(new URL("application.mjs", import.meta.url), "utf8"));
    // Away from the terminal, which is used again.
    await (await world().terminal()).run(
      `(setsid ${nodeInHost} application.mjs ${applicationPort} >application.log &)`,
    );
    await until("the application", async () =>
      /listening/.test(await readFile(join(workspace, "application.log"), "utf8").catch(() => "")),
    );
    const shown = await browser.newPage();
    await shown.goto(`${lab.origin}/proxy/${applicationPort}/`);
    await shown.getByText("said through a websocket").waitFor();
    // Its own cookie reaches it, the gate's doesn't.
    assert.equal(await shown.locator("#said").textContent(), "said through a websocket, with own=1");

    await shown.evaluate(`document.cookie = "__Host-gatehouse=taken; Path=/; Secure"`);
    assert.equal(await world().gateSession(), session);
    for (const [script, scope] of [
      ["worker.js", "/"],
      ["worker.js", "./"],
      [`/vscode-remote-resource?path=${world().folder}/application.mjs`, "/"],
    ]) {
      const outcome = await shown.evaluate(
        `navigator.serviceWorker.register(${JSON.stringify(script)}, { scope: ${JSON.stringify(scope)} }).then(() => "registered", ({ name }) => name)`,
      );
      assert.match(String(outcome), /Error$/, `${script} for ${scope}`);
    }
    const scopes = await shown.evaluate<string[]>(
      "navigator.serviceWorker.getRegistrations().then((all) => all.map(({ active }) => active?.scriptURL))",
    );
    assert.ok(
      scopes.every((script) => /serviceWorker\.js|\/webview\/browser\/pre\/service-worker\.js/.test(script)),
      scopes.join(),
    );
    await shown.close();
  });
}
