/**
 * The one schema of the configuration: host.json on provisioned hosts, the same keys as settings elsewhere. The extension bundles no
 * zod: it asks the agent.
 */
import { readFileSync } from "node:fs";
import * as z from "zod/mini";
import type { CognitoConfiguration } from "../cognito/configuration.ts";
import { GatehouseError, type Problem } from "../errors.ts";

export const defaultHostFile = "/etc/gatehouse/host.json";

export interface HostFile {
  readonly version?: 1 | undefined;
  readonly domain?: string | undefined;
  readonly gateway?: "oauth2-proxy" | "alb" | undefined;
  readonly cognito?: CognitoConfiguration | undefined;
  /** For AWS_REGION in terminals. */
  readonly awsRegion?: string | undefined;
}

export type HostFileResult =
  | { readonly state: "absent" }
  | { readonly state: "valid"; readonly file: HostFile }
  | { readonly state: "invalid"; readonly problems: readonly Problem[] };

/** What a value must look like, and how that is said. The sentences go into problems as `allowed`, in English, like all values. */
const allowed = {
  region: "an AWS region, for example eu-central-1",
  userPoolId: "a user pool id, for example eu-central-1_AbCdEfGhI",
  clientId: "an app client id: 1 to 128 letters, digits, _ or +",
  identityPoolId: "an identity pool id, for example eu-central-1:01234567-89ab-cdef-0123-456789abcdef",
  endpoint: "a URL with https, or http on a loopback address, without user, query or fragment",
  domain: "a host name, for example ide.example.com",
  loginDomain: "a host name, for example login.example.com",
  callbackPort: "a port number from 1024 to 65535",
  gateway: '"oauth2-proxy" or "alb"',
  version: "1",
  text: "a text that is not empty",
} as const;

// AWS partitions' regions: us-east-1, us-gov-west-1, us-iso-east-1, cn-north-1, eusc-de-east-1.
const regionPattern = /^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/;
const region = z.string().check(z.regex(regionPattern, allowed.region));
// CreateUserPool's own patterns: UserPoolIdType [\w-]+_[0-9a-zA-Z]+, ClientIdType [\w+]+, IdentityPoolId [\w-]+:[0-9a-f-]+.
const userPoolId = z.string().check(z.maxLength(55), z.regex(/^[a-z0-9-]+_[0-9a-zA-Z]+$/, allowed.userPoolId));
const clientId = z.string().check(z.maxLength(128, allowed.clientId), z.regex(/^[\w+]+$/, allowed.clientId));
const identityPoolId = z.string().check(z.maxLength(55), z.regex(/^[a-z0-9-]+:[0-9a-f-]+$/, allowed.identityPoolId));
const endpoint = z.string().check(z.refine(isEndpoint, allowed.endpoint));
// With a port only under .localhost: those names are this machine (RFC 6761), an emulator for example.
const loginDomain = z
  .string()
  .check(
    z.regex(
      /^(?=.{1,253}$)([a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9-]+(\.[a-z0-9-]+)*\.localhost:[1-9]\d{1,4})$/,
      allowed.loginDomain,
    ),
  );
const callbackPort = z
  .int(allowed.callbackPort)
  .check(z.minimum(1024, allowed.callbackPort), z.maximum(65535, allowed.callbackPort));

const cognitoSchema = z.strictObject({
  region,
  userPoolId,
  clientId,
  clientSecret: z.optional(z.string().check(z.minLength(1, allowed.text))),
  identityPoolId: z.optional(identityPoolId),
  userPoolEndpoint: z.optional(endpoint),
  identityPoolEndpoint: z.optional(endpoint),
  domain: z.optional(loginDomain),
  callbackPort: z.optional(callbackPort),
});

const hostFileSchema = z.strictObject({
  version: z.optional(z.literal(1, allowed.version)),
  domain: z.optional(z.string().check(z.regex(/^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)*$/i, allowed.domain))),
  gateway: z.optional(z.enum(["oauth2-proxy", "alb"], allowed.gateway)),
  cognito: z.optional(cognitoSchema),
  awsRegion: z.optional(region),
});

