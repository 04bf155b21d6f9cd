/**
 * The schema of host.json. Its values end in the configuration of nginx, oauth2-proxy, redis, systemd and nftables, so no pattern here
 * lets in a quote, a backslash, a dollar or percent sign, a brace, a semicolon, a hash sign, a comma, white space or a line break.
 * docs/host.md describes every key; a test holds it complete.
 */
import * as z from "zod/mini";
import type { CognitoConfiguration } from "../cognito/configuration.ts";

export interface Gate {
  /** The confidential app client that oauth2-proxy signs people in by. */
  readonly clientId: string;
  /** In lower case. */
  readonly allowedEmails?: readonly string[] | undefined;
  /** Of Cognito; where e-mails are given as well, both must hold. */
  readonly allowedGroups?: readonly string[] | undefined;
  readonly unverifiedEmail?: boolean | undefined;
  readonly sessionHours?: number | undefined;
  readonly refreshMinutes?: number | undefined;
}

export interface Pin {
  readonly version: string;
  /** https, in the lab also file. Absent: the publisher's, as deploy/host/pins.json has it. */
  readonly url?: string | undefined;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

export interface HostFile {
  readonly version?: 1 | undefined;
  readonly domain?: string | undefined;
  readonly gateway?: "oauth2-proxy" | "alb" | undefined;
  readonly profile?: "strict" | "developer" | undefined;
  /** The IDE's user. */
  readonly user?: string | undefined;
  /** What the editor opens. */
  readonly folder?: string | undefined;
  readonly cognito?: CognitoConfiguration | undefined;
  /** For AWS_REGION in terminals. */
  readonly awsRegion?: string | undefined;
  readonly gate?: Gate | undefined;
  readonly certificate?: { readonly name?: string | undefined } | undefined;
  readonly http2?: boolean | undefined;
  readonly metadataUsers?: readonly string[] | undefined;
  readonly packages?: readonly string[] | undefined;
  readonly pins?: { readonly codeServer?: Pin | undefined; readonly oauth2Proxy?: Pin | undefined } | undefined;
  readonly lab?: boolean | undefined;
}

/** What a value must look like, and how that is said. The sentences go into problems as `allowed`, in English, like all values. */
export const allowed = {
  region: "an AWS region, for example eu-central-1",
  userPoolId: "a user pool id, for example eu-central-1_AbCdEfGhI",
  clientId: "an app client id: 1 to 128 letters, digits, _ or +",
  identityPoolId: "an identity pool id, for example eu-central-1:01234567-89ab-cdef-0123-456789abcdef",
  endpoint: "a URL with https, or http on a loopback address, without user, query or fragment",
  domain: "a host name in lower case, for example ide.example.com",
  loginDomain: "a host name in lower case, for example login.example.com",
  callbackPort: "a port number from 1024 to 65535",
  gateway: '"oauth2-proxy" or "alb"',
  version: "1",
  text: "a text that is not empty",
  profile: '"strict" or "developer"',
  user: "the name of an ordinary user in lower case, for example developer; not root or a system user",
  folder: "an absolute path of letters, digits, . _ - and /, for example /home/developer/environment; no system folder",
  emails: "a list of e-mail addresses in lower case, each once, for example alice@example.com",
  groups: "a list of Cognito groups, each once, without spaces, quotes or any of \\ $ % # , ; < > { } | & *",
  flag: "true or false",
  sessionHours: "a whole number of hours from 1 to 720",
  refreshMinutes: "a whole number of minutes from 5 to 1440",
  certificate: "the name of a folder in /etc/letsencrypt/live, for example ide.example.com",
  metadataUsers: "a list of users beside root, each once, for example cwagent",
  packages: "a list of package names, each once, for example gcc",
  pinVersion: "a version of three numbers, for example 4.141.1",
  pinUrl: "an https address without query, of letters, digits and . _ ~ % + @ = / -",
  sha256: "a SHA-256 checksum: 64 digits and letters from a to f",
} as const;

const flag = z.boolean(allowed.flag);
function text(pattern: RegExp, says: string) {
  return z.string().check(z.regex(pattern, says));
}
function integer(from: number, to: number, says: string) {
  return z.int(says).check(z.minimum(from, says), z.maximum(to, says));
}
function listOf(pattern: RegExp, most: number, says: string) {
  const once = z.refine<string[]>((list) => new Set(list).size === list.length, says);
  return z.array(text(pattern, says)).check(z.maxLength(most, says), once);
}

// AWS partitions' regions: us-east-1, us-gov-west-1, us-iso-east-1, cn-north-1, eusc-de-east-1.
const region = text(/^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/, allowed.region);
// CreateUserPool's own patterns: UserPoolIdType [\w-]+_[0-9a-zA-Z]+, ClientIdType [\w+]+, IdentityPoolId [\w-]+:[0-9a-f-]+.
const userPoolId = z.string().check(z.maxLength(55), z.regex(/^[a-z0-9-]+_[0-9a-zA-Z]+$/, allowed.userPoolId));
const clientId = z.string().check(z.maxLength(128, allowed.clientId), z.regex(/^[\w+]+$/, allowed.clientId));
const identityPoolId = z.string().check(z.maxLength(55), z.regex(/^[a-z0-9-]+:[0-9a-f-]+$/, allowed.identityPoolId));
const endpoint = z.string().check(z.refine(isEndpoint, allowed.endpoint));

const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
// The last label is no number, so an address is no name (RFC 3696, section 2).
const hostName = `(?=.{1,253}$)(?:${label}\\.)+(?!\\d+$)${label}`;
const domain = text(new RegExp(`^${hostName}$`), allowed.domain);
// With a port only under .localhost: those names are this machine (RFC 6761), an emulator for example.
const loginDomain = text(new RegExp(`^(?:${hostName}|(?:${label}\\.)*localhost:[1-9]\\d{1,4})$`), allowed.loginDomain);
// useradd's names; with a letter in front, as system users may have an underscore there.
const userName = /^[a-z][a-z0-9_-]{0,31}$/;
const user = z.string().check(z.refine((name) => userName.test(name) && !isSystemUser(name), allowed.user));
const folder = z.string().check(z.refine(isFolder, allowed.folder));
const email = new RegExp(`^(?=.{3,254}$)[a-z0-9_+-]+(?:\\.[a-z0-9_+-]+)*@(?=.{1,253}$)(?:${label}\\.)+${label}$`);
// Cognito's GroupNameType: [\p{L}\p{M}\p{S}\p{N}\p{P}]+, 1 to 128.
const group = /^(?!-)(?:(?!["'`\\$%#,;<>{}|&*])[\p{L}\p{M}\p{S}\p{N}\p{P}]){1,128}$/u;

export const cognitoSchema = z.strictObject({
  region,
  userPoolId,
  clientId,
  clientSecret: z.optional(z.string().check(z.minLength(1, allowed.text))),
  identityPoolId: z.optional(identityPoolId),
  userPoolEndpoint: z.optional(endpoint),
  identityPoolEndpoint: z.optional(endpoint),
  domain: z.optional(loginDomain),
  callbackPort: z.optional(integer(1024, 65535, allowed.callbackPort)),
});

const gateSchema = z.strictObject({
  clientId,
  allowedEmails: z.optional(listOf(email, 10_000, allowed.emails)),
  allowedGroups: z.optional(listOf(group, 100, allowed.groups)),
  unverifiedEmail: z.optional(flag),
  sessionHours: z.optional(integer(1, 720, allowed.sessionHours)),
  refreshMinutes: z.optional(integer(5, 1440, allowed.refreshMinutes)),
});

const pinSchema = z.strictObject({
  version: text(/^\d{1,5}\.\d{1,5}\.\d{1,5}$/, allowed.pinVersion),
  // A file only in the lab: crossChecks.ts.
  url: z.optional(text(/^(?:https:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?|file:\/\/)\/[\w.~%+@=/-]+$/, allowed.pinUrl)),
  sha256: text(/^[0-9a-f]{64}$/, allowed.sha256),
});
const certificateSchema = z.strictObject({
  name: z.optional(text(/^(?!.*\.\.)[a-z0-9][a-z0-9._-]{0,252}$/, allowed.certificate)),
});
const pinsSchema = z.strictObject({ codeServer: z.optional(pinSchema), oauth2Proxy: z.optional(pinSchema) });

export const hostFileSchema = z.strictObject({
  version: z.optional(z.literal(1, allowed.version)),
  domain: z.optional(domain),
  gateway: z.optional(z.enum(["oauth2-proxy", "alb"], allowed.gateway)),
  profile: z.optional(z.enum(["strict", "developer"], allowed.profile)),
  user: z.optional(user),
  folder: z.optional(folder),
  cognito: z.optional(cognitoSchema),
  awsRegion: z.optional(region),
  gate: z.optional(gateSchema),
  certificate: z.optional(certificateSchema),
  http2: z.optional(flag),
  metadataUsers: z.optional(listOf(/^(?!root$)[a-z_][a-z0-9_-]{0,31}$/, 20, allowed.metadataUsers)),
  packages: z.optional(listOf(/^[A-Za-z0-9][A-Za-z0-9+._-]{0,127}$/, 500, allowed.packages)),
  pins: z.optional(pinsSchema),
  lab: z.optional(flag),
});

/** The objects of host.json by their path, and the keys of each. */
export const objects: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(hostFileSchema.shape),
  cognito: Object.keys(cognitoSchema.shape),
  gate: Object.keys(gateSchema.shape),
  certificate: Object.keys(certificateSchema.shape),
  pins: Object.keys(pinsSchema.shape),
  "pins.codeServer": Object.keys(pinSchema.shape),
  "pins.oauth2Proxy": Object.keys(pinSchema.shape),
};

const pinTexts = { version: allowed.pinVersion, url: allowed.pinUrl, sha256: allowed.sha256 };

/** What is allowed under each key, where a value is missing or of another type. */
export const allowedAt: Readonly<Record<string, string>> = {
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
  profile: allowed.profile,
  user: allowed.user,
  folder: allowed.folder,
  awsRegion: allowed.region,
  "gate.clientId": allowed.clientId,
  "gate.allowedEmails": allowed.emails,
  "gate.allowedGroups": allowed.groups,
  "gate.unverifiedEmail": allowed.flag,
  "gate.sessionHours": allowed.sessionHours,
  "gate.refreshMinutes": allowed.refreshMinutes,
  "certificate.name": allowed.certificate,
  http2: allowed.flag,
  metadataUsers: allowed.metadataUsers,
  packages: allowed.packages,
  lab: allowed.flag,
  ...Object.fromEntries(
    ["codeServer", "oauth2Proxy"].flatMap((pin) =>
      Object.entries(pinTexts).map(([key, says]) => [`pins.${pin}.${key}`, says]),
    ),
  ),
};

/** Names that distributions give to users that nobody works as. `host apply` looks at the user's number as well. */
function isSystemUser(name: string): boolean {
  return (
    /^(?:gatehouse|systemd|ec2-instance)-/.test(name) ||
    /^(?:root|daemon|bin|sys|sync|games|man|lp|mail|news|uucp|proxy|backup|list|irc|gnats|nobody|nogroup|adm|shutdown|halt|operator|ftp|dbus|messagebus|polkitd|sshd|chrony|tss|rpc|rpcuser|nginx|redis|valkey|www-data|apache|http|cwagent|ssm-user)$/.test(
      name,
    )
  );
}

/** Absolute, clean, and no folder of the system's. */
function isFolder(path: string): boolean {
  if (path.length > 255 || !/^(?:\/[A-Za-z0-9._-]+)+$/.test(path)) return false;
  if (path.split("/").some((part) => part === "." || part === "..")) return false;
  if (/^\/(?:home|opt|srv|mnt|media|var|data|workspace)$/.test(path)) return false;
  return !/^\/(?:bin|boot|dev|etc|lib|lib32|lib64|libx32|proc|root|run|sbin|sys|tmp|usr|opt\/gatehouse|var\/lib|var\/log|var\/run|var\/tmp)(?:\/|$)/.test(
    path,
  );
}

/** https anywhere; http only where nobody can listen in. */
function isEndpoint(address: string): boolean {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return false;
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return false;
  if (url.protocol === "https:") return true;
  return url.protocol === "http:" && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}
