import { type CliProcess, contextPaths, packageRoot, readVersion } from "./context.ts";
import { exitCodes } from "./exitCodes.ts";
import { printAtOnce } from "./quickCredentials.ts";

/** Runs the command that the arguments name. Answers the exit code; a failure is said on standard error. */
export async function run(process: CliProcess): Promise<number> {
  const argv = process.argv.slice(2);
  const root = packageRoot(process.argv[1] ?? "");
  const base = { process, root, version: readVersion(root), paths: contextPaths(process.env) };
  // What SDKs start a process for needs no parser, no help and no translation, and loads none.
  if (argv.length === 1 && argv[0] === "credentials" && (await printAtOnce(base))) return exitCodes.ok;
  const { runCommand } = await import("./commands.ts");
  return runCommand(base, argv);
}
