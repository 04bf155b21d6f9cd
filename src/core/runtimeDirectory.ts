/**
 * Where the agent and its clients meet: a directory that only its owner can enter, or the one that the system service was given.
 */
import { lstatSync, mkdirSync, readFileSync, type Stats } from "node:fs";
import { basename, dirname, join } from "node:path";
import { GatehouseError } from "./errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface RuntimePaths {
  /** `service`: the socket belongs to a system service, which no client ever starts. */
  readonly mode: "service" | "user";
  /** The socket's directory; in `user` mode everything else is there, too. */
  readonly directory: string;
  readonly socket: string;
  /**
   * The container endpoint's token where its port is fixed: a service that was handed the endpoint's socket. Else see `portTokenFile`.
   * A service's is in a directory of its own, which the group of the IDE's user may enter: in the socket's, root alone can write.
   */
  readonly tokenFile: string;
  /** `{"port": number, "tokenFile"?: string}`: not secret; the port stays the same over restarts, and is known before the agent answers. */
  readonly endpointFile: string;
}

export interface RuntimeDependencies {
  readonly environment: Environment;
  /** Number of the user; -1 where the platform has none. */
  readonly uid?: number;
  /** Socket of the system service. */
  readonly serviceSocket?: string;
}

const serviceSocket = "/run/gatehouse/agent.sock";

/**
 * The paths of this person's agent. Nothing is created. The service's socket counts when it exists; GATEHOUSE_SOCKET names another;
 * GATEHOUSE_RUNTIME_DIR asks for an agent of one's own in that directory, and so overrides the service's default socket.
 */
export function runtimePaths(deps: RuntimeDependencies): RuntimePaths {
  const { environment } = deps;
  const named = environment["GATEHOUSE_SOCKET"];
  const service = named ?? (environment["GATEHOUSE_RUNTIME_DIR"] ? undefined : (deps.serviceSocket ?? serviceSocket));
  if (service && (named !== undefined || lstatOf(service)?.isSocket() === true)) {
    const tokenFile = environment["GATEHOUSE_TOKEN_FILE"] ?? join(dirname(service), "terminal", "token");
    return pathsOf("service", service, tokenFile);
  }
  const directory = userDirectory(environment, deps.uid ?? process.getuid?.() ?? -1);
  return pathsOf("user", join(directory, "agent.sock"), join(directory, "token"));
}

function pathsOf(mode: "service" | "user", socket: string, tokenFile: string): RuntimePaths {
  return {
    mode,
    directory: dirname(socket),
    socket,
    tokenFile,
    endpointFile: join(dirname(tokenFile), "endpoint.json"),
  };
}

function userDirectory(environment: Environment, uid: number): string {
  const named = environment["GATEHOUSE_RUNTIME_DIR"];
  if (named) return named;
  const xdg = environment["XDG_RUNTIME_DIR"];
  for (const parent of [xdg, `/run/user/${uid}`]) {
    // Of sudo and su one inherits another person's XDG_RUNTIME_DIR.
    if (parent && lstatOf(parent)?.uid === uid && lstatOf(parent)?.isDirectory() === true)
      return join(parent, "gatehouse");
  }
  return join(environment["TMPDIR"] || "/tmp", `gatehouse-${uid}`);
}

/**
 * Creates the directory, 0700, where there is none, and makes sure that it is ours alone.
 *
 * @throws GatehouseError socketUnsafe when it is a link, someone else's, or open to others.
 */
export function ensurePrivateDirectory(directory: string, uid = process.getuid?.() ?? -1): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") {
      // Only for a directory that was named by hand: its parents are then not ours to judge.
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } else if (code !== "EEXIST") {
      throw new GatehouseError("socketUnsafe", { path: directory, detail: code ?? String(error) }, { cause: error });
    }
  }
  checkPrivateDirectory(directory, uid);
}

