/** Files that hold secrets, or that others must not be able to put in our way. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { GatehouseError } from "./errors.ts";

export interface WriteOptions {
  /** Permissions; 0600 when absent. */
  readonly mode?: number;
  /** Group of the file: its number; unchanged when absent. */
  readonly gid?: number;
}

/**
 * Writes a file so that a reader finds the old one or the new one, whole, and so that a link or another's file that lies at its
 * name is replaced, not written to: a temporary file that must not exist yet, then rename(2).
 */
export function writePrivateFile(path: string, data: string | Buffer, options: WriteOptions = {}): void {
  const mode = options.mode ?? 0o600;
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}`);
  // A leftover of a process with the same number.
  rmSync(temporary, { force: true });
  const file = openSync(
    temporary,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    const bytes = Buffer.from(data);
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    if (options.gid !== undefined && fstatSync(file).gid !== options.gid) fchownSync(file, -1, options.gid);
    fchmodSync(file, mode);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    renameSync(temporary, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "EISDIR" && code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    // An empty directory in the way goes; one with something in it is not ours to remove.
    rmdirSync(path);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Reads a file that only we can have written.
 *
 * @returns undefined when there is none
 * @throws GatehouseError socketUnsafe when it is a link, no regular file, someone else's, open to others, or longer than `limit` bytes
 */
export function readPrivateFile(path: string, limit: number, uid = process.getuid?.() ?? -1): string | undefined {
  let file: number;
  try {
    // O_NONBLOCK: a named pipe in its place would block for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") return undefined;
    throw new GatehouseError("socketUnsafe", { path, detail: code === "ELOOP" ? "is a symbolic link" : String(code) });
  }
  try {
    const status = fstatSync(file);
    const detail = !status.isFile()
      ? "is not a file"
      : uid >= 0 && status.uid !== uid
        ? `belongs to user ${status.uid}`
        : (status.mode & 0o077) !== 0
          ? `is open to others (mode ${(status.mode & 0o777).toString(8)})`
          : status.size > limit
            ? `is too long (${status.size} bytes)`
            : undefined;
    if (detail !== undefined) throw new GatehouseError("socketUnsafe", { path, detail });
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}
