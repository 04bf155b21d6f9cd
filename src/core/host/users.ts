/** Users and groups of the host, from /etc/passwd and /etc/group: a service's own and the IDE's are there, whatever else is asked. */
import type { Files } from "./system.ts";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export interface Users {
  user(name: string): User | undefined;
  /** A group's number by its name. */
  group(name: string): number | undefined;
  groupName(gid: number): string | undefined;
  /** Names of the user's own group and of those that name the user. */
  groupsOf(user: Pick<User, "name" | "gid">): string[];
}

export function readUsers(files: Files): Users {
  const users = new Map<string, User>();
  for (const [name = "", , uid, gid, , home = ""] of rows(files, "/etc/passwd"))
    users.set(name, { name, uid: Number(uid), gid: Number(gid), home });
  const entries = rows(files, "/etc/group").map(([name = "", , gid, members = ""]) => ({
    name,
    gid: Number(gid),
    members: members.split(","),
  }));
  const groups = new Map(entries.map(({ name, gid }) => [name, gid]));
  const names = new Map([...groups].reverse().map(([name, gid]) => [gid, name]));
  return {
    user: (name) => users.get(name),
    group: (name) => groups.get(name),
    groupName: (gid) => names.get(gid),
    groupsOf: (user) =>
      entries.filter(({ gid, members }) => gid === user.gid || members.includes(user.name)).map(({ name }) => name),
  };
}

function rows(files: Files, path: string): string[][] {
  const text = files.read(path)?.toString("utf8") ?? "";
  return text
    .split("\n")
    .filter((line) => /^[^#:+-][^:]*:/.test(line))
    .map((line) => line.split(":"));
}
