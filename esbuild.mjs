// Builds the three entry points and holds each to its size budget, read from the metafile.
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

/** @type {Record<string, number | undefined>} Budgets in bytes, minified. */
const budgets = {
  "dist/extension.js": 60_000,
  "dist/onDemand.js": 60_000,
  "dist/agent.js": 600_000,
  "dist/cli.js": 120_000,
};

/** Leaves `import("./editor/onDemand.ts")` an import of dist/onDemand.js, loaded when it is first needed. */
const onDemand = {
  name: "on demand",
  /** @param {import("esbuild").PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /\/onDemand\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./onDemand.js", external: true } : undefined,
    );
  },
};

const development = process.argv.includes("--development");

await rm("dist", { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: {
    extension: "src/extension.ts",
    onDemand: "src/editor/onDemand.ts",
    agent: "src/agent.ts",
    cli: "src/cli.ts",
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
await writeFile(
  "dist/bin/gatehouse",
  '#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nELECTRON_RUN_AS_NODE=1 exec "${GATEHOUSE_NODE:-node}" "$here/../cli.js" "$@"\n',
);
await chmod("dist/bin/gatehouse", 0o755);

let failed = false;
for (const [file, output] of Object.entries(metafile.outputs)) {
  if (file.endsWith(".map")) continue;
  const budget = budgets[file];
  const inputs = Object.keys(output.inputs);
  const over = budget !== undefined && output.bytes > budget && !development;
  const sdk = file === "dist/extension.js" && inputs.some((input) => input.includes("@aws-sdk"));
  if (over || sdk) failed = true;
  console.log(
    `${file.padEnd(20)} ${String(output.bytes).padStart(8)} of ${budget} bytes${over ? "  OVER BUDGET" : ""}${sdk ? "  CONTAINS THE AWS SDK" : ""}`,
  );
}
if (failed) process.exit(1);
