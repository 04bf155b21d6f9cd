import { type Arguments, type CommandShape, parseArguments } from "./arguments.ts";
import type { Context } from "./context.ts";
import { exitCodes } from "./exitCodes.ts";
import { helpOf, overview } from "./help.ts";
import { report, UsageError } from "./report.ts";

interface Command extends CommandShape {
  readonly run: (context: Context, given: Arguments) => Promise<number>;
}

const commands: readonly Command[] = [
  {
    name: "login",
    positionals: 1,
    options: ["--role"],
    flags: ["--stdin"],
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
      if (given.rest.length === 0)
        throw new UsageError(context.t("Name the command after two hyphens: gatehouse exec -- COMMAND"), "exec");
      return (await import("./exec.ts")).execute(context, given.rest);
    },
  },
];

/** Runs one of the commands, or prints help. */
export async function runCommand(context: Context, name: string | undefined, argv: readonly string[]): Promise<number> {
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
  try {
    return await command.run(context, given);
  } catch (error) {
    if (command.name === "exec") throw error;
    return report(context, error, given.flags.has("--debug"));
  }
}
