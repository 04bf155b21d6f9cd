/** What differs between the host and what it is to have. */
import { createHash } from "node:crypto";
import type { RenderedFile } from "./render.ts";
import type { Access, Files } from "./system.ts";
import type { Users } from "./users.ts";

export interface Before {
  readonly content: Buffer;
  readonly access: Access;
  /** A plain file: no link, no directory. */
  readonly regular: boolean;
}

export interface FileChange {
  readonly path: string;
  /** `access`: only owner, group or mode. */
  readonly kind: "create" | "update" | "access" | "remove";
  /** What is there now. */
  readonly before?: Before;
  readonly after?: RenderedFile & { readonly access: Access };
}

/** Names that own a rendered file and that the host doesn't know. */
export function unknownNames(rendered: readonly RenderedFile[], users: Users): string[] {
  const names = rendered.flatMap(({ owner, group }) => [
    ...(users.user(owner) === undefined ? [owner] : []),
    ...(users.group(group) === undefined ? [group] : []),
  ]);
  return [...new Set(names)];
}

/**
 * Compares content, owner, group and mode.
 *
 * @param earlier paths that an earlier run rendered: those that are no longer rendered are to go
 * @returns in the order of `rendered`, then what goes
 */
export function planChanges(
  files: Files,
  users: Users,
  rendered: readonly RenderedFile[],
  earlier: readonly string[],
): FileChange[] {
  const changes: FileChange[] = [];
  for (const file of rendered) {
    // Names that are not known yet only occur in a dry run of the first time.
    const access = {
      uid: users.user(file.owner)?.uid ?? -1,
      gid: users.group(file.group) ?? -1,
      mode: file.mode,
    };
    const before = readBefore(files, file.path);
    const after = { ...file, access };
    if (before === undefined) changes.push({ path: file.path, kind: "create", after });
    else if (!before.content.equals(Buffer.from(file.content)) || !before.regular)
      changes.push({ path: file.path, kind: "update", before, after });
    else if (before.access.uid !== access.uid || before.access.gid !== access.gid || before.access.mode !== access.mode)
      changes.push({ path: file.path, kind: "access", before, after });
  }
  const wanted = new Set(rendered.map(({ path }) => path));
  for (const path of earlier) {
    const before = wanted.has(path) ? undefined : readBefore(files, path);
    if (before !== undefined) changes.push({ path, kind: "remove", before });
  }
  return changes;
}

/** What is at a path now; undefined where nothing is. */
export function readBefore(files: Files, path: string): Before | undefined {
  const status = files.status(path);
  if (status === undefined) return undefined;
  const regular = status.kind === "file";
  // A link in a file's place is replaced, and comes back as the file that it showed.
  const content = status.kind === "directory" ? Buffer.alloc(0) : (files.read(path) ?? Buffer.alloc(0));
  const { uid, gid, mode } = status;
  return { content, access: { uid, gid, mode: regular ? mode : 0o644 }, regular };
}

/** SHA-256, hexadecimal. */
export function hashOf(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
