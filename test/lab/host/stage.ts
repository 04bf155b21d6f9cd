/** One host of the lab from its layers to its end: the world with a fresh pool, the host's files, the running host. */
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createGatePool, type GatePool } from "../../cognito/gatePool.ts";
import type { PythonTools } from "../moto.ts";
import { createRunDirectory, type RunDirectory } from "../runDirectory.ts";
import * as addresses from "./addresses.ts";
import { type Authorities, issue, type KeyPair } from "./certificates.ts";
import { createControlGroup } from "./cgroup.ts";
import { bootContainer, type Container } from "./container.ts";
import { dial } from "./dial.ts";
import type { Pins } from "./downloads.ts";
import { put, writeBaseFiles } from "./hostFiles.ts";
import { layOver, type Overlay } from "./overlay.ts";
import { startPortRelay } from "./portRelay.ts";
import { startWorld, type World } from "./worldProcess.ts";

export type HostFile = Record<string, unknown>;

export interface StageOptions {
  /** The top one first. */
  readonly layers: readonly string[];
  /** Where what the host writes goes; default: into the run's directory. */
  readonly changes?: string;
  readonly authorities: Authorities;
  readonly python: PythonTools;
  readonly pins: Pins;
  /** path here → path in the host */
  readonly readOnly: Readonly<Record<string, string>>;
  /** Changes host.json before it is written. */
  readonly hostFile?: ((file: HostFile) => HostFile) | undefined;
  readonly progress: (line: string) => void;
}

export interface Stage {
  readonly run: RunDirectory;
  readonly overlay: Overlay;
  /** The host's root as this process sees it, while the stage is there. */
  readonly root: string;
  readonly world: World;
  /** The emulator on this machine's loopback. */
  readonly cognitoEndpoint: string;
  readonly pool: GatePool;
  readonly hostFile: HostFile;
  readonly gateCertificate: KeyPair;
  readonly loginCertificate: KeyPair;
  boot(): Promise<Container>;
  close(): Promise<void>;
}

/** Where a host that is to be provisioned finds what it is given. */
export const hostFileInHost = "/root/gatehouse/host.json";
export const clientSecretInHost = "/root/gatehouse/client-secret";

/** Sets the stage; the host is not booted yet. On failure nothing stays behind. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const run = await createRunDirectory();
  const closers: (() => Promise<unknown>)[] = [() => run.close()];
  const close = async () => {
    for (const each of closers.reverse()) await each().catch(() => {});
  };
  try {
    const mountPoint = join(run.path, "root");
    const keys = join(run.path, "keys");
    const [overlay, gateCertificate, loginCertificate, awsCertificate] = await Promise.all([
      layOver(options.layers, options.changes ?? run.path, mountPoint, options.progress),
      issue(options.authorities.browser, keys, "gate", [addresses.domain]),
      issue(options.authorities.browser, keys, "login", [addresses.loginDomain]),
      issue(options.authorities.aws, keys, "aws", addresses.awsNames),
    ]);
    options.progress("Starting Cognito and AWS …");
    const world = await startWorld({
      directory: run.path,
      root: mountPoint,
      overlay,
      python: options.python,
      certificates: [
        { names: [addresses.loginDomain], ...loginCertificate },
        { names: addresses.awsNames, ...awsCertificate },
      ],
    });
    closers.push(() => world.stop());
    const root = `/proc/${world.pid}/root${mountPoint}`;
    const emulator = await startPortRelay(() => dial(world.dialSocket, "127.0.0.1", world.cognitoPort));
    closers.push(() => emulator.close());
    const cognitoEndpoint = `http://127.0.0.1:${emulator.port}`;
    const pool = await createGatePool(cognitoEndpoint, addresses);
    const plain = hostFileFor(pool, options.pins);
    const hostFile = options.hostFile?.(plain) ?? plain;
    await writeBaseFiles(root);
    const live = `/etc/letsencrypt/live/${addresses.domain}`;
    await put(root, `${live}/fullchain.pem`, await readFile(gateCertificate.certificate), 0o644);
    await put(root, `${live}/privkey.pem`, await readFile(gateCertificate.key), 0o600);
    const group = await createControlGroup(basename(run.path));
    closers.push(() => group.remove());
    return {
      run,
      overlay,
      root,
      world,
      cognitoEndpoint,
      pool,
      hostFile,
      gateCertificate,
      loginCertificate,
      async boot() {
        const { readOnly, progress } = options;
        progress("Booting …");
        const container = await bootContainer({ world, group, directory: run.path, root: mountPoint, readOnly });
        closers.push(() => container.kill());
        return container;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Puts host.json and the client secret where `host apply` looks for them, or, with `given`, where provision.sh is told to. */
export async function writeConfiguration(stage: Stage, given: boolean): Promise<void> {
  const file = given ? hostFileInHost : "/etc/gatehouse/host.json";
  const secret = given ? clientSecretInHost : "/etc/gatehouse/secrets/client-secret";
  await put(stage.root, file, `${JSON.stringify(stage.hostFile, undefined, 2)}\n`, 0o644);
  await put(stage.root, secret, stage.pool.gate.clientSecret, 0o600);
  await writeFile(join(stage.run.path, "host.json"), JSON.stringify(stage.hostFile));
}

function hostFileFor(pool: GatePool, pins: Pins): HostFile {
  return {
    version: 1,
    domain: addresses.domain,
    gateway: "oauth2-proxy",
    user: "developer",
    awsRegion: addresses.region,
    cognito: {
      region: pool.region,
      userPoolId: pool.userPoolId,
      clientId: pool.clientId,
      identityPoolId: pool.identityPoolId,
      domain: pool.domain,
    },
    gate: { clientId: pool.gate.clientId, allowedEmails: [pool.enrolled.username, pool.newcomer.username] },
    pins,
    lab: true,
  };
}
