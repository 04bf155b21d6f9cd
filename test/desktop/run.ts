// Runs the same suites as test/editor in desktop VS Code, which is downloaded. Needs a display (xvfb-run gives one).
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { downloadAndUnzipVSCode, resolveCliArgsFromVSCodeExecutablePath, runTests } from "@vscode/test-electron";
import { bundleSuites, suiteEnvironment } from "../editor/bundle.ts";
import { cacheDirectory } from "../lab/cache.ts";
import { ensurePackages } from "../lab/debian.ts";
import { quietSettings } from "../lab/editor.ts";
import { buildExtension } from "../lab/extension.ts";
import { startServices } from "../lab/lab.ts";
import { type Count, report } from "../lab/tier.ts";

let code = 1;
try {
  code = await run();
} catch (error) {
  console.error((error as Error).message);
}
process.exit(code);

async function run(): Promise<number> {
  if (process.platform === "linux" && !process.env["DISPLAY"] && !process.env["WAYLAND_DISPLAY"]) {
    throw new Error("Desktop VS Code needs a display: run this with xvfb-run (Debian package xvfb).");
  }
  const executable = await download();
  await ensurePackages("authenticator");
  const { stub, tests } = await bundleSuites();
  const vsix = await buildExtension();
  const services = await startServices(console.error);
  try {
    const { directory } = services;
    const userData = join(directory, "user-data");
    const extensions = join(directory, "extensions");
    await mkdir(join(userData, "User"), { recursive: true });
    const settings = { ...quietSettings, ...services.machineSettings };
    await writeFile(join(userData, "User", "settings.json"), JSON.stringify(settings));
    const directories = [`--user-data-dir=${userData}`, `--extensions-dir=${extensions}`];
    const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const [cli = executable, ...cliArguments] = resolveCliArgsFromVSCodeExecutablePath(executable, {
      reuseMachineInstall: true,
    });
    const install = spawnSync(cli, [...cliArguments, ...directories, ...root, "--install-extension", vsix], {
      stdio: "inherit",
    });
    if (install.status !== 0) throw new Error("VS Code did not install the extension; its own message is above.");
    const result = join(directory, "result.json");
    let status = 1;
    try {
      status = await runTests({
        vscodeExecutablePath: executable,
        extensionDevelopmentPath: stub,
        extensionTestsPath: tests,
        extensionTestsEnv: { ...services.environment, ...suiteEnvironment(services, result) },
        launchArgs: [services.workspace, ...directories, ...root, "--disable-workspace-trust", "--skip-welcome"],
      });
    } catch (error) {
      console.error((error as Error).message);
    }
    const count = existsSync(result) ? (JSON.parse(readFileSync(result, "utf8")) as Count) : { passed: 0, failed: 1 };
    report(count);
    return status === 0 && count.passed > 0 && count.failed === 0 ? 0 : 1;
  } finally {
    await services.close();
  }
}

async function download(): Promise<string> {
  try {
    return await downloadAndUnzipVSCode({
      version: "stable",
      cachePath: join(cacheDirectory(), "vscode"),
      timeout: 15_000,
    });
  } catch (error) {
    throw new Error(
      `VS Code cannot be downloaded here (${(error as Error).message}); npm run test:editor runs the same suites.`,
    );
  }
}
