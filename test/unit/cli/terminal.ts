import { spawn } from "node:child_process";

/** A program in a pseudo-terminal, as script(1) makes one. */
export interface Terminal {
  /** Everything that the terminal showed so far. */
  readonly shown: string;
  /** Waits for text that was not waited for before. */
  waitFor(text: RegExp): Promise<RegExpExecArray>;
  type(text: string): void;
  /** Exit code of the program. */
  readonly ended: Promise<number | null>;
  kill(): void;
}

/** Runs a line of shell in a pseudo-terminal that echoes, as terminals do, and is 24 by 100 unless the line says otherwise. */
export function openTerminal(line: string, env: Readonly<Record<string, string>>): Terminal {
  const child = spawn("script", ["-qec", `stty echo rows 24 cols 100; ${line}`, "/dev/null"], {
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", TERM: "xterm", SHELL: "/bin/sh", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  let seen = 0;
  let over = false;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const check of [...waiting]) check();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    wake();
  });
  child.stdin.on("error", () => {});
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      over = true;
      wake();
      resolve(code);
    });
  });
  return {
    get shown() {
      return shown;
    },
    waitFor(text) {
      return new Promise((resolve, reject) => {
        const check = () => {
          const match = text.exec(shown.slice(seen));
          if (match === null && !over) return;
          waiting.delete(check);
          if (match === null) return reject(new Error(`ended without ${text}:\n${shown}`));
          seen += match.index + match[0].length;
          resolve(match);
        };
        waiting.add(check);
        check();
      });
    },
    type(text) {
      child.stdin.write(text);
    },
    ended,
    kill() {
      child.kill("SIGKILL");
    },
  };
}
