import { english, type Translate } from "../core/text.ts";
import { type CliProcess, type Context, contextPaths, packageRoot, readVersion } from "./context.ts";
import { execExitCodes, exitCodes } from "./exitCodes.ts";
import { language, readBundle } from "./language.ts";

/** Runs the command that the arguments name. Answers the exit code; a failure is said on standard error. */
export async function run(process: CliProcess): Promise<number> {
  const [command, ...rest] = process.argv.slice(2);
  const context = createContext(process);
  try {
    // What SDKs and scripts call needs no parser, no help and no translation.
    if (command === "credentials" && rest.length === 0) {
      const { printCredentials } = await import("./credentials.ts");
      return await printCredentials(context);
    }
    if (command === "exec" && rest[0] === "--" && rest.length > 1) {
      const { execute } = await import("./exec.ts");
      return await execute(context, rest.slice(1));
    }
    const { runCommand } = await import("./commands.ts");
    return await runCommand(context, command, rest);
  } catch (error) {
    const { report } = await import("./report.ts");
    const code = report(context, error, !rest.includes("--") && rest.includes("--debug"));
    return command === "exec" && code !== exitCodes.usage ? execExitCodes.failure : code;
  }
}

function createContext(process: CliProcess): Context {
  const root = packageRoot(process.argv[1] ?? "");
  // The bundle is read when the first sentence is asked for: most runs say nothing.
  let translate: Translate | undefined;
  const t: Translate = (message, args) => {
    translate ??= language(process.env) === "en" ? english : readBundle(root, language(process.env));
    return translate(message, args);
  };
  return { process, root, t, version: readVersion(root), paths: contextPaths(process.env) };
}
