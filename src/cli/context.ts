import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type RuntimePaths, runtimePaths } from "../core/runtimeDirectory.ts";
import type { Translate } from "../core/text.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command may use of its process. `process` fits. */
export interface CliProcess {
  /** As process.argv: Node, the script, the arguments. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly execPath: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  removeListener(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

/** What is known before any command is loaded. */
export interface Base {
  readonly process: CliProcess;
  readonly paths: RuntimePaths;
  /** Where package.json and l10n are: beside dist, and beside src when run from the sources. */
  readonly root: string;
  readonly version: string;
}

export interface Context extends Base {
  readonly t: Translate;
}

/** Folder of the package that a script in its `dist` or `src` belongs to. */
export function packageRoot(script: string): string {
  return dirname(dirname(script));
}

/** The product's version, from package.json; "0" where it can't be read. */
export function readVersion(root: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version?: unknown };
    return typeof version === "string" ? version : "0";
  } catch {
    return "0";
  }
}

export function contextPaths(env: Environment): RuntimePaths {
  return runtimePaths({ environment: env });
}
