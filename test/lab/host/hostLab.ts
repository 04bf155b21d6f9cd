/** The whole product on a systemd host in a container, for tests and `npm start`. */
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { GatePool } from "../../cognito/gatePool.ts";
import { root as checkout } from "../cache.ts";
import { ensureCodeServer } from "../codeServer.ts";
import { ensurePackages } from "../debian.ts";
import { buildExtension } from "../extension.ts";
import { ensurePython } from "../moto.ts";
import { ensureOauth2Proxy } from "../oauth2Proxy.ts";
import * as addresses from "./addresses.ts";
import { ensureBase } from "./base.ts";
import { ensureAuthorities, publicKeyHash } from "./certificates.ts";
import { removeOrphans } from "./cleanUp.ts";
import type { Container } from "./container.ts";
import { dial } from "./dial.ts";
import { ensureDownloads, ensureWheels, readPins } from "./downloads.ts";
import { suppliesInHost } from "./hostFiles.ts";
import { whyNoHost } from "./machine.ts";
import { startPortRelay } from "./portRelay.ts";
import { ensureProvisioned } from "./provisioned.ts";
import { startSniRelay } from "./sniRelay.ts";
import { type HostFile, type Stage, setStage, writeConfiguration } from "./stage.ts";

export interface HostLabOptions {
  /** Told in one line what takes its time. */
  readonly progress: (line: string) => void;
  /** Packed extension; built where absent. */
  readonly vsix?: string;
  /** Of the relay on the machine's loopback; 0 or absent: a free one. */
  readonly port?: number;
  /** Changes host.json before it is written. */
  readonly hostFile?: (file: HostFile) => HostFile;
}

export interface HostLab {
  /** What a browser shows: `https://ide.gatehouse.localhost`, without a port. */
  readonly origin: string;
  /** The editor with its folder. */
  readonly url: string;
  /** Of 127.0.0.1: gate and managed login, chosen by the TLS server name. */
  readonly port: number;
  /** For a Chromium that finds the lab and takes exactly its certificates. */
  readonly browserArguments: readonly string[];
  /** PEM: who signed the certificates of gate and managed login. */
  readonly caFile: string;
  /** The emulator, on loopback. */
  readonly cognitoEndpoint: string;
  readonly pool: GatePool;
  /** The host's root directory as this process sees it; for what lies in memory there (/run) use `run`. */
  readonly root: string;
  /** Of this run. */
  readonly directory: string;
  /** Runs a command in the host. */
  readonly run: Container["run"];
  /** Words before a command that is to run in the host, for a terminal of one's own. */
  readonly inHost: Container["inHost"];
  /** A loopback port of the machine that reaches this port of the host's loopback, or this Unix socket of the host. */
  relay(portOrSocketInHost: number | string): Promise<number>;
  reboot(): Promise<void>;
  /** Called where the host or the world ends without having been asked to. */
  onEnd(listener: () => void): void;
  /** Ends everything; nothing stays behind. */
  close(): Promise<void>;
}

/** Makes everything that a host is started from, so that the next start is quick: minutes at the first time. */
export async function prepareHostLab(progress: (line: string) => void): Promise<void> {
  await ensurePackages("hostLab");
  await ensureProvisioned(await prepare({ progress }));
}

/** Installs what is missing, provisions where this VSIX wasn't yet, and starts a host of its own. On failure nothing stays behind. */
export async function startHostLab(options: HostLabOptions): Promise<HostLab> {
  const { progress } = options;
  const why = whyNoHost();
  if (why !== undefined) throw new Error(why);
  await removeOrphans();
  await ensurePackages("hostLab");
  const parts = await prepare(options);
  const provisioned = await ensureProvisioned(parts);
  const stage = await setStage({ ...parts, layers: provisioned, hostFile: options.hostFile });
  try {
    await writeConfiguration(stage, false);
    const container = await stage.boot();
    progress("Applying host.json …");
    const apply = ["/opt/gatehouse/lib/code-server/lib/node", "/opt/gatehouse/current/dist/cli.js", "host", "apply"];
    await container.run(apply);
    return await open(stage, container, options);
  } catch (error) {
    await stage.close();
    throw error;
  }
}

