/** The narrow piece of the machine that `host apply` works on: files below a root directory, and commands. */
import { execFile } from "node:child_process";
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

export interface Access {
  readonly uid: number;
  readonly gid: number;
  /** Permissions and the set-id bits, e.g. 0o644. */
  readonly mode: number;
}

export interface FileStatus extends Access {
  readonly kind: "file" | "directory" | "link" | "other";
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

/** Paths are absolute, as the host sees them. What is missing is undefined; everything else that fails is thrown as Node throws it. */
export interface Files {
  /** Of the name itself, not of what a link points to. */
  status(path: string): FileStatus | undefined;
  read(path: string): Buffer | undefined;
  names(directory: string): readonly string[];
  /** With every link followed. */
  realPath(path: string): string | undefined;
  /** Whole or not at all, also after a loss of power. Missing folders above it are made, 0755. */
  write(path: string, data: string | Buffer, access: Access): void;
  setAccess(path: string, access: Access): void;
  /** A file or an empty name; missing is fine. */
  remove(path: string): void;
  removeTree(path: string): void;
  /** Replaces a file; a directory only where none is. */
  rename(from: string, to: string): void;
  makeDirectory(path: string, access: Access): void;
}

export interface CommandResult {
  /** -1 when it could not be started or took too long. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HostSystem {
  readonly files: Files;
  run(command: readonly [string, ...string[]]): Promise<CommandResult>;
}

/** Nothing of the caller's: oauth2-proxy takes options from variables, and root runs nothing from another's PATH. */
const environment = {
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LC_ALL: "C.UTF-8",
  SYSTEMD_PAGER: "",
  SYSTEMD_COLORS: "0",
};

/** The machine itself. Commands end after two minutes at the latest. */
export function realSystem(): HostSystem {
  return {
    files: filesBelow(""),
    run: ([program, ...rest]) =>
      new Promise((resolve) => {
        execFile(
          program,
          rest,
          { env: environment, timeout: 120_000, maxBuffer: 16_000_000, encoding: "utf8" },
          (error, stdout, stderr) => {
            if (error === null) return resolve({ code: 0, stdout, stderr });
            const code = typeof error.code === "number" ? error.code : -1;
            resolve({ code, stdout, stderr: stderr === "" && code === -1 ? error.message : stderr });
          },
        );
      }),
  };
}

/**
 * @param root what stands before every path; empty for the machine's own
 * @param sync waits until what was written is on the disk
 */
export function filesBelow(root: string, sync: (descriptor: number) => void = fsyncSync): Files {
  const at = (path: string): string => `${root}${path}`;
  const files: Files = {
    status(path) {
      const status = orMissing(() => lstatSync(at(path)));
      if (status === undefined) return undefined;
      return {
        kind: status.isFile()
          ? "file"
          : status.isDirectory()
            ? "directory"
            : status.isSymbolicLink()
              ? "link"
              : "other",
        uid: status.uid,
        gid: status.gid,
        mode: status.mode & 0o7777,
        size: status.size,
        modified: status.mtimeMs,
      };
    },
    read: (path) => orMissing(() => readFileSync(at(path))),
    names: (directory) => orMissing(() => readdirSync(at(directory)).sort()) ?? [],
    realPath: (path) => orMissing(() => realpathSync(at(path)).slice(root.length)),
    write(path, data, access) {
      const folder = dirname(path);
      if (files.status(folder) === undefined) makeFolders(at(folder));
      const temporary = at(temporaryName(path));
      // A leftover of a run that was stopped; only one runs at a time.
      rmSync(temporary, { force: true });
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const file = openSync(temporary, flags, 0o600);
      try {
        const bytes = Buffer.from(data);
        for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
        fchownSync(file, access.uid, access.gid);
        fchmodSync(file, access.mode);
        sync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, at(path));
      syncDirectory(sync, at(folder));
    },
    setAccess(path, { uid, gid, mode }) {
      lchownSync(at(path), uid, gid);
      chmodSync(at(path), mode);
    },
    remove(path) {
      rmSync(at(path), { force: true });
      if (files.status(dirname(path)) !== undefined) syncDirectory(sync, at(dirname(path)));
    },
    removeTree: (path) => rmSync(at(path), { force: true, recursive: true }),
    rename(from, to) {
      renameSync(at(from), at(to));
      syncDirectory(sync, at(dirname(to)));
    },
    makeDirectory(path, access) {
      if (files.status(path) === undefined) {
        makeFolders(at(dirname(path)));
        mkdirSync(at(path), 0o700);
      }
      files.setAccess(path, access);
    },
  };
  return files;
}

/** Where a file is written before it takes its place. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.gatehouse-new`);
}

function makeFolders(path: string): void {
  const made = mkdirSync(path, { recursive: true, mode: 0o755 });
  // Whatever the umask is.
  if (made !== undefined)
    for (let each = path; each.length >= made.length; each = dirname(each)) chmodSync(each, 0o755);
}

/** A new name is only safe once its directory is written (fsync(2)). */
function syncDirectory(sync: (descriptor: number) => void, path: string): void {
  const directory = openSync(path, constants.O_RDONLY);
  try {
    sync(directory);
  } finally {
    closeSync(directory);
  }
}

function orMissing<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
