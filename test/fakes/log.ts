import type { Log } from "../../src/core/log.ts";

/** Keeps its lines. */
export class FakeLog implements Log {
  readonly lines: string[] = [];
  debug = (line: string): void => void this.lines.push(`debug ${line}`);
  info = (line: string): void => void this.lines.push(`info ${line}`);
  warn = (line: string): void => void this.lines.push(`warn ${line}`);
  error = (line: string): void => void this.lines.push(`error ${line}`);
}
