/** Programs that run as units: where one is replaced by an upgrade, its unit runs the old one until it is restarted. */

import { library, oauth2Proxy } from "./facts.ts";
import type { UnitReaction } from "./files.ts";
import { agentUnit, ideUnit, nginxUnit, proxyUnit, redisUnit } from "./files.ts";
import { hashOf } from "./plan.ts";
import type { Files } from "./system.ts";
import type { HostFacts } from "./values.ts";

/** Every path that is watched, and the unit that runs it. */
function watched(facts: HostFacts): readonly (readonly [path: string, unit: string])[] {
  return [
    [facts.nginx, nginxUnit],
    [facts.redisServer, redisUnit],
    [oauth2Proxy, proxyUnit],
    [`${library}/code-server/package.json`, ideUnit],
    [facts.node, ideUnit],
    [facts.node, agentUnit],
    ["/opt/gatehouse/current/dist/agent.js", agentUnit],
    ["/opt/gatehouse/current/dist/cognito.js", agentUnit],
  ];
}

/** What identifies the programs that are there now, by path. Small files by their content, others by place, size and time. */
export function identifyPrograms(files: Files, facts: HostFacts): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [path] of watched(facts)) {
    const real = files.realPath(path);
    const status = real === undefined ? undefined : files.status(real);
    if (real === undefined || status === undefined) continue;
    found[path] =
      status.size < 2_000_000 && /\.js(on)?$/.test(real)
        ? hashOf(files.read(real) ?? "")
        : `${real} ${status.size} ${Math.round(status.modified)}`;
  }
  return found;
}

/** Restarts for what is another program than at the last run. What wasn't there then, starts now anyway. */
export function programReactions(
  facts: HostFacts,
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): UnitReaction[] {
  return watched(facts)
    .filter(([path]) => before[path] !== undefined && now[path] !== undefined && before[path] !== now[path])
    .map(([, unit]) => ({ unit, verb: "restart" }));
}
