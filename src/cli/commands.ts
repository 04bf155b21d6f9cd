import { english, type Translate } from "../core/text.ts";
import { type Arguments, type CommandShape, parseArguments } from "./arguments.ts";
import type { Base, Context } from "./context.ts";
import { execExitCodes, exitCodes } from "./exitCodes.ts";
import { helpOf, overview } from "./help.ts";
import { language, readBundle } from "./language.ts";
import { report, UsageError } from "./report.ts";

interface Command extends CommandShape {
  readonly run: (context: Context, given: Arguments) => Promise<number>;
}

const commands: readonly Command[] = [
  {
    name: "login",
    positionals: 1,
    options: ["--role"],
    flags: ["--password", "--stdin"],
    run: async (context, given) => (await import("./login.ts")).login(context, given),
  },
  { name: "logout", run: async (context) => (await import("./logout.ts")).logout(context) },
  {
    name: "status",
    flags: ["--json"],
    run: async (context, given) => (await import("./status.ts")).status(context, given.flags.has("--json")),
  },
  { name: "credentials", run: async (context) => (await import("./credentials.ts")).printCredentials(context) },
  {
    name: "exec",
    // Counted below, as the sentence there helps more.
    positionals: Number.POSITIVE_INFINITY,
    rest: true,
    run: async (context, given) => {
      const { t } = context;
      if (given.rest.length === 0)
        throw new UsageError(t("Name the command after two hyphens: gatehouse exec -- COMMAND"), "exec");
      return (await import("./exec.ts")).execute(context, given.rest);
    },
  },
  {
    name: "host",
    positionals: 1,
    flags: ["--dry-run", "--json"],
    run: async (context, { flags, positionals }) => {
      const { t } = context;
      if (positionals[0] !== "apply") throw new UsageError(t("Say what to do: gatehouse host apply"), "host");
      const options = { dryRun: flags.has("--dry-run"), json: flags.has("--json") };
      return (await import("./host.ts")).hostApply(context, options);
    },
  },
];

/** Runs one of the commands, or prints help. Answers the exit code; a failure is said on standard error. */
export async function runCommand(base: Base, [name, ...rest]: readonly string[]): Promise<number> {
  const context = translated(base);
  try {
    return await dispatch(context, name, rest);
  } catch (error) {
    // What follows the two hyphens is another program's.
    const own = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
    const code = report(context, error, own.includes("--debug"));
    return name === "exec" && code !== exitCodes.usage ? execExitCodes.failure : code;
  }
}

/** The bundle is read when the first sentence is asked for: `exec` says nothing. */
function translated(base: Base): Context {
  let translate: Translate | undefined;
  const t: Translate = (message, args) => {
    const name = language(base.process.env);
    translate ??= name === "en" ? english : readBundle(base.root, name);
    return translate(message, args);
  };
  return { ...base, t };
}

async function dispatch(context: Context, name: string | undefined, argv: readonly string[]): Promise<number> {
  const { process, t, version } = context;
  const print = (text: string) => {
    process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    return exitCodes.ok;
  };
  switch (name) {
    case undefined:
      process.stderr.write(overview(t));
      return exitCodes.usage;
    case "help": {
      const [topic] = argv;
      if (topic === undefined) return print(overview(t));
      if (!commands.some((command) => command.name === topic)) throw new UsageError(t("There is no such command."));
      return print(helpOf(topic, t));
    }
    case "--help":
    case "-h":
      return print(overview(t));
    case "--version":
    case "version":
      return print(version);
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const message = name.startsWith("-")
      ? t("There is no option {option}.", { option: name.split("=")[0] ?? name })
      : t("There is no command {command}.", { command: name });
    throw new UsageError(message);
  }
  const given = parseArguments(command, argv, t);
  if (given.flags.has("--help")) return print(helpOf(command.name, t));
  return command.run(context, given);
}