/** @throws GatehouseError socketUnsafe, as ensurePrivateDirectory does; agentUnavailable when there is no such directory. */
export function checkPrivateDirectory(directory: string, uid = process.getuid?.() ?? -1): void {
  const status = lstatOf(directory);
  if (status === undefined) throw new GatehouseError("agentUnavailable", { detail: `no directory ${directory}` });
  const detail = status.isSymbolicLink()
    ? "is a symbolic link"
    : !status.isDirectory()
      ? "is not a directory"
      : uid >= 0 && status.uid !== uid
        ? `belongs to user ${status.uid}`
        : (status.mode & 0o077) !== 0
          ? `is open to others (mode ${mode(status)})`
          : undefined;
  if (detail !== undefined) throw new GatehouseError("socketUnsafe", { path: directory, detail });
}

/**
 * Makes sure that nobody but us and root decides what lies at the path of a service's token: who opens a terminal sends what is
 * in it to the endpoint that stands beside it.
 *
 * @throws GatehouseError socketUnsafe; agentUnavailable when there is no such directory
 */
export function checkTokenDirectory({ tokenFile }: RuntimePaths, uid = process.getuid?.() ?? -1): void {
  const directory = dirname(tokenFile);
  checkServiceDirectory(dirname(directory), uid);
  checkServiceDirectory(directory, uid);
  const status = lstatOf(directory);
  if (uid >= 0 && status?.uid !== uid) {
    throw new GatehouseError("socketUnsafe", { path: directory, detail: `belongs to user ${status?.uid}` });
  }
}

/**
 * Makes sure that whoever listens on the socket is this person's agent or the system's: a socket of another user, or one in a
 * directory where others could have put it, would be handed the password.
 *
 * @throws GatehouseError socketUnsafe; agentUnavailable when there is none.
 */
export function checkSocket(paths: RuntimePaths, uid = process.getuid?.() ?? -1): void {
  if (paths.mode === "user") checkPrivateDirectory(paths.directory, uid);
  else checkServiceDirectory(paths.directory, uid);
  const status = lstatOf(paths.socket);
  if (status === undefined) throw new GatehouseError("agentUnavailable", { detail: `no socket ${paths.socket}` });
  if (!status.isSocket()) throw new GatehouseError("socketUnsafe", { path: paths.socket, detail: "is not a socket" });
  // In a directory of root's, root decided whose the socket is.
  if (paths.mode === "user" && uid >= 0 && status.uid !== uid) {
    throw new GatehouseError("socketUnsafe", { path: paths.socket, detail: `belongs to user ${status.uid}` });
  }
}

function checkServiceDirectory(directory: string, uid: number): void {
  const status = lstatOf(directory);
  if (status === undefined) throw new GatehouseError("agentUnavailable", { detail: `no directory ${directory}` });
  const detail = !status.isDirectory()
    ? "is not a directory"
    : status.uid !== 0 && status.uid !== uid
      ? `belongs to user ${status.uid}`
      : (status.mode & 0o022) !== 0
        ? `others can write to it (mode ${mode(status)})`
        : undefined;
  if (detail !== undefined) throw new GatehouseError("socketUnsafe", { path: directory, detail });
}

/**
 * The container endpoint's token where the port can change: with a file for each port, a terminal that was opened when the agent had
 * another port never hands the token of now to whoever has taken that one.
 */
export function portTokenFile({ tokenFile }: Pick<RuntimePaths, "tokenFile">, port: number): string {
  return `${tokenFile}-${port}`;
}

/** The endpoint's address as the last agent left it, without asking anybody; undefined before the first start. */
export function readEndpoint(paths: RuntimePaths): { readonly uri: string; readonly tokenFile: string } | undefined {
  try {
    const { port, tokenFile } = JSON.parse(readFileSync(paths.endpointFile, "utf8")) as Record<string, unknown>;
    if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65535) return undefined;
    const own = portTokenFile(paths, port);
    return { uri: endpointUri(port), tokenFile: tokenFile === basename(own) ? own : paths.tokenFile };
  } catch {
    return undefined;
  }
}

/** Value for AWS_CONTAINER_CREDENTIALS_FULL_URI. The SDKs take plain http to the literal loopback address only. */
export function endpointUri(port: number): string {
  return `http://127.0.0.1:${port}/credentials`;
}

function lstatOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function mode(status: Stats): string {
  return (status.mode & 0o777).toString(8);
}
