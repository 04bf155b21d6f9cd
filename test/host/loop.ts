import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Terminal, until } from "./page.ts";

let loops = 0;

/** AWS calls one after the other in a terminal, each recorded, until it is told to stop. */
export class AwsLoop {
  readonly #record: string;
  readonly #stop: string;

  private constructor(record: string, stop: string) {
    this.#record = record;
    this.#stop = stop;
  }

  /** Answers once the first call has succeeded. */
  static async start(terminal: Terminal): Promise<AwsLoop> {
    const name = `.loop-${process.pid}-${++loops}`;
    const loop = new AwsLoop(join(terminal.workspace, `${name}.log`), join(terminal.workspace, `${name}.stop`));
    const script = join(terminal.workspace, `${name}.sh`);
    writeFileSync(
      script,
      `until [ -e ${name}.stop ]; do
  if output=$(aws sts get-caller-identity --query Arn --output text 2>&1); then echo "ok $output"; else echo "failed $?" $output; fi
done >>${name}.log
echo end >>${name}.log
`,
    );
    await terminal.type(`bash ${name}.sh`);
    await until("the loop's first call", () => loop.lines().length > 0);
    return loop;
  }

  lines(): string[] {
    return existsSync(this.#record) ? readFileSync(this.#record, "utf8").trim().split("\n") : [];
  }

  get calls(): number {
    return this.lines().filter((line) => line !== "end" && line !== "").length;
  }

  /** Waits until `count` more calls have ended: whatever was just done to the session has been felt by some. */
  async more(count: number): Promise<void> {
    const goal = this.calls + count;
    await until(`${count} more calls of the loop`, () => this.calls >= goal, 60_000);
  }

  /** Ends the loop; answers how many calls it made and what the first of the failed ones said. */
  async end(): Promise<{ calls: number; failures: string[] }> {
    writeFileSync(this.#stop, "");
    await until("the end of the loop", () => this.lines().includes("end"), 60_000);
    const lines = this.lines().filter((line) => line !== "end");
    rmSync(this.#stop);
    return { calls: lines.length, failures: lines.filter((line) => !line.startsWith("ok ")).slice(0, 5) };
  }
}
