import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import * as vscode from "vscode";
import { type AgentClient, connect } from "../../../src/agent/client.ts";
import { answerSignIn, getSession, signOut, startSignIn } from "../../../src/agent/protocol.ts";
import { runtimePaths } from "../../../src/core/runtimeDirectory.ts";
import type { SignedIn } from "../../../src/core/session.ts";
import { Authenticator } from "../../host/authenticator.ts";
import type { LabForSuites } from "../bundle.ts";

export const lab = JSON.parse(process.env["GATEHOUSE_TEST_LAB"] ?? "{}") as LabForSuites;

/** The extension under test, active. */
export async function extension(): Promise<vscode.Extension<unknown>> {
  const found = vscode.extensions.getExtension("gatehouse.gatehouse");
  assert.ok(found, "the extension is installed");
  await found.activate();
  return found;
}

/** The same agent that the extension uses, as another client of it. */
export async function agent(): Promise<AgentClient> {
  await extension();
  return await until("the agent", () =>
    connect({ paths: runtimePaths({ environment: process.env }), client: "cli", version: "test" }).catch(
      () => undefined,
    ),
  );
}

export async function until<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (const deadline = Date.now() + 30_000; ; ) {
    const value = await look();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<T>;
    assert.ok(Date.now() < deadline, `not within 30 s: ${what}`);
    await delay(50);
  }
}

const authenticators = new Map<string, Authenticator>();

/** The session; signs the enrolled user in, without the editor, where nobody is. Ends when there are AWS credentials. */
export async function signedInByAgent(client: AgentClient): Promise<SignedIn> {
  const current = await client.request(getSession);
  if (current.state === "signedIn") return current;
  const user = lab.users.find(({ totpSecret }) => totpSecret !== null);
  assert.ok(user?.totpSecret);
  const authenticator = authenticators.get(user.username) ?? new Authenticator(user.totpSecret);
  authenticators.set(user.username, authenticator);
  let step = await client.request(startSignIn, { username: user.username });
  while (step.state === "prompt") {
    assert.equal(step.problem, undefined);
    const { flow, prompt } = step;
    const answer =
      prompt.kind === "password"
        ? ({ kind: "password", password: user.password } as const)
        : ({ kind: "totp", code: await authenticator.code() } as const);
    step = await client.request(answerSignIn, { flow, answer });
  }
  assert.equal(step.state, "signedIn");
  return await until("AWS credentials", async () => {
    const session = await client.request(getSession);
    return session.state === "signedIn" && session.credentials.state !== "pending" ? session : undefined;
  });
}

export async function signOutByAgent(client: AgentClient): Promise<void> {
  if ((await client.request(getSession)).state === "signedIn") await client.request(signOut);
}

/** The environment that a new terminal's shell is started with. */
export async function terminalEnvironment(options: vscode.TerminalOptions = {}): Promise<Record<string, string>> {
  const terminal = vscode.window.createTerminal(options);
  try {
    const pid = await until("the shell", async () => await terminal.processId);
    const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean);
    return Object.fromEntries(
      entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
    );
  } finally {
    terminal.dispose();
  }
}

/** Sets a setting of the scope `machine`; answers how to take it back. */
export async function setSetting(id: string, value: unknown): Promise<() => Promise<void>> {
  const configuration = vscode.workspace.getConfiguration();
  const before = configuration.inspect(id)?.globalValue;
  await configuration.update(id, value, vscode.ConfigurationTarget.Global);
  return async () => await configuration.update(id, before, vscode.ConfigurationTarget.Global);
}
