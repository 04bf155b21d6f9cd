import assert from "node:assert/strict";
import * as vscode from "vscode";
import { settingDefaults } from "../../../src/editor/platform/settings.ts";
import { commands } from "../../../src/manifest.ts";
import { extension, until } from "./lab.ts";

describe("activation", () => {
  it("happens by itself at the start of the window", async () => {
    const found = vscode.extensions.getExtension("gatehouse.gatehouse");
    await until("activation", () => found?.isActive);
  });

  it("registers the commands of the manifest and no other", async () => {
    await extension();
    const registered = (await vscode.commands.getCommands(true)).filter((id) => id.startsWith("gatehouse."));
    // The editor itself adds one for the walkthrough's and the view's own ids.
    for (const id of Object.values(commands)) assert.ok(registered.includes(id), id);
    const contributed = (await extension()).packageJSON.contributes.commands.map(
      ({ command }: { command: string }) => command,
    );
    assert.deepEqual(contributed.sort(), Object.values(commands).sort());
  });

  it("finds the settings with the defaults of the reader", () => {
    for (const [id, value] of Object.entries(settingDefaults))
      assert.equal(vscode.workspace.getConfiguration().inspect(id)?.defaultValue, value, id);
  });

  it("shows its log", async () => {
    await vscode.commands.executeCommand(commands.showLog);
  });
});
