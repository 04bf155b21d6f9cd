/** Where the agent writes its log. Every line passes the redactor. */
import { appendFileSync, chmodSync, lstatSync, renameSync, rmSync } from "node:fs";
import type { Log } from "../core/log.ts";
import type { Redactor } from "../core/redact.ts";

export interface LogDependencies {
  readonly redactor: Redactor;
  readonly write: (line: string) => void;
  readonly now?: () => number;
  /** Also debug lines. */
  readonly verbose?: boolean;
}

/** A log of lines: time, level, text. Text is kept on one line, so that nobody can forge another. */
export function createLog(deps: LogDependencies): Log {
  const line = (level: string, text: string): void => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    const clean = deps.redactor.redact(text).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
    const cut = clean.length > 2000 ? `${clean.slice(0, 2000)}…` : clean;
    deps.write(`${new Date(deps.now?.() ?? Date.now()).toISOString()} ${level} ${cut}\n`);
  };
  return {
    debug: (text) => void (deps.verbose === true && line("debug", text)),
    info: (text) => line("info", text),
    warn: (text) => line("warn", text),
    error: (text) => line("error", text),
  };
}

/**
 * Appends to a file, 0600, in a private directory. Grown past `limit` bytes it becomes FILE.1 and a new one is begun, so there are never more
 * than two of that size. A log that can't be written is no reason to end.
 */
export function appendTo(path: string, limit = 512 * 1024): (line: string) => void {
  let size = 0;
  try {
    const status = lstatSync(path);
    if (status.isFile()) {
      size = status.size;
      chmodSync(path, 0o600);
    } else {
      rmSync(path, { force: true });
    }
  } catch {
    // There is none yet.
  }
  return (line) => {
    try {
      if (size > limit) {
        renameSync(path, `${path}.1`);
        size = 0;
      }
      appendFileSync(path, line, { mode: 0o600 });
      size += Buffer.byteLength(line);
    } catch {
      size = 0;
    }
  };
}
