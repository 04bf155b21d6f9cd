import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { ProcessCredentials } from "../agent/protocol.ts";
import { readUserRegion } from "../core/credentials/awsFiles.ts";
import { describe } from "../core/messages.ts";
import type { Context, Environment } from "./context.ts";
import { fetchCredentials } from "./credentials.ts";
import { execExitCodes } from "./exitCodes.ts";

/**
 * What would be used in place of, or beside, the keys: botocore reads AWS_SECURITY_TOKEN before AWS_SESSION_TOKEN, and the
 * JavaScript SDK ignores keys in the environment when AWS_PROFILE is set.
 */
const removed = [
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
  "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE",
  "AWS_SECURITY_TOKEN",
  "AWS_ACCOUNT_ID",
  // Set by bin/gatehouse for its own Node; with it, an Electron program would run as Node.
  "ELECTRON_RUN_AS_NODE",
];

/** The environment of a command that gets the keys as variables. `region` counts only where the user has none. */
export function execEnvironment(
  env: Environment,
  credentials: ProcessCredentials,
  region: string | undefined,
): Environment {
  const result: Record<string, string | undefined> = { ...env };
  for (const name of removed) delete result[name];
  Object.assign(result, {
    AWS_ACCESS_KEY_ID: credentials.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.SecretAccessKey,
    AWS_SESSION_TOKEN: credentials.SessionToken,
    AWS_CREDENTIAL_EXPIRATION: credentials.Expiration,
    // Tells the check for shadowed credentials that these keys are no stranger's. An id is no secret.
    GATEHOUSE_ACCESS_KEY_ID: credentials.AccessKeyId,
  });
  // botocore knows AWS_DEFAULT_REGION only, other SDKs AWS_REGION only.
  const named = env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || region;
  if (named) {
    result["AWS_REGION"] ||= named;
    result["AWS_DEFAULT_REGION"] ||= named;
  }
  return result;
}

/** `gatehouse exec -- COMMAND ARGS`: runs the command with the keys in its environment; answers its exit code. */
export async function execute(context: Context, command: readonly string[]): Promise<number> {
  const { env } = context.process;
  const [fetched, userRegion] = await Promise.all([fetchCredentials(context), readUserRegion({ env })]);
  return runChild(context, command, execEnvironment(env, fetched.credentials, userRegion ?? fetched.region));
}

/** Signals that are for the command: whoever ends `gatehouse exec` means it. */
const forwarded: readonly NodeJS.Signals[] = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"];
/** A terminal sends these to the command itself, so they are forwarded only where there is none. */
const fromTerminal: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];

function runChild(context: Context, [file = "", ...args]: readonly string[], env: Environment): Promise<number> {
  const { process, t } = context;
  return new Promise((resolve) => {
    const forward = (signal: NodeJS.Signals) => void child.kill(signal);
    const ignore = process.stdin.isTTY ? () => {} : forward;
    // Before the command starts: a signal must never end us and leave it behind. Listeners are called after this turn.
    for (const signal of forwarded) process.on(signal, forward);
    for (const signal of fromTerminal) process.on(signal, ignore);
    const child = spawn(file, args, { stdio: "inherit", env: { ...env } });
    const done = () => {
      for (const signal of forwarded) process.removeListener(signal, forward);
      for (const signal of fromTerminal) process.removeListener(signal, ignore);
    };
    child.once("error", (error: NodeJS.ErrnoException) => {
      done();
      const missing = error.code === "ENOENT";
      const sentence = missing
        ? describe({ code: "commandNotFound", params: { command: file } }, t)
        : t("The command {command} could not be started ({detail}). Check that it may be run.", {
            command: file,
            detail: error.code ?? error.message,
          });
      process.stderr.write(`gatehouse: ${sentence}\n`);
      resolve(missing ? execExitCodes.notFound : execExitCodes.notExecutable);
    });
    child.once("exit", (code, signal) => {
      done();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
