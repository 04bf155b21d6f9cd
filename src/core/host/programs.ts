/**
 * What units read when they start, beside the files that are rendered: their programs, which an upgrade replaces, the certificate and the
 * secrets. A unit goes on with the old one until it is told.
 */

import { library, oauth2Proxy } from "./facts.ts";
import type { UnitReaction } from "./files.ts";
import { agentUnit, ideUnit, nginxUnit, proxyUnit, redisUnit } from "./files.ts";
import { hashOf } from "./plan.ts";
import { clientSecretPath, cookieSecretPath } from "./secrets.ts";
import type { Files } from "./system.ts";
import type { HostFacts } from "./values.ts";

/** Every path that is watched, and what a change of it asks for. */
function watched(facts: HostFacts, certificate: string): readonly (readonly [path: string, reaction: UnitReaction])[] {
  const restart = (unit: string): UnitReaction => ({ unit, verb: "restart" });
  return [
    // A reload goes on with the program that runs.
    [facts.nginx, restart(nginxUnit)],
    [`/etc/letsencrypt/live/${certificate}/fullchain.pem`, { unit: nginxUnit, verb: "reload" }],
    [facts.redisServer, restart(redisUnit)],
    [oauth2Proxy, restart(proxyUnit)],
    [clientSecretPath, restart(proxyUnit)],
    [cookieSecretPath, restart(proxyUnit)],
    [`${library}/code-server/package.json`, restart(ideUnit)],
    [facts.node, restart(ideUnit)],
    [facts.node, restart(agentUnit)],
    ["/opt/gatehouse/current/dist/agent.js", restart(agentUnit)],
    ["/opt/gatehouse/current/dist/cognito.js", restart(agentUnit)],
  ];
}

/** What identifies each that is there now, by path: public text by its content, all else by place, size and time. */
export function identifyPrograms(files: Files, facts: HostFacts, certificate: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [path] of watched(facts, certificate)) {
    const real = files.realPath(path);
    const status = real === undefined ? undefined : files.status(real);
    if (real === undefined || status === undefined) continue;
    found[path] = /\.(js|json|pem)$/.test(real)
      ? hashOf(files.read(real) ?? "")
      : `${real} ${status.size} ${Math.round(status.modified)}`;
  }
  return found;
}

/** For what is another than at the last run. What wasn't there then, starts now anyway. */
export function programReactions(
  facts: HostFacts,
  certificate: string,
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): UnitReaction[] {
  return watched(facts, certificate)
    .filter(([path]) => before[path] !== undefined && now[path] !== undefined && before[path] !== now[path])
    .map(([, reaction]) => reaction);
}
