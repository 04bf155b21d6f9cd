import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { CodeServer } from "./codeServer.ts";
import { freePort } from "./ports.ts";

export interface EditorOptions {
  readonly codeServer: CodeServer;
  /** Everything of this editor lies below. */
  readonly directory: string;
  /** Packed extensions to preinstall. */
  readonly vsixes?: readonly string[];
  /** 0 or absent: a free one. */
  readonly port?: number;
  /** What the server, its extension host and its terminals are given; nothing else. */
  readonly environment: Readonly<Record<string, string>>;
  readonly userSettings?: Readonly<Record<string, unknown>>;
  /** Settings of the scope `machine`. */
  readonly machineSettings?: Readonly<Record<string, unknown>>;
  /** More arguments for code-server. */
  readonly options?: readonly string[];
}

export interface Editor {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  readonly process: ChildProcess;
  readonly userData: string;
  readonly extensions: string;
}

/** No tips, no telemetry, no updates, nothing that asks: what a test or a demonstration does not want to see. */
export const quietSettings = {
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "security.workspace.trust.enabled": false,
  "window.restoreWindows": "none",
  "chat.disableAIFeatures": true,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "remote.autoForwardPorts": false,
};

/** Starts code-server on loopback, without a password: whoever may open a port of this machine can use it. */
export async function startEditor(options: EditorOptions): Promise<Editor> {
  const { node, entry } = options.codeServer;
  const userData = join(options.directory, "user-data");
  const extensions = join(options.directory, "extensions");
  const log = join(options.directory, "code-server.log");
  await mkdir(join(userData, "User"), { recursive: true });
  await mkdir(join(userData, "Machine"), { recursive: true });
  await mkdir(extensions, { recursive: true });
  const settings = { ...quietSettings, ...options.userSettings };
  await writeFile(join(userData, "User", "settings.json"), JSON.stringify(settings, undefined, 2));
  await writeFile(
    join(userData, "Machine", "settings.json"),
    JSON.stringify(options.machineSettings ?? {}, undefined, 2),
  );
  const common = [entry, "--config", "/dev/null", "--user-data-dir", userData, "--extensions-dir", extensions];
  const environment = { ...options.environment, EXTENSIONS_GALLERY: "{}" };

  const start = (args: readonly string[]): ChildProcess => {
    const output = openSync(log, "a");
    const child = spawn(node, [...common, ...args], {
      cwd: options.directory,
      env: environment,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    return child;
  };

  for (const vsix of options.vsixes ?? []) {
    const status = await ended(start(["--install-extension", vsix]));
    if (status !== 0) throw new Error(`code-server did not install ${vsix}:\n${readFileSync(log, "utf8")}`);
  }
  const port = options.port || (await freePort());
  const child = start([
    ...["--auth", "none", "--bind-addr", `127.0.0.1:${port}`],
    ...["--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"],
    ...["--disable-getting-started-override", "--ignore-last-opened"],
    ...(options.options ?? []),
  ]);
  const origin = `http://127.0.0.1:${port}`;
  let exit: string | undefined;
  ended(child).then((how) => {
    exit = String(how);
  });
  const deadline = Date.now() + 60_000;
  while (!(await answers(`${origin}/healthz`))) {
    if (exit !== undefined) throw new Error(`code-server ended at its start (${exit}):\n${readFileSync(log, "utf8")}`);
    if (Date.now() > deadline) throw new Error(`code-server does not answer on ${origin} after 60 s; see ${log}`);
    await delay(100);
  }
  return { origin, process: child, userData, extensions };
}

async function answers(address: string): Promise<boolean> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function ended(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, signal) => resolve(signal ?? code));
  });
}
