/** `gatehouse host`, loaded when it is asked for: dist/host.js. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { acquireLock } from "../agent/lock.ts";
import { type ApplyDeps, applyHost } from "../core/host/apply.ts";
import { dryRun } from "../core/host/dryRun.ts";
import { hostFiles } from "../core/host/files.ts";
import { defaultHostFile } from "../core/host/hostFile.ts";
import { stateDirectory } from "../core/host/journal.ts";
import type { ApplyReport } from "../core/host/report.ts";
import { requests } from "../core/host/requests.ts";
import { realSystem } from "../core/host/system.ts";
import type { Context } from "./context.ts";
import { exitCodes } from "./exitCodes.ts";
import { applyJson, applyText } from "./hostText.ts";
import { printable } from "./printable.ts";

export interface HostApplyOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Services need some seconds to start; oauth2-proxy asks the issuer first. */
const patience = 30_000;

/** `gatehouse host apply`. Exit code 0 when the host is as host.json says and works, or the dry run is through. */
export async function hostApply(context: Context, options: HostApplyOptions): Promise<number> {
  const { process, t, root, version } = context;
  if (globalThis.process.getuid?.() !== 0) {
    process.stderr.write(`gatehouse: ${t("Only root can do this: sudo gatehouse host apply")}\n`);
    return exitCodes.failure;
  }
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  const started = performance.now();
  const deps: ApplyDeps = {
    system: realSystem(),
    requests,
    t,
    version,
    hostFile: defaultHostFile,
    table: hostFiles,
    readTemplate: (template) => readFileSync(join(root, "deploy", "host", template), "utf8"),
    owner: { uid: 0, gid: 0 },
    now: () => performance.now(),
    wait: (milliseconds) => delay(milliseconds),
    patience,
    lock: () => acquireLock(stateDirectory, "lock"),
    progress: (line) => {
      if (!options.json) process.stdout.write(`${printable(line)}\n`);
    },
    signal: stop.signal,
  };
  let report: ApplyReport;
  try {
    report = options.dryRun ? await dryRun(deps) : await applyHost(deps);
  } finally {
    for (const signal of signals) process.removeListener(signal, onSignal);
  }
  const milliseconds = Math.round(performance.now() - started);
  if (options.json) process.stdout.write(`${applyJson(report, { version, milliseconds })}\n`);
  else process.stdout.write(applyText(report, t));
  return exitCodeOf(report, stop.signal.aborted);
}

function exitCodeOf({ outcome, problems }: ApplyReport, stopped: boolean): number {
  if (outcome === "unchanged" || outcome === "applied" || outcome === "planned") return exitCodes.ok;
  if (stopped) return exitCodes.cancelled;
  return problems.some(({ key }) => key !== undefined) ? exitCodes.notConfigured : exitCodes.failure;
}
