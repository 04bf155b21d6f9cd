import { readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { createCognitoProcess } from "./agent/cognitoProcess.ts";
import { appendTo, createLog } from "./agent/logFile.ts";
import { passedSockets } from "./agent/sockets.ts";
import { logFileOf, startAgent } from "./agent/start.ts";
import { readBundle } from "./core/bundle.ts";
import { toProblem } from "./core/errors.ts";
import type { Log } from "./core/log.ts";
import { createRedactor } from "./core/redact.ts";
import { ensurePrivateDirectory, runtimePaths } from "./core/runtimeDirectory.ts";
import { english } from "./core/text.ts";

process.title = "gatehouse-agent";
// What it writes is for its owner alone, whatever its starter's mask was.
process.umask(0o077);

const { env } = process;
const redactor = createRedactor();
const toJournal = createLog({
  redactor,
  write: (line) => process.stderr.write(line),
  verbose: "GATEHOUSE_DEBUG" in env,
});
let log: Log = toJournal;

async function main(): Promise<void> {
  const passed = passedSockets(env, process.pid, toJournal);
  const paths = runtimePaths({ environment: env });
  if (passed === undefined) {
    ensurePrivateDirectory(paths.directory);
    log = createLog({ redactor, write: appendTo(logFileOf(paths)), verbose: "GATEHOUSE_DEBUG" in env });
  }
  const script = process.argv[1] ?? "";
  const { cognito } = createCognitoProcess({ script: join(dirname(script), `cognito${extname(script)}`), log });
  const agent = await startAgent({
    paths,
    passed,
    privateDirectory: passed === undefined ? undefined : env["RUNTIME_DIRECTORY"]?.split(":")[0],
    hostFile: env["GATEHOUSE_CONFIG"],
    version: version(),
    translate: (language) => (language === "en" ? english : readBundle(productDirectory(), language)),
    cognito,
    log,
    redactor,
    grace: env["GATEHOUSE_GRACE"] === undefined ? undefined : Number(env["GATEHOUSE_GRACE"]),
    onEnd: () => process.exit(0),
  });
  // Another one is there already: as good.
  if (agent === undefined) return process.exit(0);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      log.info(`agent: ends: ${signal}`);
      agent.close().finally(() => process.exit(0));
    });
  }
  // The terminal of whoever started it closes; it stays.
  process.on("SIGHUP", () => {});
}

/** The package that this file is part of. */
function productDirectory(): string {
  return join(dirname(process.argv[1] ?? ""), "..");
}

function version(): string {
  const file = join(productDirectory(), "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

process.on("uncaughtException", (error) => {
  log.error(`agent: ${error.stack ?? String(error)}`);
  process.exit(1);
});
process.on("unhandledRejection", (error) => {
  log.error(`agent: unhandled: ${error instanceof Error ? error.stack : String(error)}`);
});

main().catch((error: unknown) => {
  log.error(`agent: not started: ${JSON.stringify(toProblem(error))}`);
  process.exit(1);
});
