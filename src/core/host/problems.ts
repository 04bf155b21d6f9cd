/** What can go wrong in `host apply`, in the reader's language: its commands and paths are data. */
import { createRedactor } from "../redact.ts";

/** Something that a person has to mend. Its message is for people, in their language. */
export class HostProblem extends Error {
  override readonly name = "HostProblem";
  /** What a program said about it, redacted; one line each. */
  readonly lines: readonly string[];

  constructor(message: string, output = "") {
    super(message);
    this.lines = outputLines(output);
  }
}

/** The last lines of a program's output, each once, without secrets. */
export function outputLines(output: string, most = 20): string[] {
  const lines = createRedactor().redact(output).split("\n");
  const said = new Set(lines.map((line) => line.trimEnd()).filter((line) => line !== ""));
  return [...said].slice(-most);
}