/** Everything that is made once and kept. */
async function prepare({ progress, vsix }: HostLabOptions) {
  const authorities = await ensureAuthorities();
  const requirements = join(checkout, "deploy/host/python/requirements.txt");
  const [base, [downloads, pins], [python, wheels], packed] = await Promise.all([
    ensureBase(authorities, progress),
    Promise.all([ensureCodeServer(progress), ensureOauth2Proxy(progress)]).then(async ([codeServer, oauth2Proxy]) => {
      const layer = await ensureDownloads(codeServer, oauth2Proxy, progress);
      return [layer, readPins(layer)] as const;
    }),
    ensurePython(progress).then(async (tools) => {
      return [tools, await ensureWheels(tools.python, requirements, progress)] as const;
    }),
    readVsix(vsix, progress),
  ]);
  const readOnly = {
    [join(base.path, "apt")]: `${suppliesInHost}/apt`,
    [join(downloads.path, "files")]: `${suppliesInHost}/files`,
    [join(wheels.path, "wheels")]: `${suppliesInHost}/wheels`,
  };
  const inputs = [downloads, wheels];
  return { authorities, base, inputs, pins, python, readOnly, vsix: packed, progress };
}

/** Built once in a process: what a test run tests doesn't change under it. */
let built: Promise<Buffer> | undefined;

function readVsix(given: string | undefined, progress: (line: string) => void): Promise<Buffer> {
  if (given !== undefined) return readFile(given);
  if (built === undefined) progress("Building the extension …");
  built ??= buildExtension().then((path) => readFile(path));
  return built;
}

/** Opens the ways from the machine to a running host. */
async function open(stage: Stage, container: Container, options: HostLabOptions): Promise<HostLab> {
  const { world } = stage;
  const relays: { close(): Promise<void> }[] = [];
  const relay = await startSniRelay(options.port ?? 0, (serverName) =>
    dial(world.dialSocket, serverName === addresses.loginDomain ? addresses.worldAddress : addresses.hostAddress, 443),
  );
  relays.push(relay);
  const certificates = [stage.gateCertificate, stage.loginCertificate];
  const hashes = await Promise.all(certificates.map(({ certificate }) => publicKeyHash(certificate)));
  const origin = `https://${addresses.domain}`;
  const folder = String(stage.hostFile["folder"] ?? `/home/${stage.hostFile["user"]}/environment`);
  const rules = [addresses.domain, addresses.loginDomain].map((name) => `MAP ${name}:443 127.0.0.1:${relay.port}`);
  return {
    origin,
    url: `${origin}/?folder=${encodeURI(folder)}`,
    port: relay.port,
    browserArguments: [
      `--host-resolver-rules=${rules.join(",")}`,
      `--ignore-certificate-errors-spki-list=${hashes.join(",")}`,
    ],
    caFile: (await ensureAuthorities()).browser.certificate,
    cognitoEndpoint: stage.cognitoEndpoint,
    pool: stage.pool,
    root: stage.root,
    directory: stage.run.path,
    run: container.run,
    inHost: container.inHost,
    async relay(target) {
      const opened =
        typeof target === "string"
          ? await startPortRelay(() =>
              connect({ path: `/proc/${container.initPid()}/root${target}`, allowHalfOpen: true }),
            )
          : await hostLoopback(world, target);
      relays.push(opened);
      return opened.port;
    },
    reboot: container.reboot,
    onEnd(listener) {
      container.onEnd(listener);
      world.onEnd(listener);
    },
    async close() {
      await Promise.allSettled(relays.map((each) => each.close()));
      await stage.close();
    },
  };
}

async function hostLoopback(world: Stage["world"], port: number) {
  const socket = await world.hostDialSocket();
  return startPortRelay(() => dial(socket, "127.0.0.1", port));
}
