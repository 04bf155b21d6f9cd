/** Ways to root that the IDE's user has outside of the editor. The profile strict promises that there are none (docs/security.md). */
import type { Translate } from "../text.ts";
import { developerRule } from "./files.ts";
import type { HostSystem } from "./system.ts";
import type { User, Users } from "./users.ts";

export interface PrivilegesDeps {
  readonly system: HostSystem;
  readonly users: Users;
  readonly t: Translate;
}

/** Administrators to sudo and to polkit; who may talk to a daemon of root's that does as it is told; who may read and write disks. */
const groupsOfRoot = ["root", "sudo", "wheel", "admin", "docker", "lxd", "incus-admin", "disk"];

const sudo = "/usr/bin/sudo";
/** How `sudo -l` prints the rule of the profile developer, which goes when strict is applied: deploy/host/sudoers. */
const ownRule = "(ALL : ALL) NOPASSWD: ALL";

/** A sentence for each way, which says what to do; none for a user who has none. */
export async function waysToRoot(user: User, { system, users, t }: PrivilegesDeps): Promise<string[]> {
  const ways = users
    .groupsOf(user)
    .filter((group) => groupsOfRoot.includes(group))
    .map((group) =>
      t(
        "{user} is in the group {group}, which is a way to root, and the profile strict promises that there is none. Take the user out of it, or name another user or the profile developer in host.json.",
        { user: user.name, group },
      ),
    );
  const rules = await sudoRules(user.name, system);
  if (rules.length > 0)
    ways.push(
      t(
        "sudo lets {user} run commands: {rules}. The profile strict promises that there is no way to root. Take the rule out of sudoers, or name another user or the profile developer in host.json.",
        { user: user.name, rules: rules.join(", ") },
      ),
    );
  return ways;
}

/** Of every source that sudo has, by sudo itself: as root it lists anybody's rules without asking for a password (sudo(8)). */
async function sudoRules(user: string, { files, run }: HostSystem): Promise<string[]> {
  if (files.realPath(sudo) === undefined) return [];
  const { stdout } = await run([sudo, "-l", "-U", user]);
  const [, listed = ""] = /may run the following commands on [^\n]*:\n(.*)/s.exec(stdout) ?? [];
  const rules = listed
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const own = files.status(developerRule) === undefined ? -1 : rules.indexOf(ownRule);
  return rules.filter((_, index) => index !== own);
}
