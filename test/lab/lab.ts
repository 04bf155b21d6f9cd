import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { settings } from "../../src/manifest.ts";
import { createDemoPool, type DemoPool } from "../cognito/demoPool.ts";
import { type Cognito, startCognito } from "../cognito/server.ts";
import { ensureCodeServer } from "./codeServer.ts";
import { ensurePackages } from "./debian.ts";
import { type Editor, startEditor } from "./editor.ts";
import { buildExtension } from "./extension.ts";
import { ensurePython, type Moto, startMoto } from "./moto.ts";
import { createRunDirectory } from "./runDirectory.ts";

export interface LabOptions {
  /** Of the editor; 0 or absent: a free one. */
  readonly port?: number;
  /** Told in one line what takes its time. */
  readonly progress: (line: string) => void;
  readonly userSettings?: Readonly<Record<string, unknown>>;
  /** More arguments for code-server. */
  readonly options?: readonly string[];
  /** Packed extension; built where absent. */
  readonly vsix?: string;
}

/** A running editor with the extension, beside it Cognito and AWS, all on loopback and in a directory of their own. */
export interface Lab {
  /** The editor with its workspace. */
  readonly url: string;
  readonly directory: string;
  readonly home: string;
  readonly workspace: string;
  /** The session agent's. */
  readonly runtimeDirectory: string;
  readonly editor: Editor;
  readonly cognito: Cognito;
  readonly pool: DemoPool;
  readonly moto: Moto;
  /** What terminals start with. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const welcome = `# Try it

1. Sign in: the item in the status bar, or "Gatehouse: Sign In" in the palette (F1). User, password and key were printed by \`npm start\`.
2. Open a terminal and run \`aws sts get-caller-identity\`.
`;

/** Installs what is missing, then starts everything. On failure nothing stays behind. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const { progress } = options;
  await ensurePackages("python");
  const python = await ensurePython(progress);
  const codeServer = await ensureCodeServer(progress);
  if (options.vsix === undefined) progress("Building the extension …");
  const vsix = options.vsix ?? (await buildExtension());

  const run = await createRunDirectory();
  const stops: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    await run.close();
    await Promise.allSettled(stops.splice(0).map((stop) => stop()));
  };
  try {
    progress("Starting Cognito, AWS and the editor …");
    const moto = await startMoto(python);
    stops.push(() => moto.stop());
    const cognito = await startCognito({ port: 0, aws: moto.endpoint });
    stops.push(() => cognito.stop());
    const pool = await createDemoPool(cognito.endpoint);

    const home = join(run.path, "home");
    const workspace = join(home, "workspace");
    const bin = join(run.path, "bin");
    const temporary = join(run.path, "tmp");
    const runtimeDirectory = join(run.path, "agent");
    for (const each of [workspace, bin, temporary]) await mkdir(each, { recursive: true, mode: 0o700 });
    await writeFile(join(workspace, "README.md"), welcome);
    await symlink(python.aws, join(bin, "aws"));
    const environment = {
      HOME: home,
      USER: process.env["USER"] ?? "developer",
      SHELL: "/bin/bash",
      LANG: "C.UTF-8",
      TMPDIR: temporary,
      PATH: `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      // The emulator passes on what is not Cognito's, so plain \`aws\` commands work without options.
      AWS_ENDPOINT_URL: cognito.endpoint,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_PAGER: "",
      GATEHOUSE_RUNTIME_DIR: runtimeDirectory,
    };
    const editor = await startEditor({
      codeServer,
      directory: run.path,
      vsix,
      environment,
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.userSettings === undefined ? {} : { userSettings: options.userSettings }),
      ...(options.options === undefined ? {} : { options: options.options }),
      machineSettings: {
        [settings.region]: pool.region,
        [settings.userPoolId]: pool.userPoolId,
        [settings.clientId]: pool.clientId,
        [settings.identityPoolId]: pool.identityPoolId,
        [settings.userPoolEndpoint]: cognito.endpoint,
        [settings.identityPoolEndpoint]: cognito.endpoint,
      },
    });
    const url = `${editor.origin}/?folder=${encodeURI(workspace)}`;
    return {
      url,
      directory: run.path,
      home,
      workspace,
      runtimeDirectory,
      editor,
      cognito,
      pool,
      moto,
      environment,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
