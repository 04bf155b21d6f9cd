/** The files that `host apply` renders: where each comes from, where it goes, whose it is, and what has to notice a change. */

/** What a changed file does to a unit that runs. A changed unit file restarts its unit without being told to. */
export interface UnitReaction {
  readonly unit: string;
  readonly verb: "reload" | "restart";
}

export interface HostFileEntry {
  /** Below deploy/host. */
  readonly template: string;
  /** Absolute. */
  readonly path: string;
  /** Names; `{{user}}` and `{{group}}` are the IDE's user and that user's group. */
  readonly owner: string;
  readonly group: string;
  readonly mode: number;
  readonly reactions: readonly UnitReaction[];
  /** Only where this condition of values.ts holds. */
  readonly when?: string;
}

type Access = Pick<HostFileEntry, "owner" | "group" | "mode">;

/** root's, for everybody to read. */
const readable: Access = { owner: "root", group: "root", mode: 0o644 };
const executable: Access = { owner: "root", group: "root", mode: 0o755 };

/** A file in /etc/gatehouse of the same name as its template. */
function configuration(template: string, name: string, access: Access, ...reactions: UnitReaction[]): HostFileEntry {
  return { template, path: `/etc/gatehouse/${name}`, ...access, reactions };
}

/** A unit file. Its own unit is restarted when it changes. */
function unit(name: string): HostFileEntry {
  return { template: `systemd/${name}`, path: `/etc/systemd/system/${name}`, ...readable, reactions: [] };
}

const reload = (unit: string): UnitReaction => ({ unit, verb: "reload" });
const restart = (unit: string): UnitReaction => ({ unit, verb: "restart" });

export const nginxUnit = "gatehouse-nginx.service";
export const proxyUnit = "gatehouse-oauth2-proxy.service";
export const redisUnit = "gatehouse-redis.service";
export const ideUnit = "gatehouse-code-server.service";
export const agentUnit = "gatehouse-agent.service";
export const fenceUnit = "gatehouse-fence.service";

/** What lets the IDE's user use sudo, profile developer. */
export const developerRule = "/etc/sudoers.d/gatehouse";

/** Units, sandboxes and isolation. */
const isolation: readonly HostFileEntry[] = [
  unit(nginxUnit),
  unit(proxyUnit),
  unit(redisUnit),
  unit(ideUnit),
  unit(agentUnit),
  unit("gatehouse-agent.socket"),
  unit("gatehouse-agent-endpoint.socket"),
  unit("gatehouse-agent-callback.socket"),
  unit(fenceUnit),
  configuration("code-server/code-server.yaml", "code-server.yaml", readable, restart(ideUnit)),
  // In one transaction: a restart would do no more.
  configuration("nftables/nftables.conf", "nftables.conf", readable, reload(fenceUnit)),
  { template: "sysusers/gatehouse.conf", path: "/etc/sysusers.d/gatehouse.conf", ...readable, reactions: [] },
  { template: "tmpfiles/gatehouse.conf", path: "/etc/tmpfiles.d/gatehouse.conf", ...readable, reactions: [] },
  // polkit watches its directories. That one is closed to others on Amazon Linux, the file isn't secret.
  { template: "polkit/gatehouse.rules", path: "/etc/polkit-1/rules.d/49-gatehouse.rules", ...readable, reactions: [] },
  {
    template: "sudoers/gatehouse",
    path: developerRule,
    ...readable,
    mode: 0o440,
    when: "developer",
    reactions: [],
  },
  { template: "bin/gatehouse", path: "/usr/local/bin/gatehouse", ...executable, reactions: [] },
];

/** The gate: gateway, sign-in, session store. */
const gate: readonly HostFileEntry[] = [
  configuration("nginx/nginx.conf", "nginx.conf", readable, reload(nginxUnit)),
  ...["maps", "server", "headers", "page-headers", "to-proxy", "to-editor"].map((name) =>
    configuration(`nginx/${name}.conf`, `nginx/${name}.conf`, readable, reload(nginxUnit)),
  ),
  configuration("oauth2-proxy/oauth2-proxy.cfg", "oauth2-proxy.cfg", readable, restart(proxyUnit)),
  {
    ...configuration("oauth2-proxy/allowed-emails", "allowed-emails", readable, restart(proxyUnit)),
    when: "hasAllowedEmails",
  },
  configuration("redis/redis.conf", "redis.conf", readable, restart(redisUnit)),
];

export const hostFiles: readonly HostFileEntry[] = [...isolation, ...gate];
