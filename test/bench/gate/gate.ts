/** What the gate costs and what it saves, beside one made by hand and beside code-server alone, on the lab's host. */
import { ensurePackages } from "../../lab/debian.ts";
import { type HostLab, startHostLab } from "../../lab/host/hostLab.ts";
import type { Row } from "../measure.ts";
import { coldStart } from "./coldStart.ts";
import { throughTheDoor } from "./door.ts";
import { startHandMade } from "./handMade.ts";
import { memory, startRows, unchangedApply } from "./host.ts";
import { findHost } from "./hostProcesses.ts";
import { labWays } from "./labWays.ts";
import { firstItemRow, loads, processorRow } from "./loads.ts";
import { healthz, neverCached, staticFile } from "./serving.ts";

export interface GateOptions {
  /** Of the paired loads; the issue asks for 7. */
  readonly rounds: number;
  /** Whether the lab's start from an empty cache is measured: minutes. */
  readonly cold: boolean;
}

export const gateText = `On the lab's host (\`test/lab/host\`), beside a gate as one sets it up by hand in the same host with the same programs and certificate
(\`test/bench/gate/handMadeFiles.ts\`: HTTP/1.1, a new upstream connection for each request, sessions in the cookie, code-server on a
TCP port), and beside that code-server alone. The order of the ways changes from round to round; browsers start with an empty profile
that has a session's cookie. Every browser goes through a relay of the same kind; the slow one adds delay and a limit of the rate both
ways, but neither losses nor TCP's slow start. Single requests are sent from within the host's network. Processor time is that of nginx,
oauth2-proxy, redis and code-server's main process.`;

const link = { roundTripMs: 40, megabits: 50 };

export async function gate(vsix: string, options: GateOptions, progress: (line: string) => void): Promise<Row[]> {
  await ensurePackages("browser", "authenticator");
  const cold = options.cold ? await coldStart(progress) : undefined;
  // The first start may have to make what later ones find.
  await (await startHostLab({ progress, vsix })).close();
  const started = performance.now();
  const lab = await startHostLab({ progress, vsix });
  const warm = performance.now() - started;
  try {
    return [...(await figures(lab, options.rounds, progress)), ...startRows(warm, cold)];
  } finally {
    await lab.close();
  }
}

/** All but the starts, in a lab that runs; nobody is signed in afterwards. */
export async function figures(lab: HostLab, rounds: number, progress: (line: string) => void): Promise<Row[]> {
  const host = findHost((await lab.run(["readlink", "/proc/1/ns/pid"])).stdout.trim());
  progress("Gate: signing in, one click …");
  const { user, folder } = JSON.parse((await lab.run(["cat", "/etc/gatehouse/host.json"])).stdout) as HostFile;
  const door = await throughTheDoor(lab, user);
  progress("Gate: the one made by hand …");
  const handMade = await startHandMade(lab, host, user, folder);
  const ways = await labWays(lab, handMade, host, door.cookies);
  progress(`Gate: ${rounds + 1} × 3 cold loads on loopback …`);
  const near = await loads(ways, host, rounds);
  progress(`Gate: ${rounds + 1} × 3 cold loads over the slow link …`);
  const far = await loads(ways, host, rounds, link);
  progress("Gate: requests …");
  return [
    await staticFile(ways, host, near.largestFile, 3 * rounds),
    processorRow(near),
    firstItemRow("loopback", near),
    firstItemRow(`${link.roundTripMs} ms round trip, ${link.megabits} Mbit/s`, far),
    await healthz(ways, host, 1000),
    door.row,
    memory(host),
    await unchangedApply(lab, 5),
    // The last one: nobody is signed in afterwards.
    await neverCached(ways.gate, host, () =>
      lab.run(["redis-cli", "-s", "/run/gatehouse-redis/redis.sock", "FLUSHALL"]),
    ),
  ];
}

/** What of host.json is asked for here. */
interface HostFile {
  readonly user: string;
  readonly folder: string;
}
