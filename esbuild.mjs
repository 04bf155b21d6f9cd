// Builds the entry points and the parts that they load on demand, and holds each to its size budget, read from the metafile.
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

/** @type {Record<string, number | undefined>} Budgets in bytes, minified. */
const budgets = {
  "dist/extension.js": 60_000,
  "dist/onDemand.js": 60_000,
  "dist/qrCode.js": 24_000,
  "dist/agent.js": 120_000,
  "dist/cognito.js": 520_000,
  "dist/cli.js": 12_000,
  "dist/commands.js": 108_000,
  "dist/host.js": 100_000,
};

/** Parts that their entry point loads when it first needs them: import("./editor/onDemand.ts") becomes a require of dist/onDemand.js. */
const onDemand = {
  name: "on demand",
  /** @param {import("esbuild").PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /\/(?:onDemand|qrCode|commands|host)\.ts$/ }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path: path.replace(/^.*\/(\w+)\.ts$/, "./$1.js"), external: true } : undefined,
    );
  },
};

const development = process.argv.includes("--development");

await rm("dist", { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: {
    extension: "src/extension.ts",
    onDemand: "src/editor/onDemand.ts",
    qrCode: "src/core/qrCode.ts",
    agent: "src/agent.ts",
    // A process of its own, so that the agent itself never loads the AWS SDK.
    cognito: "src/cognito.ts",
    cli: "src/cli.ts",
    commands: "src/cli/commands.ts",
    host: "src/cli/host.ts",
  },
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  // The SDK's ES modules can be tree-shaken, its CommonJS build cannot: 40 % smaller.
  mainFields: ["module", "main"],
  external: ["vscode"],
  // import() of an external file becomes require(), which is what the editor hands "vscode" out by.
  supported: { "dynamic-import": false },
  plugins: [onDemand],
  minify: !development,
  sourcemap: development,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});
await mkdir("dist/bin", { recursive: true });
// GATEHOUSE_NODE is the Node that the editor runs on; ELECTRON_RUN_AS_NODE makes desktop VS Code's binary be one.
// Nothing is forked unless it was called by a link: SDKs wait for `gatehouse credentials`.
await writeFile(
  "dist/bin/gatehouse",
  `#!/bin/sh
self=$0
[ ! -L "$self" ] || self=$(readlink -f "$self")
ELECTRON_RUN_AS_NODE=1 exec "\${GATEHOUSE_NODE:-node}" "\${self%/*}/../cli.js" "$@"
`,
);
await chmod("dist/bin/gatehouse", 0o755);

let failed = false;
for (const [file, output] of Object.entries(metafile.outputs)) {
  if (file.endsWith(".map")) continue;
  const budget = budgets[file];
  const inputs = Object.keys(output.inputs);
  if (budget === undefined) throw new Error(`${file} has no size budget`);
  const over = output.bytes > budget && !development;
  const sdk = file === "dist/extension.js" && inputs.some((input) => input.includes("@aws-sdk"));
  if (over || sdk) failed = true;
  console.log(
    `${file.padEnd(20)} ${String(output.bytes).padStart(8)} of ${budget} bytes${over ? "  OVER BUDGET" : ""}${sdk ? "  CONTAINS THE AWS SDK" : ""}`,
  );
}
if (failed) process.exit(1);
