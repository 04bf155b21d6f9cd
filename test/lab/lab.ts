import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { settings } from "../../src/manifest.ts";
import { createDemoPool, type DemoPool } from "../cognito/demoPool.ts";
import { type RunningCognito, startCognito } from "../cognito/server.ts";
import { ensureCodeServer } from "./codeServer.ts";
import { type Editor, startEditor } from "./editor.ts";
import { buildExtension } from "./extension.ts";
import { ensurePython, type Moto, startMoto } from "./moto.ts";
import { createRunDirectory } from "./runDirectory.ts";
import type { DemoUser } from "./running.ts";

export interface LabOptions {
  /** Of the editor; 0 or absent: a free one. */
  readonly port?: number;
  /** Told in one line what takes its time. */
  readonly progress: (line: string) => void;
  readonly userSettings?: Readonly<Record<string, unknown>>;
  /** More arguments for code-server. */
  readonly options?: readonly string[];
  /** More environment for the editor. */
  readonly moreEnvironment?: (services: Services) => Readonly<Record<string, string>>;
  /** Packed extension; built where absent. */
  readonly vsix?: string;
  /** More packed extensions. */
  readonly extensions?: readonly string[];
}

/** Cognito and AWS on loopback, and a directory with a home that knows of nothing else. */
export interface Services {
  readonly directory: string;
  readonly home: string;
  readonly workspace: string;
  /** The session agent's. */
  readonly runtimeDirectory: string;
  readonly cognito: RunningCognito;
  readonly pool: DemoPool;
  /** Those of the pool: one has an authenticator, one has none yet. */
  readonly users: readonly DemoUser[];
  readonly moto: Moto;
  /** What the editor and its terminals start with. */
  readonly environment: Readonly<Record<string, string>>;
  /** The extension's settings that point at the services. */
  readonly machineSettings: Readonly<Record<string, string>>;
  /** Ends everything that was started with this environment, and removes the directory. */
  close(): Promise<void>;
}

/** The same with a running editor, the extension installed. */
export interface Lab extends Services {
  /** The editor with its workspace. */
  readonly url: string;
  readonly editor: Editor;
}

const welcome = `# Try it

1. Sign in: the item in the status bar, or "Gatehouse: Sign In" in the palette (F1). User, password and key were printed by \`npm start\`.
2. Open a terminal and run \`aws sts get-caller-identity\`.
`;

/** Installs what is missing, then starts everything. On failure nothing stays behind. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const { progress } = options;
  const codeServer = await ensureCodeServer(progress);
  if (options.vsix === undefined) progress("Building the extension …");
  const vsix = options.vsix ?? (await buildExtension());
  const services = await startServices(progress);
  try {
    progress("Starting the editor …");
    const editor = await startEditor({
      codeServer,
      vsixes: [vsix, ...(options.extensions ?? [])],
      directory: services.directory,
      environment: { ...services.environment, ...options.moreEnvironment?.(services) },
      machineSettings: services.machineSettings,
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.userSettings === undefined ? {} : { userSettings: options.userSettings }),
      ...(options.options === undefined ? {} : { options: options.options }),
    });
    return { ...services, editor, url: `${editor.origin}/?folder=${encodeURI(services.workspace)}` };
  } catch (error) {
    await services.close();
    throw error;
  }
}

/** Installs and starts what stands in for AWS. */
export async function startServices(progress: (line: string) => void): Promise<Services> {
  const python = await ensurePython(progress);
  progress("Starting Cognito and AWS …");
  const run = await createRunDirectory();
  const stops: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    await run.close();
    await Promise.allSettled(stops.splice(0).map((stop) => stop()));
  };
  try {
    const moto = await startMoto(python);
    stops.push(() => moto.stop());
    const cognito = await startCognito({ motoEndpoint: moto.endpoint });
    stops.push(() => cognito.stop());
    const pool = await createDemoPool(cognito.endpoint);

    const users = [
      { username: pool.enrolled.username, password: pool.enrolled.password, totpSecret: pool.enrolled.totpSecret },
      { username: pool.newcomer.username, password: pool.newcomer.password, totpSecret: null },
    ];

    const home = join(run.path, "home");
    const workspace = join(home, "workspace");
    const bin = join(run.path, "bin");
    const temporary = join(run.path, "tmp");
    const runtimeDirectory = join(run.path, "agent");
    for (const each of [workspace, bin, temporary]) await mkdir(each, { recursive: true, mode: 0o700 });
    await writeFile(join(workspace, "README.md"), welcome);
    await symlink(python.aws, join(bin, "aws"));
    // The server asks a login shell for its environment, and /etc/profile sets PATH anew.
    await writeFile(join(home, ".profile"), `PATH='${bin}':$PATH\n`);
    await writeFile(join(home, ".bashrc"), "PS1='\\[\\e[1;34m\\]\\w\\[\\e[0m\\] \\$ '\n");
    const environment = {
      HOME: home,
      USER: process.env["USER"] ?? "developer",
      SHELL: "/bin/bash",
      LANG: "C.UTF-8",
      TMPDIR: temporary,
      PATH: `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      // The emulator passes on what is not Cognito's, so plain `aws` commands work without options.
      AWS_ENDPOINT_URL: cognito.endpoint,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_PAGER: "",
      GATEHOUSE_RUNTIME_DIR: runtimeDirectory,
    };
    const machineSettings = {
      [settings.region]: pool.region,
      [settings.userPoolId]: pool.userPoolId,
      [settings.clientId]: pool.clientId,
      [settings.identityPoolId]: pool.identityPoolId,
      [settings.userPoolEndpoint]: cognito.endpoint,
      [settings.identityPoolEndpoint]: cognito.endpoint,
    };
    const directory = run.path;
    return {
      directory,
      home,
      workspace,
      runtimeDirectory,
      cognito,
      pool,
      users,
      moto,
      environment,
      machineSettings,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
