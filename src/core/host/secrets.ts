/** The gate's two secrets: files that only root can read, which systemd hands to oauth2-proxy (LoadCredential). */
import { randomBytes } from "node:crypto";
import type { Translate } from "../text.ts";
import { HostProblem } from "./problems.ts";
import type { Access, Files } from "./system.ts";

export const secretsDirectory = "/etc/gatehouse/secrets";
export const clientSecretPath = `${secretsDirectory}/client-secret`;
export const cookieSecretPath = `${secretsDirectory}/cookie-secret`;
/** AES-256: oauth2-proxy takes 16, 24 or 32 raw bytes. */
const cookieSecretBytes = 32;

/** What has to be done to a secret; what it is, nobody is told. */
export interface SecretStep {
  readonly path: string;
  readonly kind: "create" | "update" | "access";
  apply(): void;
}

/**
 * Looks at both files. Changes nothing.
 *
 * @throws HostProblem where the client's secret is missing, or either can't be used: nobody but a person can mend that
 */
export function planSecrets(files: Files, owner: Pick<Access, "uid" | "gid">, t: Translate): SecretStep[] {
  const access = { ...owner, mode: 0o600 };
  const steps: SecretStep[] = [];
  const directory = files.status(secretsDirectory);
  if (directory !== undefined && directory.kind !== "directory")
    throw new HostProblem(t("{path} is not a directory.", { path: secretsDirectory }));
  const wanted = { ...owner, mode: 0o700 };
  if (directory === undefined || !same(directory, wanted))
    steps.push({
      path: secretsDirectory,
      kind: directory === undefined ? "create" : "access",
      apply: () => files.makeDirectory(secretsDirectory, wanted),
    });

  const given = readSecret(files, clientSecretPath, t);
  const stripped = given && trimmed(given);
  if (given === undefined || stripped === undefined || stripped.length === 0) {
    throw new HostProblem(
      t(
        "{path} is missing or empty. Write the secret of the gate's app client into it: install -m 600 /dev/stdin {path}",
        {
          path: clientSecretPath,
        },
      ),
    );
  }
  if (!/^[\x21-\x7e]+$/.test(stripped.toString("latin1")))
    throw new HostProblem(
      t("{path} holds more than one line or a character that no secret has.", { path: clientSecretPath }),
    );
  // oauth2-proxy would take the line break for a part of it.
  if (stripped.length !== given.length)
    steps.push({
      path: clientSecretPath,
      kind: "update",
      apply: () => files.write(clientSecretPath, stripped, access),
    });
  else keepClosed(clientSecretPath);

  const cookie = readSecret(files, cookieSecretPath, t);
  if (cookie === undefined)
    steps.push({
      path: cookieSecretPath,
      kind: "create",
      apply: () => files.write(cookieSecretPath, randomBytes(cookieSecretBytes), access),
    });
  else if (cookie.length !== cookieSecretBytes)
    throw new HostProblem(
      t("{path} does not have {count} bytes. Remove it to have another made; every session at the gate ends then.", {
        path: cookieSecretPath,
        count: cookieSecretBytes,
      }),
    );
  else keepClosed(cookieSecretPath);
  return steps;

  function keepClosed(path: string): void {
    const status = files.status(path);
    if (status !== undefined && !same(status, access))
      steps.push({ path, kind: "access", apply: () => files.setAccess(path, access) });
  }
}

function readSecret(files: Files, path: string, t: Translate): Buffer | undefined {
  const status = files.status(path);
  if (status === undefined) return undefined;
  if (status.kind !== "file") throw new HostProblem(t("{path} is not a file.", { path }));
  return files.read(path);
}

/** Without line breaks at its end. */
function trimmed(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--;
  return bytes.subarray(0, end);
}

function same(one: Access, other: Access): boolean {
  return one.uid === other.uid && one.gid === other.gid && one.mode === other.mode;
}
