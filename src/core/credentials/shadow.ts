import { execFile } from "node:child_process";
import {
  type AwsFilesDeps,
  awsConfigPath,
  awsCredentialsPath,
  awsProfile,
  configProfile,
  type Environment,
  parseAwsFile,
} from "./awsFiles.ts";

/**
 * Something that an AWS SDK finds before, or in place of, Gatehouse's endpoint.
 *
 * The order is botocore's (credentials.py, create_credential_resolver): environment; the profile: role to assume, web identity,
 * SSO, keys in the credentials file, `aws login`, process, keys in the config file; old boto files; then the container endpoint.
 */
export type ShadowKind =
  | "environmentKeys"
  | "assumeRole"
  | "webIdentity"
  | "sso"
  | "credentialsFile"
  | "login"
  | "process"
  | "configFile"
  | "legacyFile"
  | "missingProfile"
  | "relativeUri"
  | "tokenVariable"
  | "otherEndpoint";

export interface Shadow {
  readonly kind: ShadowKind;
  /** The variable or the file that has to change. */
  readonly where: string;
  /** The profile in use, for what is in a file. */
  readonly profile?: string;
}

/** A tool that does not know AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE. */
export interface OutdatedTool {
  readonly tool: "awsCli" | "botocore";
  readonly version: string;
  /** The first version that would do. */
  readonly needed: string;
}

export interface ShadowDeps extends AwsFilesDeps {
  /** What a terminal should have in AWS_CONTAINER_CREDENTIALS_FULL_URI, to notice one of somebody else. */
  readonly endpointUri?: string;
  /** Text of a file, or undefined when it can't be read. */
  readonly readText?: (path: string) => Promise<string | undefined>;
}

export interface OutdatedDeps {
  readonly env?: Environment;
  /** Milliseconds for everything together; what has not answered by then is left out. 5,000 unless given. */
  readonly deadline?: number;
  /** Standard output and error of a command that ended with 0, else undefined. Must end when `signal` aborts. */
  readonly run?: (command: string, args: readonly string[], signal: AbortSignal) => Promise<string | undefined>;
}

/** What shadows the credentials, first the one that wins. Never throws: what can't be read shadows nothing. */
export async function findShadows(deps: ShadowDeps = {}): Promise<readonly Shadow[]> {
  const env = deps.env ?? process.env;
  return [...environmentKeys(env), ...(await profileShadows(env, deps)), ...containerShadows(env, deps.endpointUri)];
}

