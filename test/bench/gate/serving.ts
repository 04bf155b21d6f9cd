/** What single requests cost by each way. */
import { median, ms, type Row, range, times } from "../measure.ts";
import { processorClock, servers } from "./hostProcesses.ts";
import type { Ways } from "./loads.ts";
import { type Client, clientOf, expectOk } from "./requests.ts";
import type { Way } from "./way.ts";

/** The largest static file of the workbench, asked for as a browser does that has nothing yet; the gate has served it before. */
export async function staticFile(ways: Ways, path: string, rounds: number): Promise<Row> {
  const clients = { gate: clientOf(ways.gate), handMade: clientOf(ways.handMade), alone: clientOf(ways.alone) };
  const figures = { gate: [] as number[], handMade: [] as number[], alone: [] as number[] };
  const names = Object.keys(clients) as (keyof typeof clients)[];
  let bytes = 0;
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        const answer = expectOk(await clients[name].get(path), `${path} by ${name}`);
        if (name === "gate") bytes = answer.bytes;
        if (round > 0) figures[name].push(answer.ms);
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
export async function healthz({ gate, handMade }: Ways, pidNamespace: string, count: number): Promise<Row> {
  const sides = [side(gate, pidNamespace), side(handMade, pidNamespace)] as const;
  const block = 100;
  try {
    for (let done = -block; done < count; done += block) {
      const inTurn = (done / block) % 2 === 0 ? sides : sides.toReversed();
      for (const each of inTurn) await each.block(block, done >= 0);
    }
  } finally {
    for (const each of sides) each.client.close();
  }
  const [ours, theirs] = sides;
  const [p50, theirP50] = [median(ours.figures), median(theirs.figures)];
  return {
    what: `\`/healthz\` through the gate with a session, ${count.toLocaleString("en")} requests`,
    measured: `p50 ${ms(p50)}, processor time ${ours.processor.toFixed(2)} s`,
    against: `${times(p50 / theirP50)} and ${times(ours.processor / theirs.processor)} of the hand-made gate (${ms(theirP50)}, ${theirs.processor.toFixed(2)} s)`,
    goal: "both ≤ 0.6×",
    reached: p50 / theirP50 <= 0.6 && ours.processor / theirs.processor <= 0.6,
  };
}

interface Side {
  readonly client: Client;
  readonly figures: number[];
  /** Seconds. */
  processor: number;
  block(count: number, counts: boolean): Promise<void>;
}

function side(way: Way, pidNamespace: string): Side {
  const client = clientOf(way);
  const used = processorClock(servers(pidNamespace, way.units));
  return {
    client,
    figures: [],
    processor: 0,
    async block(count, counts) {
      const before = used();
      for (let i = 0; i < count; i++) {
        const answer = expectOk(await client.get("/healthz"), `/healthz by ${way.name}`);
        if (counts) this.figures.push(answer.ms);
      }
      if (counts) this.processor += used() - before;
    },
  };
}

/** The request after the one that was let in, its session gone from the store in between. */
export async function neverCached(gate: Way, deleteSession: () => Promise<unknown>): Promise<Row> {
  const client = clientOf(gate);
  try {
    for (let i = 0; i < 20; i++) expectOk(await client.get("/healthz"), "/healthz before");
    await deleteSession();
    const { status } = await client.get("/healthz");
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
