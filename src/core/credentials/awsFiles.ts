import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, open, readFile, realpath, rename, stat, unlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { processCommand } from "./processCredentials.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the user's AWS configuration is looked up. Everything has the defaults that the AWS SDKs have. */
export interface AwsFilesDeps {
  readonly env?: Environment;
  /** Home directory; os.homedir() unless given. */
  readonly home?: string;
}

/** Sections of an AWS configuration file, by their names in the file ("default", "profile dev"). Later lines win. */
export type AwsSections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** ~/.aws/config or what AWS_CONFIG_FILE names. */
export function awsConfigPath({ env = process.env, home = homedir() }: AwsFilesDeps = {}): string {
  return expandHome(env["AWS_CONFIG_FILE"] || join(home, ".aws", "config"), home);
}

/** ~/.aws/credentials or what AWS_SHARED_CREDENTIALS_FILE names. */
export function awsCredentialsPath({ env = process.env, home = homedir() }: AwsFilesDeps = {}): string {
  return expandHome(env["AWS_SHARED_CREDENTIALS_FILE"] || join(home, ".aws", "credentials"), home);
}

/** The profile that the SDKs use: AWS_PROFILE, AWS_DEFAULT_PROFILE (AWS CLI, botocore) or "default". */
export function awsProfile(env: Environment = process.env): string {
  return env["AWS_PROFILE"] || env["AWS_DEFAULT_PROFILE"] || "default";
}

/**
 * Reads the AWS flavour of INI: `#` and `;` start a comment line, an indented line belongs to the key above (nested settings,
 * left out here), keys are lower-cased. Lines that are neither are skipped, as a half-edited file must not stop anybody.
 */
