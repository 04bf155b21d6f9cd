/** What the host itself costs. */
import type { ApplyReport } from "../../../src/core/host/report.ts";
import type { HostLab } from "../../lab/host/hostLab.ts";
import { median, type Row, range, seconds } from "../measure.ts";
import { type Host, processesOfUnits, proportionalMegabytes } from "./hostProcesses.ts";

export async function unchangedApply(lab: HostLab, rounds: number): Promise<Row> {
  const figures: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const started = performance.now();
    const { stdout } = await lab.run(["gatehouse", "host", "apply", "--json"]);
    const { outcome } = JSON.parse(stdout) as Pick<ApplyReport, "outcome">;
    if (outcome !== "unchanged") throw new Error(`host apply was to change nothing: ${stdout}`);
    if (round > 0) figures.push(performance.now() - started);
  }
  return {
    what: "`gatehouse host apply` that changes nothing",
    measured: `${seconds(median(figures))} (${range(figures, 0.001, 2)})`,
    against: "",
    goal: "≤ 2 s",
    reached: median(figures) <= 2000,
  };
}

/** Of what stands in front of code-server, after the loads and requests of this run. */
export function memory(host: Host): Row {
  const parts = ["nginx", "oauth2-proxy", "redis"].map((name) => {
    const processes = processesOfUnits(host, [`gatehouse-${name}.service`]);
    if (processes.length === 0) throw new Error(`gatehouse-${name}.service has no process.`);
    return { name, size: proportionalMegabytes(processes) };
  });
  const sum = parts.reduce((total, { size }) => total + size, 0);
  return {
    what: "memory of nginx, oauth2-proxy and redis (PSS)",
    measured: `${sum.toFixed(0)} MB`,
    against: parts.map(({ name, size }) => `${name} ${size.toFixed(0)} MB`).join(", "),
    goal: "≤ 80 MB",
    reached: sum <= 80,
  };
}

/** @param warm @param cold milliseconds; undefined where this run has not measured it */
export function startRows(warm: number, cold: number | undefined): Row[] {
  const row = (what: string, figure: number | undefined, aim: number): Row => ({
    what,
    measured: figure === undefined ? "not measured in this run" : seconds(figure),
    against: "",
    goal: `printed; aim ≤ ${aim} s`,
    reached: figure === undefined ? undefined : figure <= aim * 1000,
  });
  return [
    row("the lab, cold start (`npm start`, empty cache) to its URL", cold, 360),
    row("the lab, warm start to its URL", warm, 20),
  ];
}
