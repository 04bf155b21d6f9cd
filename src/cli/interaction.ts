import { StringDecoder } from "node:string_decoder";
import { GatehouseError } from "../core/errors.ts";
import type { CliProcess } from "./context.ts";

/** A conversation with whoever runs the command. */
export interface Interaction {
  /** Whether a person sits there, who can be shown a picture and asked again. */
  readonly interactive: boolean;
  /** Columns of the terminal. */
  readonly columns: number;
  /**
   * Asks for one line. A prompt that is a function is asked again every second, so that it can count down.
   *
   * @throws GatehouseError cancelled (Ctrl-C, Ctrl-D on an empty line, the terminal went away), missingInput (no more lines).
   */
  ask(prompt: string | (() => string), options?: { readonly hidden?: boolean }): Promise<string>;
  say(text: string): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

interface Line {
  readonly prompt: () => string;
  readonly hidden: boolean;
  text: string;
  resolve(text: string): void;
  reject(error: GatehouseError): void;
}

/**
 * Asks on a terminal. It is in raw mode from here to `close`, also while nothing is asked: what is typed early must not be echoed,
 * as it may be the password. Questions go to standard error, so that standard output stays for results.
 *
 * @param interrupt called for Ctrl-C, whenever it comes.
 */
export function terminalInteraction({ stdin, stderr }: CliProcess, interrupt: () => void): Interaction {
  const decoder = new StringDecoder("utf8");
  let line: Line | undefined;
  let early: string[] = [];
  let over = false;

  const stop = () => {
    over = true;
    const waiting = line;
    line = undefined;
    if (waiting) stderr.write("\n");
    waiting?.reject(new GatehouseError("cancelled"));
    interrupt();
  };
  const draw = (current: Line) => {
    stderr.write(`\r\u001b[K${current.prompt()}${current.hidden ? "" : current.text}`);
  };
  const take = (character: string, current: Line) => {
    switch (character) {
      case "\r":
      case "\n":
        line = undefined;
        stderr.write("\n");
        return current.resolve(current.text);
      case "\u0004":
        if (current.text === "") stop();
        return;
      case "\u0008":
      case "\u007f":
        current.text = [...current.text].slice(0, -1).join("");
        break;
      case "\u0015":
        current.text = "";
        break;
      default:
        if (character < " ") return;
        current.text += character;
    }
    if (!current.hidden) draw(current);
  };
  const receive = (chunk: Buffer) => {
    // Keys like the arrows come as sequences that start with an escape: there is nothing that they could do here.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what such a sequence is made of
    const text = decoder.write(chunk).replace(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|O.)/g, "");
    if (text.includes("\u0003")) return stop();
    early.push(...text);
    drain();
  };
  const drain = () => {
    while (line && early.length > 0) take(early.shift() ?? "", line);
  };

  stdin.setRawMode(true);
  stdin.on("data", receive);
  stdin.once("end", stop);
  stdin.resume();
  return {
    interactive: true,
    get columns() {
      return stderr.columns ?? 80;
    },
    ask(prompt, { hidden = false } = {}) {
      if (over) return Promise.reject(new GatehouseError("cancelled"));
      return new Promise<string>((resolve, reject) => {
        const current: Line = {
          prompt: typeof prompt === "string" ? () => prompt : prompt,
          hidden,
          text: "",
          resolve,
          reject,
        };
        const counting = typeof prompt === "string" ? undefined : setInterval(() => draw(current), 1000);
        const settled = () => clearInterval(counting);
        current.resolve = (text) => {
          settled();
          resolve(text);
        };
        current.reject = (error) => {
          settled();
          reject(error);
        };
        line = current;
        draw(current);
        drain();
      });
    },
    say(text) {
      stderr.write(`${text}\n`);
    },
    close() {
      over = true;
      early = [];
      stdin.removeListener("data", receive);
      stdin.removeListener("end", stop);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}

/** Takes the answers from standard input, one a line, for `--stdin`. Nothing is asked, so nothing is drawn. */
export function lineInteraction({ stdin, stderr }: CliProcess): Interaction {
  const decoder = new StringDecoder("utf8");
  const lines: string[] = [];
  let partial = "";
  let ended = false;
  let wake: (() => void) | undefined;
  const receive = (chunk: Buffer) => {
    const parts = (partial + decoder.write(chunk)).split(/\r?\n/);
    partial = parts.pop() ?? "";
    lines.push(...parts);
    wake?.();
  };
  const end = () => {
    if (partial !== "") lines.push(partial);
    partial = "";
    ended = true;
    wake?.();
  };
  stdin.on("data", receive);
  stdin.once("end", end);
  return {
    interactive: false,
    columns: 80,
    async ask(prompt) {
      while (lines.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const field = (typeof prompt === "string" ? prompt : prompt()).replace(/[::]\s*$/, "");
      const line = lines.shift();
      if (line === undefined) throw new GatehouseError("missingInput", { field });
      return line;
    },
    say(text) {
      stderr.write(`${text}\n`);
    },
    close() {
      stdin.removeListener("data", receive);
      stdin.removeListener("end", end);
      stdin.pause();
    },
  };
}