/** Installed tools that are too old for the token file. Never throws; a tool that is missing or silent is not named. */
export async function findOutdatedTools(deps: OutdatedDeps = {}): Promise<readonly OutdatedTool[]> {
  const run = deps.run ?? runner(deps.env ?? process.env);
  const signal = AbortSignal.timeout(deps.deadline ?? 5000);
  const late = new Promise<undefined>((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const ask = (command: string, args: readonly string[]) =>
    Promise.race([run(command, args, signal).catch(() => undefined), late]);
  const [cli, botocore] = await Promise.all([
    ask("aws", ["--version"]),
    // Reading the metadata takes a tenth of the time of importing the package.
    ask("python3", ["-c", "import importlib.metadata as m; print(m.version('botocore'))"]),
  ]);
  return [cliTooOld(cli), botocoreTooOld(botocore)].filter((tool) => tool !== undefined);
}

function environmentKeys(env: Environment): readonly Shadow[] {
  const key = env["AWS_ACCESS_KEY_ID"];
  // `gatehouse exec` puts its own keys there and marks them by their id.
  if (!key || key === env["GATEHOUSE_ACCESS_KEY_ID"]) return [];
  return [{ kind: "environmentKeys", where: "AWS_ACCESS_KEY_ID" }];
}

async function profileShadows(env: Environment, deps: ShadowDeps): Promise<readonly Shadow[]> {
  const read = deps.readText ?? readText;
  const configPath = awsConfigPath({ ...deps, env });
  const credentialsPath = awsCredentialsPath({ ...deps, env });
  const [configText, credentialsText] = await Promise.all(
    [configPath, credentialsPath].map((path) => read(path).catch(() => undefined)),
  );
  const profile = awsProfile(env);
  const config = configProfile(parseAwsFile(configText ?? ""), profile);
  const credentials = parseAwsFile(credentialsText ?? "").get(profile);
  if (!config && !credentials && profile !== "default") {
    const where = env["AWS_PROFILE"] ? "AWS_PROFILE" : "AWS_DEFAULT_PROFILE";
    return [{ kind: "missingProfile", where, profile }];
  }

  const found: Shadow[] = [];
  const look = (kind: ShadowKind, ...keys: readonly string[]) => {
    for (const [where, section] of [
      [credentialsPath, credentials],
      [configPath, config],
    ] as const) {
      if (section && keys.every((key) => section.has(key))) {
        found.push({ kind, where, profile });
        return;
      }
    }
  };
  const has = (key: string) => config?.has(key) || credentials?.has(key);
  if (!has("web_identity_token_file")) look("assumeRole", "role_arn");
  if (env["AWS_WEB_IDENTITY_TOKEN_FILE"] && env["AWS_ROLE_ARN"])
    found.push({ kind: "webIdentity", where: "AWS_WEB_IDENTITY_TOKEN_FILE" });
  else look("webIdentity", "web_identity_token_file", "role_arn");
  if (config?.has("sso_account_id") || config?.has("sso_role_name"))
    found.push({ kind: "sso", where: configPath, profile });
  if (credentials?.has("aws_access_key_id")) found.push({ kind: "credentialsFile", where: credentialsPath, profile });
  look("login", "login_session");
  const process = config?.get("credential_process") ?? credentials?.get("credential_process");
  // A profile of Gatehouse's own gives the same credentials.
  if (process && !/gatehouse/.test(process)) look("process", "credential_process");
  if (config?.has("aws_access_key_id")) found.push({ kind: "configFile", where: configPath, profile });
  if (env["AWS_CREDENTIAL_FILE"]) found.push({ kind: "legacyFile", where: "AWS_CREDENTIAL_FILE" });
  return found;
}

function containerShadows(env: Environment, endpointUri: string | undefined): readonly Shadow[] {
  const found: Shadow[] = [];
  // botocore prefers the relative URI and the token file, the JavaScript SDK the full URI and the token itself.
  if (env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] !== undefined)
    found.push({ kind: "relativeUri", where: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" });
  if (env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] !== undefined)
    found.push({ kind: "tokenVariable", where: "AWS_CONTAINER_AUTHORIZATION_TOKEN" });
  const uri = env["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  if (endpointUri !== undefined && uri !== undefined && uri !== endpointUri)
    found.push({ kind: "otherEndpoint", where: "AWS_CONTAINER_CREDENTIALS_FULL_URI" });
  return found;
}

/** AWS CLI 2.15.0 and botocore 1.34.41 (AWS CLI 1.32.41): docs.aws.amazon.com/eks/latest/userguide/pod-id-minimum-sdk.html */
function cliTooOld(output: string | undefined): OutdatedTool | undefined {
  const version = /\baws-cli\/(\d+\.\d+\.\d+)/.exec(output ?? "")?.[1];
  if (version === undefined) return undefined;
  // Of version 1 the botocore beside it decides: it is what speaks the protocol.
  const botocore = /\bbotocore\/(\d+\.\d+\.\d+)/.exec(output ?? "")?.[1];
  if (version.startsWith("1."))
    return olderThan(botocore ?? version, botocore ? "1.34.41" : "1.32.41")
      ? { tool: "awsCli", version, needed: "1.32.41" }
      : undefined;
  return olderThan(version, "2.15.0") ? { tool: "awsCli", version, needed: "2.15.0" } : undefined;
}

function botocoreTooOld(output: string | undefined): OutdatedTool | undefined {
  const version = /^(\d+\.\d+\.\d+)/.exec(output?.trim() ?? "")?.[1];
  return version !== undefined && olderThan(version, "1.34.41")
    ? { tool: "botocore", version, needed: "1.34.41" }
    : undefined;
}

function olderThan(version: string, needed: string): boolean {
  const [a, b] = [version, needed].map((text) => text.split(".").map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

async function readText(path: string): Promise<string | undefined> {
  const { readFile } = await import("node:fs/promises");
  return readFile(path, "utf8").catch(() => undefined);
}

function runner(env: Environment): NonNullable<OutdatedDeps["run"]> {
  return (command, args, signal) =>
    new Promise((resolve) => {
      const options = { env: { ...env }, signal, killSignal: "SIGKILL", maxBuffer: 64 * 1024 } as const;
      execFile(command, args, options, (error, stdout, stderr) => resolve(error ? undefined : `${stdout}${stderr}`));
    });
}
