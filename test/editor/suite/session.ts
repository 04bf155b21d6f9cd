import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as vscode from "vscode";
import type { AgentClient } from "../../../src/agent/client.ts";
import { getConfiguration, getSession } from "../../../src/agent/protocol.ts";
import { environmentTerminal } from "../../../src/editor/terminal/profile.ts";
import { authenticationProviderId, commands, settings } from "../../../src/manifest.ts";
import { agent, extension, setSetting, signedInByAgent, signOutByAgent, until } from "./lab.ts";

/** Newer than the types that the extension is built against. */
const { getAccounts } = vscode.authentication as unknown as {
  getAccounts(provider: string): Thenable<readonly vscode.AuthenticationSessionAccountInformation[]>;
};

describe("the session", () => {
  let client: AgentClient;

  before(async () => {
    client = await agent();
    await signOutByAgent(client);
  });
  after(async () => {
    await signOutByAgent(client);
    client.dispose();
  });

  it("is not asked for by whoever only looks whether there is one", async () => {
    assert.equal(await vscode.authentication.getSession(authenticationProviderId, [], { silent: true }), undefined);
    assert.deepEqual(await getAccounts(authenticationProviderId), []);
  });

  it("is not there after a sign-in that was closed, and nothing is pending", async () => {
    const pending = vscode.commands.executeCommand(commands.signIn);
    let done = false;
    void pending.then(() => {
      done = true;
    });
    await until("the end of the sign-in", async () => {
      await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
      return done;
    });
    assert.equal((await client.request(getSession)).state, "signedOut");
  });

  it("goes over from the browser to the password, and is not there after that was closed", async () => {
    const restore = await setSetting(settings.domain, "login.example.com");
    try {
      await until("managed login", async () => {
        const view = await client.request(getConfiguration);
        return view.ok && view.browserSignIn;
      });
      let done = 0;
      // Both are one sign-in, which ends with the input.
      for (const id of [commands.signIn, commands.signInWithPassword])
        void vscode.commands.executeCommand(id).then(() => done++);
      await until("the end of the sign-in", async () => {
        await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
        return done === 2;
      });
      assert.equal((await client.request(getSession)).state, "signedOut");
    } finally {
      await restore();
    }
  });

  it("appears among the accounts when another client signs in", async () => {
    const changes: string[] = [];
    const listener = vscode.authentication.onDidChangeSessions(({ provider }) => changes.push(provider.id));
    try {
      const session = await signedInByAgent(client);
      await until("the change", () => changes.includes(authenticationProviderId));
      const accounts = await getAccounts(authenticationProviderId);
      assert.deepEqual(
        accounts.map(({ id, label }) => [id, label]),
        [[session.username, session.email ?? session.username]],
      );
    } finally {
      listener.dispose();
    }
  });

  it("renews its AWS credentials when told to", async () => {
    const before = await signedInByAgent(client);
    await vscode.commands.executeCommand(commands.refreshCredentials);
    const after = await client.request(getSession);
    assert.ok(after.state === "signedIn" && after.credentials.state === "ready");
    assert.ok(before.credentials.state === "ready");
    assert.ok(after.credentials.refreshedAt > before.credentials.refreshedAt);
  });

  it("takes the role that is chosen", async () => {
    const { roles, role } = await signedInByAgent(client);
    assert.ok(roles.length > 1);
    let open = false;
    await until("another role", async () => {
      // Nothing tells a suite that the list is shown: opened again where the selection moved too early.
      if (!open) {
        open = true;
        void vscode.commands.executeCommand(commands.chooseRole).then(() => {
          open = false;
        });
      }
      await delay(300);
      await vscode.commands.executeCommand("workbench.action.quickOpenSelectNext");
      await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
      const now = await client.request(getSession);
      return now.state === "signedIn" && now.role !== undefined && now.role.arn !== role?.arn;
    });
  });

  it("gives its keys to a shell that gatehouse starts, for tools that know no endpoint", async () => {
    await signedInByAgent(client);
    const directory = mkdtempSync(join(tmpdir(), "gatehouse-shell-"));
    const shell = join(directory, "shell");
    writeFileSync(shell, `#!/bin/sh\nenv >${directory}/new\nmv ${directory}/new ${directory}/env\n`, { mode: 0o755 });
    const script = join((await extension()).extensionPath, "dist", "cli.js");
    const options = environmentTerminal({ node: process.execPath, script }, shell, "keys");
    const terminal = vscode.window.createTerminal(options);
    try {
      await until("the shell", () => existsSync(join(directory, "env")));
      const environment = readFileSync(join(directory, "env"), "utf8");
      for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
        assert.match(environment, new RegExp(`^${name}=.`, "m"));
      assert.doesNotMatch(environment, /^(AWS_CONTAINER_|ELECTRON_RUN_AS_NODE)/m);
    } finally {
      terminal.dispose();
      rmSync(directory, { recursive: true });
    }
  });

  it("goes on when a setting becomes invalid, and says which key it is", async () => {
    const session = await signedInByAgent(client);
    const restore = await setSetting(settings.region, "not a region");
    try {
      const view = await until("the broken configuration", async () => {
        const current = await client.request(getConfiguration);
        return current.ok ? undefined : current;
      });
      assert.match(String(view.problems[0]?.params?.["key"]), /cognito\.region$/);
      const now = await client.request(getSession);
      assert.ok(now.state === "signedIn" && now.id === session.id);
    } finally {
      await restore();
    }
    await until("the configuration", async () => (await client.request(getConfiguration)).ok);
  });

  it("ends for every client when the person signs out, and goes from the accounts", async () => {
    await signedInByAgent(client);
    await vscode.commands.executeCommand(commands.signOutOfAws);
    assert.equal((await client.request(getSession)).state, "signedOut");
    await until("no account", async () => (await getAccounts(authenticationProviderId)).length === 0);
  });
});
