import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../lab/cache.ts";
import type { Lab } from "../lab/lab.ts";

export interface Bundle {
  /** An extension that does nothing: the one under test is installed from its VSIX. */
  readonly stub: string;
  /** What the extension host loads and calls `run` of. */
  readonly tests: string;
}

/** Bundles the suites for the extension host into out/. */
export async function bundleSuites(): Promise<Bundle> {
  const stub = join(root, "out", "stub");
  const tests = join(root, "out", "editor.cjs");
  await mkdir(stub, { recursive: true });
  const manifest = { name: "stub", publisher: "test", version: "0.0.1", engines: { vscode: "^1.90.0" } };
  await writeFile(join(stub, "package.json"), JSON.stringify(manifest));
  await build({
    entryPoints: [join(root, "test", "editor", "entry.ts")],
    outfile: tests,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    // Mocha finds its own parts by their file names.
    external: ["vscode", "mocha"],
    sourcemap: "inline",
    logLevel: "warning",
  });
  return { stub, tests };
}

/** What the suites may know of the lab, as JSON in GATEHOUSE_TEST_LAB. */
export interface LabForSuites {
  readonly cognitoEndpoint: string;
  readonly region: string;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly identityPoolId: string;
  readonly users: readonly { username: string; password: string; totpSecret: string | null }[];
}

/** Environment of the extension host that runs the suites. */
export function suiteEnvironment(
  lab: Pick<Lab, "cognito" | "pool" | "users">,
  resultFile: string,
): { GATEHOUSE_TEST_LAB: string; GATEHOUSE_TEST_RESULT: string } {
  const { region, userPoolId, clientId, identityPoolId } = lab.pool;
  const known: LabForSuites = {
    cognitoEndpoint: lab.cognito.endpoint,
    region,
    userPoolId,
    clientId,
    identityPoolId,
    users: lab.users,
  };
  return { GATEHOUSE_TEST_LAB: JSON.stringify(known), GATEHOUSE_TEST_RESULT: resultFile };
}
