/** What `host apply` has to know of the host before it renders anything: programs, the IDE's user, the certificate. */
import type { Translate } from "../text.ts";
import type { ApplicableHostFile } from "./applicable.ts";
import { waysToRoot } from "./privileges.ts";
import type { Files, HostSystem } from "./system.ts";
import type { Users } from "./users.ts";
import type { HostFacts } from "./values.ts";

export const library = "/opt/gatehouse/lib";
export const oauth2Proxy = `${library}/oauth2-proxy/oauth2-proxy`;
const node = `${library}/code-server/lib/node`;
const nginxPaths = ["/usr/sbin/nginx", "/usr/bin/nginx"] as const;
// Debian's, Amazon Linux's valkey and redis6.
const redisPaths = ["/usr/bin/redis-server", "/usr/bin/valkey-server", "/usr/bin/redis6-server"] as const;

/** First number of a person's account (SYS_UID_MAX + 1 on both distributions), and nobody's. */
const firstPerson = 1000;
const nobody = 65534;

/** A fact for each value, or everything that is missing or in the way, as sentences that say what to do. */
export type FactsResult = { readonly facts: HostFacts } | { readonly missing: readonly string[] };

export interface FactsDeps {
  readonly system: HostSystem;
  readonly users: Users;
  /** Gatehouse's own. */
  readonly version: string;
  readonly t: Translate;
}

export async function findFacts(
  file: ApplicableHostFile,
  { system, users, version, t }: FactsDeps,
): Promise<FactsResult> {
  const { files } = system;
  const missing: string[] = [];
  const nginx = firstOf(files, nginxPaths);
  const redisServer = firstOf(files, redisPaths);
  const program = (path: string): string => t("{path} is missing. Run provision.sh, which installs it.", { path });
  if (nginx === undefined) missing.push(program(nginxPaths[0]));
  if (redisServer === undefined) missing.push(program(redisPaths[0]));
  for (const path of [node, oauth2Proxy]) if (!isFile(files, path)) missing.push(program(path));

  const user = users.user(file.user);
  const group = user && users.groupName(user.gid);
  if (user === undefined)
    missing.push(
      t("There is no user {user}. Create it, or name another as {key} in host.json.", { user: file.user, key: "user" }),
    );
  else if (user.uid < firstPerson || user.uid === nobody)
    missing.push(
      t("{user} is a system user. Name an ordinary one as {key} in host.json.", { user: file.user, key: "user" }),
    );
  else if (group === undefined || !/^[\w.-]+$/.test(group) || !/^(\/[\w.-]+)+$/.test(user.home))
    missing.push(
      t("The group or the home directory of {user} has characters that cannot be used here.", { user: file.user }),
    );
  else if (file.profile === "strict") missing.push(...(await waysToRoot(user, { system, users, t })));
  for (const name of file.metadataUsers) {
    if (users.user(name) === undefined)
      missing.push(
        t("There is no user {user}. Create it, or take it out of {key} in host.json.", {
          user: name,
          key: "metadataUsers",
        }),
      );
  }
  for (const name of ["fullchain.pem", "privkey.pem"]) {
    const path = `/etc/letsencrypt/live/${file.certificate.name}/${name}`;
    if (!isFile(files, path)) missing.push(t("{path} is missing. Get the certificate first.", { path }));
  }

  const shown = nginx && (await system.run([nginx, "-v"]));
  const nginxVersion = /nginx\/(\d+\.\d+\.\d+)/.exec(shown ? shown.stderr + shown.stdout : "")?.[1];
  if (nginx !== undefined && nginxVersion === undefined)
    missing.push(t("{path} does not say its version.", { path: nginx }));
  if (missing.length > 0 || !nginx || !redisServer || !nginxVersion || !user || !group) return { missing };
  const ipv6 = files.status("/proc/net/if_inet6") !== undefined;
  return { facts: { nginxVersion, nginx, redisServer, node, ipv6, home: user.home, group, version } };
}

function firstOf(files: Files, paths: readonly string[]): string | undefined {
  return paths.find((path) => isFile(files, path));
}

function isFile(files: Files, path: string): boolean {
  const real = files.realPath(path);
  return real !== undefined && files.status(real)?.kind === "file";
}