/** What is allowed under each key, where a value is missing or of another type. */
const allowedAt: Readonly<Record<string, string>> = {
  "cognito.region": allowed.region,
  "cognito.userPoolId": allowed.userPoolId,
  "cognito.clientId": allowed.clientId,
  "cognito.clientSecret": allowed.text,
  "cognito.identityPoolId": allowed.identityPoolId,
  "cognito.userPoolEndpoint": allowed.endpoint,
  "cognito.identityPoolEndpoint": allowed.endpoint,
  "cognito.domain": allowed.loginDomain,
  "cognito.callbackPort": allowed.callbackPort,
  version: allowed.version,
  domain: allowed.domain,
  gateway: allowed.gateway,
  awsRegion: allowed.region,
};

/** Reads and validates host.json. Never throws: what is wrong is in the problems, one for each key. */
export function readHostFile(path: string): HostFileResult {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return { state: "absent" };
    return invalid([problem(path, path, `a file that can be read (${code})`)]);
  }
  return parseHostFile(text, path);
}

/** @param source names the file in problems */
export function parseHostFile(text: string, source: string): HostFileResult {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    return invalid([problem(source, source, `JSON (${error instanceof Error ? error.message : error})`)]);
  }
  const result = hostFileSchema.safeParse(value);
  const problems = result.success ? [] : problemsOf(result.error.issues, value, source, "");
  const file = (result.data ?? value) as HostFile;
  problems.push(...crossCheck(file?.cognito, problems, source, "cognito."));
  if (problems.length > 0 || !result.success) return invalid(problems);
  return { state: "valid", file };
}

/**
 * Validates an editor's settings by the same rules.
 *
 * @param source names where they come from in problems
 * @throws nothing
 */
export function parseSettings(
  settings: unknown,
  source: string,
): { readonly configuration: CognitoConfiguration } | { readonly problems: readonly Problem[] } {
  const result = cognitoSchema.safeParse(settings);
  const problems = result.success ? [] : problemsOf(result.error.issues, settings, source, "cognito.");
  problems.push(...crossCheck(settings as CognitoConfiguration, problems, source, "cognito."));
  if (problems.length > 0 || !result.success) return { problems };
  return { configuration: result.data as CognitoConfiguration };
}

/** A pool is in the region that its id begins with. */
function crossCheck(
  cognito: Partial<CognitoConfiguration> | undefined,
  known: readonly Problem[],
  source: string,
  prefix: string,
): Problem[] {
  const region = cognito?.region;
  if (typeof region !== "string" || known.some(({ params }) => params?.["key"] === `${prefix}region`)) return [];
  const checks = [
    ["userPoolId", cognito?.userPoolId, `${region}_`],
    ["identityPoolId", cognito?.identityPoolId, `${region}:`],
  ] as const;
  return checks.flatMap(([name, id, start]) => {
    const key = `${prefix}${name}`;
    if (typeof id !== "string" || id.startsWith(start)) return [];
    if (known.some(({ params }) => params?.["key"] === key)) return [];
    return [problem(key, source, `an id in the region ${region}, so one that begins with ${start}`)];
  });
}

type Issue = z.core.$ZodIssue;

/** One problem for each key, however many rules its value breaks. */
function problemsOf(issues: readonly Issue[], value: unknown, source: string, prefix: string): Problem[] {
  const found = new Map<string, Problem>();
  const add = (key: string, text: string): void => {
    if (!found.has(key)) found.set(key, problem(key, source, text));
  };
  for (const issue of issues) {
    const path = `${prefix}${issue.path.join(".")}`.replace(/\.$/, "");
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) add(join(path, key), `one of ${keysAt(path).join(", ")}`);
    } else if (path === "" || typeof valueAt(value, issue.path) === "object") {
      add(path === "" ? source : path, keysAt(path).length > 0 ? "a JSON object" : (allowedAt[path] ?? issue.message));
    } else {
      add(path, allowedAt[path] ?? (keysAt(path).length > 0 ? "a JSON object" : issue.message));
    }
  }
  return [...found.values()];
}

function keysAt(path: string): string[] {
  if (path === "") return Object.keys(hostFileSchema.shape);
  return path === "cognito" ? Object.keys(cognitoSchema.shape) : [];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function invalid(problems: readonly Problem[]): HostFileResult {
  return { state: "invalid", problems };
}

function problem(key: string, source: string, text: string): Problem {
  return new GatehouseError("configurationInvalid", { key, source, allowed: text }).toProblem();
}

/** https anywhere; http only where nobody can listen in. */
function isEndpoint(text: string): boolean {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return false;
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return false;
  if (url.protocol === "https:") return true;
  return url.protocol === "http:" && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}
