/** Everything that changes is validated by its own program before anything is switched, in a copy that nothing else looks at. */
import type { Translate } from "../text.ts";
import { oauth2Proxy } from "./facts.ts";
import { stateDirectory } from "./journal.ts";
import type { FileChange } from "./plan.ts";
import { HostProblem } from "./problems.ts";
import type { RenderedFile } from "./render.ts";
import { secretsDirectory } from "./secrets.ts";
import type { Access, Files, HostSystem } from "./system.ts";
import type { HostFacts } from "./values.ts";

export const stagingDirectory = `${stateDirectory}/staging`;
const unitDirectory = "/etc/systemd/system";

export interface StagingDeps {
  readonly system: HostSystem;
  readonly facts: HostFacts;
  readonly owner: Pick<Access, "uid" | "gid">;
  readonly t: Translate;
}

/** Writes every rendered file below the staging directory. */
export function stage(rendered: readonly RenderedFile[], { system: { files }, owner }: StagingDeps): void {
  files.removeTree(stagingDirectory);
  files.makeDirectory(stagingDirectory, { ...owner, mode: 0o700 });
  for (const { path, content } of rendered) {
    files.write(`${stagingDirectory}${path}`, adapt(path, content), { ...owner, mode: 0o600 });
  }
  for (const path of ownFolders) files.makeDirectory(`${stagingDirectory}${path}`, { ...owner, mode: 0o700 });
}

export function unstage(files: Files): void {
  if (files.status(stagingDirectory) !== undefined) files.removeTree(stagingDirectory);
}

/** What nginx -t opens or makes; its unit makes them when it starts. */
const ownFolders = ["/var/log/gatehouse-nginx", "/var/cache/gatehouse-nginx", "/run/gatehouse-nginx"] as const;

/**
 * The copies refer to each other, and to what is there before any unit has started: credentials have no place yet, nginx's folders are
 * its unit's, and a test of oauth2-proxy's writes to its session store (validateRedisSessionStore), which may not run yet.
 */
function adapt(path: string, content: string): string {
  if (!path.startsWith("/etc/gatehouse/")) return content;
  let text = content.replaceAll(/\/run\/credentials\/gatehouse-oauth2-proxy\.service(?=\/)/g, "\0secrets\0");
  text = text.replaceAll(/(?<![\w.])\/etc\/gatehouse\//g, `${stagingDirectory}/etc/gatehouse/`);
  for (const folder of ownFolders) text = text.replaceAll(folder, `${stagingDirectory}${folder}`);
  text = text.replaceAll("\0secrets\0", secretsDirectory);
  if (path.endsWith("/oauth2-proxy.cfg")) text = text.replace(/^(session_store_type\s*=\s*)"redis"/m, '$1"cookie"');
  return text;
}

interface Validation {
  /** Whether a changed file is one of those that it looks at. */
  readonly concerns: (path: string) => boolean;
  readonly command: (staged: readonly string[], facts: HostFacts) => [string, ...string[]];
}

const under = (prefix: string) => (path: string) => path.startsWith(prefix);
const named = (name: string) => (path: string) => path === name;

const validations: readonly Validation[] = [
  {
    concerns: (path) => path === "/etc/gatehouse/nginx.conf" || path.startsWith("/etc/gatehouse/nginx/"),
    command: (_, { nginx }) => [nginx, "-t", "-q", "-c", `${stagingDirectory}/etc/gatehouse/nginx.conf`],
  },
  {
    concerns: (path) => path === "/etc/gatehouse/oauth2-proxy.cfg" || path === "/etc/gatehouse/allowed-emails",
    command: () => [oauth2Proxy, "--config", `${stagingDirectory}/etc/gatehouse/oauth2-proxy.cfg`, "--config-test"],
  },
  {
    concerns: named("/etc/gatehouse/nftables.conf"),
    command: () => ["/usr/sbin/nft", "-c", "-f", `${stagingDirectory}/etc/gatehouse/nftables.conf`],
  },
  {
    // Warnings about units of others don't count: --recursive-errors (systemd 250 on).
    concerns: under(`${unitDirectory}/`),
    command: (staged) => [
      "systemd-analyze",
      "verify",
      "--man=no",
      "--recursive-errors=no",
      ...staged.filter(under(`${unitDirectory}/`)).map((path) => `${stagingDirectory}${path}`),
    ],
  },
  {
    concerns: under("/etc/sudoers.d/"),
    command: (staged) => ["visudo", "-c", "-q", "-f", `${stagingDirectory}${staged.find(under("/etc/sudoers.d/"))}`],
  },
];

/**
 * Asks each program that has something to say about what changes.
 *
 * @throws HostProblem with what the first program that refuses says
 */
export async function validate(
  rendered: readonly RenderedFile[],
  changes: readonly FileChange[],
  { system, facts, t }: StagingDeps,
): Promise<void> {
  const staged = rendered.map(({ path }) => path);
  for (const { concerns, command } of validations) {
    const concerned = changes.some(({ path, kind }) => concerns(path) && kind !== "access");
    if (!concerned || !staged.some(concerns)) continue;
    const line = command(staged, facts);
    const { code, stdout, stderr } = await system.run(line);
    if (code !== 0) {
      const shown = line.slice(0, 3).join(" ").replaceAll(stagingDirectory, "");
      const output = `${stdout}\n${stderr}`.replaceAll(stagingDirectory, "");
      throw new HostProblem(
        t("The new files were refused, nothing was changed: {command}", { command: shown }),
        output,
      );
    }
  }
}

/** sysusers.d and tmpfiles.d are applied from their copies: owners and folders have to be there before anything else. */
export async function applyStaged(
  kind: "sysusers" | "tmpfiles",
  rendered: readonly RenderedFile[],
  { system, t }: StagingDeps,
): Promise<void> {
  const { path } = rendered.find((file) => file.path.startsWith(`/etc/${kind}.d/`)) ?? {};
  if (path === undefined) return;
  const copy = `${stagingDirectory}${path}`;
  const command: [string, ...string[]] =
    kind === "sysusers" ? ["systemd-sysusers", copy] : ["systemd-tmpfiles", "--create", copy];
  const { code, stdout, stderr } = await system.run(command);
  // 65 (DATAERR): lines that were ignored; 73 (CANTCREAT): systemd-tmpfiles(8).
  if (code !== 0) throw new HostProblem(t("{command} failed.", { command: command[0] }), `${stdout}\n${stderr}`);
}
