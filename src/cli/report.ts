import { toProblem } from "../core/errors.ts";
import { describe } from "../core/messages.ts";
import type { Context } from "./context.ts";
import { exitCodes } from "./exitCodes.ts";

/** A command line that makes no sense. Its message is for people, in their language. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** The command whose --help is pointed to. */
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super(message);
    this.command = command;
  }
}

/** Says on standard error what failed and what to do, with `debug` the code as well; answers the exit code. */
export function report({ process, t }: Context, error: unknown, debug = false): number {
  if (error instanceof UsageError) {
    const help = error.command === undefined ? "gatehouse --help" : `gatehouse ${error.command} --help`;
    process.stderr.write(`gatehouse: ${error.message}\n${t("See {help}.", { help })}\n`);
    return exitCodes.usage;
  }
  const problem = toProblem(error);
  process.stderr.write(`gatehouse: ${describe(problem, t)}\n`);
  if (problem.code === "signedOut" || problem.code === "sessionEnded")
    process.stderr.write(`${t("To sign in: gatehouse login")}\n`);
  if (debug) process.stderr.write(`${JSON.stringify(problem)}\n`);
  switch (problem.code) {
    case "signedOut":
    case "sessionEnded":
      return exitCodes.signedOut;
    case "notConfigured":
    case "configurationInvalid":
      return exitCodes.notConfigured;
    case "cancelled":
      return exitCodes.cancelled;
    default:
      return exitCodes.failure;
  }
}
