import { spawn } from "node:child_process";

/** Runs a command; its output is shown only where it fails: it is the error's message then. */
export async function runCommand(
  argv: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  const [command = "", ...args] = argv;
  await new Promise<void>((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        output = (output + data).slice(-20_000);
      });
    }
    child.on("error", (error) => reject(new Error(`${command} cannot be started: ${error.message}`)));
    child.on("close", (status) =>
      status === 0 ? resolve() : reject(new Error(`${output}\n${argv.slice(0, 2).join(" ")} ended with ${status}.`)),
    );
  });
}
