// The link's relay, a process of its own so that the benchmark's own work delays nothing: PORT RTT_MS MEGABITS. Its parent sends the
// listening socket, because this process may be in another network than those who connect.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { createDirection, type Direction } from "./direction.ts";

/** What one connection may have under way in one direction, about the bandwidth-delay product of the links that are measured. */
const windowBytes = 256 * 1024;
/** Small enough that several connections share the bottleneck, as packets do. */
const sliceBytes = 8 * 1024;

const [target = 0, roundTripMs = 0, megabits = 0] = process.argv.slice(2).map(Number);
const relay = roundTripMs === 0 && megabits === Number.POSITIVE_INFINITY ? joinAtOnce : slowly();

const handle = once(process, "message").then(([, server]) => server as Server);
process.send?.("ready");
const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (near) => {
  const far = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on("error", () => other.resetAndDestroy());
  }
  relay(near, far);
});
server.listen(await handle);
await once(server, "listening");
process.send?.("listening");

function joinAtOnce(near: Socket, far: Socket): void {
  pipeline(near, far, near, () => {});
}

function slowly(): typeof joinAtOnce {
  const options = { delayMs: roundTripMs / 2, megabits };
  const there = createDirection(options);
  const back = createDirection(options);
  return (near, far) => {
    pass(far, near, back);
    // TCP's handshake: SYN and SYN-ACK cross the link before the first byte may set out.
    setTimeout(() => pass(near, far, there), roundTripMs);
  };
}

function pass(from: Socket, to: Socket, direction: Direction): void {
  let underWay = 0;
  from.on("data", (chunk: Buffer) => {
    for (let start = 0; start < chunk.length; start += sliceBytes) {
      const slice = chunk.subarray(start, start + sliceBytes);
      underWay += slice.length;
      direction.send(slice.length, () => {
        const taken = () => {
          underWay -= slice.length;
          if (underWay < windowBytes) from.resume();
        };
        // A receiver that doesn't read holds its sender up, as TCP's window does.
        if (!to.destroyed) to.write(slice, taken);
      });
    }
    if (underWay >= windowBytes) from.pause();
  });
  from.on("end", () => direction.send(0, () => to.end()));
  from.on("close", () => {
    if (!from.readableEnded) direction.send(0, () => to.destroy());
  });
  from.resume();
}
