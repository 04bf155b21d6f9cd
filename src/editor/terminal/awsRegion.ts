import { readFileSync } from "node:fs";
import {
  type AwsFilesDeps,
  awsConfigPath,
  awsProfile,
  configProfile,
  parseAwsFile,
} from "../../core/credentials/awsFiles.ts";

export interface RegionSources {
  /** What the user's own AWS configuration names: it is in force already and stays so. */
  readonly user?: string | undefined;
  /** host.json, then the settings, of the terminals' region. */
  readonly host?: string | undefined;
  readonly setting?: string | undefined;
  /** Region of the user pool. */
  readonly pool?: string | undefined;
}

/** The value for AWS_REGION; undefined where it must not be set. */
export function awsRegion({ user, host, setting, pool }: RegionSources): string | undefined {
  return user ? undefined : host || setting || pool || undefined;
}

/** The region of the user's own configuration, by variable or by file. Synchronous: terminals are opened while we activate. */
export function userRegion(deps: Required<AwsFilesDeps>): string | undefined {
  const { env } = deps;
  const named = env["AWS_REGION"] || env["AWS_DEFAULT_REGION"];
  if (named) return named;
  const text = read(awsConfigPath(deps));
  return text === undefined ? undefined : configProfile(parseAwsFile(text), awsProfile(env))?.get("region");
}

/**
 * The regions that host.json names. The agent judges the file and says what is wrong with it; here it only must be known at once,
 * so a broken file names none.
 */
export function hostRegion(env: Readonly<Record<string, string | undefined>>): { host?: string; pool?: string } {
  try {
    const file = JSON.parse(read(env["GATEHOUSE_CONFIG"] || "/etc/gatehouse/host.json") ?? "{}") as {
      awsRegion?: unknown;
      cognito?: { region?: unknown };
    };
    const named = (value: unknown): string => (typeof value === "string" && /^[a-z0-9-]+$/.test(value) ? value : "");
    return { host: named(file.awsRegion), pool: named(file.cognito?.region) };
  } catch {
    return {};
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
