/** What single requests cost by each way. */
import { median, ms, type Row, range, times } from "../measure.ts";
import { type Host, processorClock, servers } from "./hostProcesses.ts";
import type { Ways } from "./loads.ts";
import { type Client, clientOf, expectOk } from "./requests.ts";
import type { Way } from "./way.ts";

/** The largest static file of the workbench, asked for as a browser does that has nothing yet; the gate has served it before. */
export async function staticFile(ways: Ways, host: Host, path: string, rounds: number): Promise<Row> {
  const names = ["gate", "handMade", "alone"] as const;
  const figures = { gate: [] as number[], handMade: [] as number[], alone: [] as number[] };
  const clients = {
    gate: await clientOf(ways.gate, host.pid),
    handMade: await clientOf(ways.handMade, host.pid),
    alone: await clientOf(ways.alone, host.pid),
  };
  let bytes = 0;
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        const answer = expectOk(await clients[name].get(path, 1), `${path} by ${name}`);
        if (name === "gate") bytes = answer.bytes;
        if (round > 0) figures[name].push(...answer.ms);
      }
    }
  } finally {
    for (const client of Object.values(clients)) client.close();
  }
  const [ours, handMade, alone] = [median(figures.gate), median(figures.handMade), median(figures.alone)];
  return {
    what: `the workbench's largest static file, ${(bytes / 1e6).toFixed(1)} MB compressed, with a session`,
    measured: `${ms(ours)} (${range(figures.gate)})`,
    against: `${times(handMade / ours)} faster than the hand-made gate (${ms(handMade)}, ${range(figures.handMade)}), ${times(alone / ours)} faster than code-server alone (${ms(alone)}, ${range(figures.alone)})`,
    goal: "≥ 10× faster than both",
    reached: handMade / ours >= 10 && alone / ours >= 10,
  };
}

/** `count` requests by each way, a hundred at a time in turn, each over a connection that is kept. */
export async function healthz({ gate, handMade }: Ways, host: Host, count: number): Promise<Row> {
  const sides = [await side(gate, host), await side(handMade, host)] as const;
  const block = 100;
  try {
    for (let done = -block; done < count; done += block) {
      for (const each of (done / block) % 2 === 0 ? sides : sides.toReversed()) await each.ask(block, done >= 0);
    }
  } finally {
    for (const each of sides) each.client.close();
  }
  const [ours, theirs] = sides.map(({ figures, processor }) => ({ p50: median(figures), processor: processor() }));
  if (ours === undefined || theirs === undefined) throw new Error("There are two sides.");
  const [time, processor] = [ours.p50 / theirs.p50, ours.processor / theirs.processor];
  return {
    what: `\`/healthz\` through the gate with a session, ${count.toLocaleString("en")} requests`,
    measured: `p50 ${ms(ours.p50)}, processor time ${ours.processor.toFixed(2)} s`,
    against: `${times(time)} and ${times(processor)} of the hand-made gate (${ms(theirs.p50)}, ${theirs.processor.toFixed(2)} s)`,
    goal: "both ≤ 0.6×",
    reached: time <= 0.6 && processor <= 0.6,
  };
}

interface Side {
  readonly client: Client;
  readonly figures: readonly number[];
  /** Seconds that all servers have used for what counts. */
  readonly processor: () => number;
  ask(count: number, counts: boolean): Promise<void>;
}

async function side(way: Way, host: Host): Promise<Side> {
  const client = await clientOf(way, host.pid);
  const used = processorClock(servers(host, way.units));
  const figures: number[] = [];
  let processor = 0;
  return {
    client,
    figures,
    processor: () => processor,
    async ask(count, counts) {
      const before = used();
      const { ms } = expectOk(await client.get("/healthz", count), `/healthz by ${way.name}`);
      if (!counts) return;
      processor += used() - before;
      figures.push(...ms);
    },
  };
}

/** The request after the one that was let in, its session gone from the store in between. */
export async function neverCached(gate: Way, host: Host, deleteSessions: () => Promise<unknown>): Promise<Row> {
  const client = await clientOf(gate, host.pid);
  try {
    expectOk(await client.get("/healthz", 20), "/healthz before");
    await deleteSessions();
    const { status } = await client.get("/healthz", 1);
    return {
      what: "the next request after its session was deleted from the store",
      measured: String(status),
      against: "200 by the same connection just before",
      goal: "refused: no answer of auth_request is kept",
      reached: status === 401,
    };
  } finally {
    client.close();
  }
}
