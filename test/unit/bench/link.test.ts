import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createDirection } from "../../bench/gate/direction.ts";
import { type Link, startLink } from "../../bench/gate/startLink.ts";

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const roundTripMs = 60;
const megabits = 16;

describe("the benchmark's link", () => {
  let server: Server;
  let link: Link;
  /** What the server does with a connection. */
  let serve: (socket: Socket) => void;
  before(async () => {
    server = createServer({ allowHalfOpen: true }, (socket) => serve(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    link = await startLink({ target: portOf(server), roundTripMs, megabits });
  });
  after(() => {
    link?.close();
    server?.close();
  });

  const open = () => connect({ port: link.port, host: "127.0.0.1", noDelay: true });
  const echo = (socket: Socket) => socket.pipe(socket);
  /** All that comes until the other side ends, and the milliseconds that it took. */
  async function readAll(socket: Socket): Promise<{ data: Buffer; elapsed: number }> {
    const started = performance.now();
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    return { data: Buffer.concat(chunks), elapsed: performance.now() - started };
  }
  const atRate = (bytes: number) => (bytes * 8) / (megabits * 1000);

  it("takes a round trip for a byte and its echo, and two for the first of a connection", async () => {
    serve = echo;
    const socket = open();
    const elapsed: number[] = [];
    for (let round = 0; round < 2; round++) {
      const started = performance.now();
      socket.write("x");
      await once(socket, "data");
      elapsed.push(performance.now() - started);
    }
    socket.destroy();
    const [first = 0, second = 0] = elapsed;
    // A timer may be a millisecond early, and as late as the machine is busy.
    assert.ok(second >= roundTripMs - 3 && second < 4 * roundTripMs, `${second} ms`);
    assert.ok(first >= 2 * roundTripMs - 6 && first < 8 * roundTripMs, `${first} ms`);
  });

  it("hands over every byte in order, at its rate", async () => {
    const data = Buffer.from(Array.from({ length: 400_000 }, (_, index) => (index * 7) % 251));
    serve = (socket) => socket.end(data);
    const answer = await readAll(open());
    assert.ok(answer.data.equals(data));
    assert.ok(answer.elapsed >= atRate(data.length), `${answer.elapsed} ms`);
    assert.ok(answer.elapsed < 5 * (atRate(data.length) + 2 * roundTripMs), `${answer.elapsed} ms`);
  });

  it("shares its rate between connections", async () => {
    serve = (socket) => socket.end(Buffer.alloc(200_000));
    const started = performance.now();
    await Promise.all([readAll(open()), readAll(open()), readAll(open())]);
    const elapsed = performance.now() - started;
    assert.ok(elapsed >= atRate(600_000), `${elapsed} ms`);
  });

  it("sends one way while it receives the other", async () => {
    const bytes = 200_000;
    serve = (socket) => {
      socket.resume();
      socket.end(Buffer.alloc(bytes));
    };
    const socket = open();
    socket.end(Buffer.alloc(bytes));
    const { data, elapsed } = await readAll(socket);
    assert.equal(data.length, bytes);
    assert.ok(elapsed < 5 * (atRate(bytes) + 2 * roundTripMs), `${elapsed} ms`);
  });

  it("is as fast as the machine where nothing else is asked for", async () => {
    const data = Buffer.from(Array.from({ length: 400_000 }, (_, index) => (index * 7) % 251));
    serve = (socket) => socket.end(data);
    const plain = await startLink({ target: portOf(server) });
    try {
      const answer = await readAll(connect({ port: plain.port, host: "127.0.0.1" }));
      assert.ok(answer.data.equals(data));
      assert.ok(answer.elapsed < atRate(data.length), `${answer.elapsed} ms`);
    } finally {
      plain.close();
    }
  });

  it("passes a connection's breaking off on", async () => {
    const broken = new Promise<void>((resolve) => {
      serve = (socket) =>
        socket
          .on("error", () => {})
          .on("close", resolve)
          .resume();
    });
    const socket = open();
    socket.write("x");
    await once(socket, "connect");
    socket.resetAndDestroy();
    await broken;
  });
});

describe("one direction of a link", () => {
  it("delivers in the order of sending, nothing before its time", async () => {
    const direction = createDirection({ delayMs: 20, megabits: 8 });
    const started = performance.now();
    const arrivals: [string, number][] = [];
    await new Promise<void>((resolve) => {
      direction.send(10_000, () => arrivals.push(["ten thousand bytes", performance.now() - started]));
      direction.send(0, () => {
        arrivals.push(["the end", performance.now() - started]);
        resolve();
      });
    });
    assert.deepEqual(
      arrivals.map(([name]) => name),
      ["ten thousand bytes", "the end"],
    );
    // 10 ms at 1,000 bytes a millisecond, then the delay.
    for (const [, at] of arrivals) assert.ok(at >= 29, `${at} ms`);
  });
});
