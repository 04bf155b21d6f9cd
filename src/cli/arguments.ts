import type { Translate } from "../core/text.ts";
import { UsageError } from "./report.ts";

export interface CommandShape {
  readonly name: string;
  /** Options without a value, e.g. "--json". `--help` and `--debug` are always understood. */
  readonly flags?: readonly string[];
  /** Options with a value: `--role NAME` or `--role=NAME`. */
  readonly options?: readonly string[];
  /** How many other arguments there may be. */
  readonly positionals?: number;
  /** Everything after `--` is the command to run. */
  readonly rest?: boolean;
}

export interface Arguments {
  readonly flags: ReadonlySet<string>;
  readonly options: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
  readonly rest: readonly string[];
}

/**
 * Reads a command's arguments.
 *
 * @throws UsageError for what the command does not know. Values are not repeated: one may be a secret typed in the wrong place.
 */
export function parseArguments(shape: CommandShape, argv: readonly string[], t: Translate): Arguments {
  const flags = new Set<string>();
  const options = new Map<string, string>();
  const positionals: string[] = [];
  const known = ["--help", "-h", "--debug", ...(shape.flags ?? [])];
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? "";
    if (argument === "--") {
      const rest = argv.slice(index + 1);
      if (shape.rest) return { flags, options, positionals, rest };
      positionals.push(...rest);
      break;
    }
    if (!argument.startsWith("-") || argument === "-") {
      positionals.push(argument);
      continue;
    }
    const [name = "", ...value] = argument.split("=");
    if (shape.options?.includes(name)) {
      const given = value.length > 0 ? value.join("=") : argv[++index];
      if (!given) throw new UsageError(t("{option} needs a value.", { option: name }), shape.name);
      options.set(name, given);
    } else if (known.includes(argument)) flags.add(argument === "-h" ? "--help" : argument);
    else if (known.includes(name)) throw new UsageError(t("{option} takes no value.", { option: name }), shape.name);
    else throw new UsageError(t("There is no option {option}.", { option: name }), shape.name);
  }
  if (!flags.has("--help") && positionals.length > (shape.positionals ?? 0))
    throw new UsageError(t("There are too many arguments."), shape.name);
  return { flags, options, positionals, rest: [] };
}
