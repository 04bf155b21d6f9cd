/** What the templates of deploy/host may name: from host.json and from what is found on the host. */
import type { ApplicableHostFile } from "./applicable.ts";

/** What `host apply` finds out about the host itself. */
export interface HostFacts {
  /** Of `nginx -v`, for example "1.22.1". */
  readonly nginxVersion: string;
  /** Absolute paths of programs. */
  readonly nginx: string;
  readonly redisServer: string;
  readonly node: string;
  /** The kernel has IPv6. */
  readonly ipv6: boolean;
  /** Of the IDE's user, from the user database. */
  readonly home: string;
  /** Name of that user's primary group. */
  readonly group: string;
  /** Gatehouse's own, for example "0.2.0". */
  readonly version: string;
}

export interface HostValues extends Readonly<Record<string, string | boolean | readonly string[]>> {
  readonly domain: string;
  readonly user: string;
  readonly group: string;
  readonly home: string;
  readonly folder: string;
  /** Managed login's whole host name. */
  readonly loginDomain: string;
  readonly issuer: string;
  readonly region: string;
  readonly userPoolId: string;
  /** The confidential app client of the gate, not the terminals' public one. */
  readonly gateClientId: string;
  /** Without a slash at its end; holds fullchain.pem and privkey.pem. */
  readonly certificateDirectory: string;
  readonly node: string;
  readonly nginx: string;
  readonly redisServer: string;
  readonly version: string;
  /** Integers, as texts. */
  readonly sessionHours: string;
  readonly sessionSeconds: string;
  readonly refreshMinutes: string;
  /** Where a signed-out browser is sent: Cognito's logout, which returns to /gatehouse/signed-out. */
  readonly logoutUrl: string;
  readonly strict: boolean;
  readonly developer: boolean;
  readonly http2: boolean;
  /** nginx knows `http2 on;`; before 1.25.1 it is a parameter of `listen`. */
  readonly http2Directive: boolean;
  readonly ipv6: boolean;
  readonly unverifiedEmail: boolean;
  readonly hasAllowedEmails: boolean;
  readonly hasAllowedGroups: boolean;
  readonly lab: boolean;
  readonly allowedEmails: readonly string[];
  readonly allowedGroups: readonly string[];
  /** Users beside root that may ask the metadata service. */
  readonly metadataUsers: readonly string[];
}

/** The page that Cognito returns to; to be registered as the gate client's sign-out URL, to the byte. */
export function signedOutUrl(domain: string): string {
  return `https://${domain}/gatehouse/signed-out`;
}

export function hostValues(file: ApplicableHostFile, facts: HostFacts): HostValues {
  const { domain, user, cognito, gate } = file;
  const logout = `client_id=${encodeURIComponent(gate.clientId)}&logout_uri=${encodeURIComponent(signedOutUrl(domain))}`;
  return {
    domain,
    user,
    group: facts.group,
    home: facts.home,
    folder: file.folder,
    loginDomain: cognito.domain,
    issuer: `https://cognito-idp.${cognito.region}.amazonaws.com/${cognito.userPoolId}`,
    region: cognito.region,
    userPoolId: cognito.userPoolId,
    gateClientId: gate.clientId,
    certificateDirectory: `/etc/letsencrypt/live/${file.certificate.name}`,
    node: facts.node,
    nginx: facts.nginx,
    redisServer: facts.redisServer,
    version: facts.version,
    sessionHours: String(gate.sessionHours),
    sessionSeconds: String(gate.sessionHours * 3600),
    refreshMinutes: String(gate.refreshMinutes),
    logoutUrl: `https://${cognito.domain}/logout?${logout}`,
    strict: file.profile === "strict",
    developer: file.profile === "developer",
    http2: file.http2,
    http2Directive: isAtLeast(facts.nginxVersion, [1, 25, 1]),
    ipv6: facts.ipv6,
    unverifiedEmail: gate.unverifiedEmail,
    hasAllowedEmails: gate.allowedEmails.length > 0,
    hasAllowedGroups: gate.allowedGroups.length > 0,
    lab: file.lab,
    allowedEmails: gate.allowedEmails,
    allowedGroups: gate.allowedGroups,
    metadataUsers: file.metadataUsers,
  };
}

/** @param version for example "1.22.1"; what is no number counts as 0 */
export function isAtLeast(version: string, wanted: readonly number[]): boolean {
  const parts = version.split(".").map((part) => Number.parseInt(part, 10) || 0);
  for (const [index, number] of wanted.entries()) {
    const part = parts[index] ?? 0;
    if (part !== number) return part > number;
  }
  return true;
}
