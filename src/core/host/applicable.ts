/** What `host apply` and the provisioner need of host.json beyond what the agent needs, and the defaults of the rest. */
import type { Problem } from "../errors.ts";
import { parseHostFile, problem } from "./hostFile.ts";
import { allowed, type Gate, type HostFile } from "./hostSchema.ts";

type Every<T> = { readonly [Key in keyof T]-?: NonNullable<T[Key]> };

/** A host.json with every default filled in. */
export interface ApplicableHostFile {
  readonly domain: string;
  readonly gateway: "oauth2-proxy";
  readonly profile: "strict" | "developer";
  readonly user: string;
  readonly folder: string;
  readonly awsRegion: string;
  readonly cognito: NonNullable<HostFile["cognito"]> & { readonly domain: string };
  readonly gate: Every<Gate>;
  readonly certificate: { readonly name: string };
  readonly http2: boolean;
  readonly metadataUsers: readonly string[];
  readonly packages: readonly string[];
  readonly pins: NonNullable<HostFile["pins"]>;
  readonly lab: boolean;
}

export type ApplicableResult =
  | { readonly file: ApplicableHostFile }
  /** One for each key; the file's own path where the file itself is the problem. */
  | { readonly problems: readonly Problem[] };

/** @param source names the file in problems */
export function parseApplicable(text: string, source: string): ApplicableResult {
  const result = parseHostFile(text, source);
  if (result.state === "absent") return { problems: [problem(source, source, "a file")] };
  if (result.state === "invalid") return { problems: result.problems };
  return toApplicable(result.file, source);
}

/** Fills in the defaults of a valid file, or says what `host apply` misses in it. */
export function toApplicable(file: HostFile, source: string): ApplicableResult {
  const { domain, user, cognito, gate } = file;
  const problems: Problem[] = [];
  const need = (missing: boolean, key: string, text: string): void => {
    if (missing) problems.push(problem(key, source, text));
  };
  need(domain === undefined, "domain", allowed.domain);
  need(user === undefined, "user", allowed.user);
  need(cognito === undefined, "cognito", "a JSON object with region, userPoolId, clientId and domain");
  need(cognito !== undefined && !isPlainHost(cognito.domain), "cognito.domain", allowed.loginDomain);
  // /etc/gatehouse/host.json can be read by everybody.
  need(cognito?.clientSecret !== undefined, "cognito.clientSecret", "nothing: this file can be read by every user");
  need(gate === undefined, "gate", "a JSON object with clientId, and allowedEmails or allowedGroups");
  need(file.gateway === "alb", "gateway", '"oauth2-proxy": gatehouse host apply knows no other gateway yet');
  if (problems.length > 0 || domain === undefined || user === undefined || cognito === undefined || gate === undefined)
    return { problems };
  return {
    file: {
      domain,
      gateway: "oauth2-proxy",
      profile: file.profile ?? "strict",
      user,
      folder: file.folder ?? `/home/${user}/environment`,
      awsRegion: file.awsRegion ?? cognito.region,
      cognito: { ...cognito, domain: cognito.domain ?? "" },
      gate: {
        clientId: gate.clientId,
        allowedEmails: gate.allowedEmails ?? [],
        allowedGroups: gate.allowedGroups ?? [],
        unverifiedEmail: gate.unverifiedEmail ?? false,
        sessionHours: gate.sessionHours ?? 72,
        refreshMinutes: gate.refreshMinutes ?? 60,
      },
      certificate: { name: file.certificate?.name ?? domain },
      http2: file.http2 ?? true,
      metadataUsers: file.metadataUsers ?? [],
      packages: file.packages ?? [],
      pins: file.pins ?? {},
      lab: file.lab ?? false,
    },
  };
}

/** Without a port: a browser comes from port 443 and goes there. */
function isPlainHost(domain: string | undefined): boolean {
  return domain !== undefined && !domain.includes(":");
}