export function parseAwsFile(text: string): AwsSections {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const name = sectionName(line);
    if (name !== undefined) {
      section = sections.get(name) ?? new Map<string, string>();
      sections.set(name, section);
      continue;
    }
    const pair = /^([^\s#;=:][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (section && pair?.[1] && pair[2] !== undefined) section.set(pair[1].toLowerCase(), pair[2]);
  }
  return sections;
}

/** A file's sections; none where it can't be read. */
export async function readAwsFile(path: string): Promise<AwsSections> {
  try {
    return parseAwsFile(await readFile(path, "utf8"));
  } catch {
    return new Map();
  }
}

/** A profile's values in ~/.aws/config, where `[default]` and `[profile default]` are the same. */
export function configProfile(sections: AwsSections, profile: string): ReadonlyMap<string, string> | undefined {
  const prefixed = sections.get(`profile ${profile}`);
  return profile === "default" ? (sections.get("default") ?? prefixed) : prefixed;
}

/** The region that the user's own AWS configuration names, by variable or by file; undefined when it names none. */
export async function readUserRegion(deps: AwsFilesDeps = {}): Promise<string | undefined> {
  const env = deps.env ?? process.env;
  const named = env["AWS_REGION"] || env["AWS_DEFAULT_REGION"];
  if (named) return named;
  return configProfile(await readAwsFile(awsConfigPath(deps)), awsProfile(env))?.get("region") || undefined;
}

export interface GatehouseProfile extends AwsFilesDeps {
  /** Name of the profile; "gatehouse" unless given. */
  readonly profile?: string;
  /** The command and its arguments that print the credentials, e.g. ["/path/to/gatehouse", "credentials"]. */
  readonly command: readonly string[];
  /** Written as the profile's region where given and none is there yet. */
  readonly region?: string;
  /** Change a section of that name that somebody else wrote. */
  readonly replace?: boolean;
}

export interface ProfileResult {
  /** `different`: a section of that name exists that Gatehouse did not write; nothing was changed. */
  readonly outcome: "added" | "unchanged" | "updated" | "different";
  readonly path: string;
}

/**
 * Adds `[profile gatehouse]` with its credential_process to the user's AWS configuration, or brings an own one up to date (the
 * command moves with each version of the extension). Everything else in the file, its mode and a link to it stay as they are;
 * the file is replaced in one step. A new one is 0600 in a directory of 0700.
 *
 * @throws RangeError for a command that can't be written so that every SDK reads the same; file system errors.
 */
export async function addGatehouseProfile(options: GatehouseProfile): Promise<ProfileResult> {
  const profile = options.profile ?? "gatehouse";
  const command = processCommand(options.command);
  const named = awsConfigPath(options);
  const path = await realpath(named).catch(() => named);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const existing = parseAwsFile(text).get(`profile ${profile}`);
  if (!existing) {
    await replaceFile(path, appended(text, profile, command, options.region));
    return { outcome: "added", path };
  }
  if (existing.get("credential_process") === command) return { outcome: "unchanged", path };
  if (!options.replace && !writtenByGatehouse(existing)) return { outcome: "different", path };
  await replaceFile(path, updated(text, profile, command, options.replace === true));
  return { outcome: "updated", path };
}

/** `… gatehouse credentials` or `… cli.js credentials`, quoted or not, and no other source of credentials beside it. */
function writtenByGatehouse(section: ReadonlyMap<string, string>): boolean {
  const others = [...section.keys()].some((key) => key !== "credential_process" && isCredentialKey(key));
  return !others && /(?:\/bin\/gatehouse|\/dist\/cli\.js)"? credentials$/.test(section.get("credential_process") ?? "");
}

function isCredentialKey(key: string): boolean {
  return (
    /^(?:aws_access_key_id|aws_secret_access_key|aws_session_token|credential_source|source_profile|login_session)$/.test(
      key,
    ) || /^(?:role_|sso_|web_identity_|credential_process$)/.test(key)
  );
}

function appended(text: string, profile: string, command: string, region: string | undefined): string {
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = [
    `[profile ${profile}]`,
    `credential_process = ${command}`,
    ...(region ? [`region = ${region}`] : []),
    "",
  ];
  const gap = text === "" ? "" : text.endsWith("\n") ? end : end + end;
  return text + gap + lines.join(end);
}

/** Replaces the credential_process line of every such section; with `alone`, every other source of credentials goes. */
function updated(text: string, profile: string, command: string, alone: boolean): string {
  const result: string[] = [];
  let inside = false;
  let dropping = false;
  let written = false;
  for (const line of text.split(/(?<=\n)/)) {
    const name = sectionName(line);
    if (name !== undefined) {
      inside = name === `profile ${profile}`;
      dropping = false;
      result.push(line);
      if (inside && !written) {
        const end = /\r?\n$/.exec(line)?.[0] ?? "\n";
        if (!line.endsWith("\n")) result.push(end);
        result.push(`credential_process = ${command}${end}`);
        written = true;
      }
      continue;
    }
    const key = /^([^\s#;=:][^=:]*?)\s*[=:]/.exec(line)?.[1]?.toLowerCase();
    // An indented line belongs to the key above it, and goes with it.
    if (key !== undefined) dropping = inside && (key === "credential_process" || (alone && isCredentialKey(key)));
    else if (!/^\s+\S/.test(line)) dropping = false;
    if (!dropping) result.push(line);
  }
  return result.join("");
}

function sectionName(line: string): string | undefined {
  const name = /^\[\s*([^\]]*?)\s*\]/.exec(line)?.[1];
  // botocore splits section names like a shell: [profile "two words"].
  return name?.replace(/\s+/g, " ").replace(/^(profile) (["'])(.*)\2$/, "$1 $3");
}

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const before = await stat(path).catch(() => undefined);
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    if (before) {
      if (before.uid !== process.getuid?.()) await chown(temporary, before.uid, before.gid).catch(() => {});
      await chmod(temporary, before.mode & 0o7777);
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

function expandHome(path: string, home: string): string {
  return path === "~" || path.startsWith("~/") ? join(home, path.slice(1)) : path;
}
