/** Cold loads of the editor, in paired rounds. */
import { until } from "../../host/page.ts";
import { signal } from "../../lab/processes.ts";
import { median, ms, type Row, range, times } from "../measure.ts";
import { type ColdLoad, coldLoad } from "./coldLoad.ts";
import { type Host, processesOfUnits, processorClock, servers } from "./hostProcesses.ts";
import { type LinkOptions, startLink } from "./startLink.ts";
import type { Way } from "./way.ts";

export interface Ways {
  readonly gate: Way;
  readonly handMade: Way;
  readonly alone: Way;
}

export interface LoadFigures {
  /** By way, one figure a round: what its servers used of the processor, seconds. */
  readonly processor: Readonly<Record<keyof Ways, readonly number[]>>;
  readonly firstItem: Readonly<Record<keyof Ways, readonly number[]>>;
  /** The largest static file of the workbench. */
  readonly largestFile: string;
}

const names = ["gate", "handMade", "alone"] as const;

/**
 * Loads by each way in each round, the first way another one each time, after a round that doesn't count.
 * @param slowness of loopback where absent
 */
export async function loads(
  ways: Ways,
  host: Host,
  rounds: number,
  slowness: Pick<LinkOptions, "roundTripMs" | "megabits"> = {},
): Promise<LoadFigures> {
  const processor = { gate: [] as number[], handMade: [] as number[], alone: [] as number[] };
  const firstItem = { gate: [] as number[], handMade: [] as number[], alone: [] as number[] };
  let largest: Pick<ColdLoad, "largestFile" | "largestBytes"> = { largestFile: "", largestBytes: 0 };
  for (let round = 0; round <= rounds; round++) {
    // Both orders of the pair as often as each other, and the third in every place.
    const turned = names.map((_, index) => names[(index + round) % names.length] ?? "gate");
    const order = round % 2 === 0 ? turned : turned.toReversed();
    for (const name of order) {
      const way = ways[name];
      const link = await startLink({ target: way.portInHost, networkOf: host.pid, ...slowness });
      try {
        const used = processorClock(servers(host, way.units));
        const before = used();
        let after = before;
        const load = await coldLoad(way, link.port, () => {
          after = used();
        });
        if (load.largestBytes > largest.largestBytes) largest = load;
        if (round > 0) {
          processor[name].push(after - before);
          firstItem[name].push(load.firstItemMs);
        }
        // Before the link goes, which may still carry the page's farewell.
        await noWindows(host);
      } finally {
        link.close();
      }
    }
  }
  return { processor, firstItem, largestFile: largest.largestFile };
}

/** Waits until the load has ended on the servers as well; ends what waits for a browser to come back. */
async function noWindows(host: Host): Promise<void> {
  const units = ["gatehouse-code-server.service", "bench-code-server.service"];
  const left = () =>
    processesOfUnits(host, units).filter(({ commandLine }) => commandLine.includes("--type=extensionHost"));
  const deadline = performance.now() + 10_000;
  await until("no extension host runs", () => {
    const hosts = left();
    if (performance.now() > deadline) for (const { pid } of hosts) signal(pid, "SIGTERM");
    return hosts.length === 0;
  });
}

export function processorRow({ processor: { gate, handMade, alone } }: LoadFigures): Row {
  const [ours, theirs] = [median(gate), median(handMade)];
  return {
    what: "processor time of all servers for a cold load of the editor",
    measured: `${ms(ours * 1000)} (${range(gate, 1000)})`,
    against: `${times(ours / theirs)} of the hand-made gate's ${ms(theirs * 1000)} (${range(handMade, 1000)}); code-server alone ${ms(median(alone) * 1000)}`,
    goal: "≤ 0.5×",
    reached: ours / theirs <= 0.5,
  };
}

export function firstItemRow(where: string, { firstItem: { gate, handMade, alone } }: LoadFigures): Row {
  const faster = gate.filter((figure, round) => figure < (handMade[round] ?? 0)).length;
  const needed = Math.ceil((gate.length * 6) / 7);
  return {
    what: `first item of the status bar, cold browser, ${where}`,
    measured: `${ms(median(gate))} (${range(gate)})`,
    against: `faster than the hand-made gate in ${faster} of ${gate.length} rounds, ${times(median(gate) / median(handMade))} of its ${ms(median(handMade))} (${range(handMade)}); ${times(median(gate) / median(alone))} of code-server alone (${ms(median(alone))}, ${range(alone)})`,
    goal: "faster than the hand-made gate in 6 of 7 rounds",
    reached: faster >= needed,
  };
}
