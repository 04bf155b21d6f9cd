import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { dial, listenForDialers } from "../../lab/host/dial.ts";
import { startPortRelay } from "../../lab/host/portRelay.ts";
import { startSniRelay } from "../../lab/host/sniRelay.ts";

describe("the lab's relays", () => {
  let folder: string;
  const closers: (() => unknown)[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "gh-"));
  });

  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    rmSync(folder, { recursive: true, force: true });
  });

  const serve = async (onClient: (socket: Socket) => void): Promise<number> => {
    const server: Server = createServer({ allowHalfOpen: true }, onClient).listen(0, "127.0.0.1");
    await once(server, "listening");
    closers.push(() => server.close());
    return (server.address() as AddressInfo).port;
  };

  it("pass on both ways what is sent, half-closed connections too", async () => {
    const port = await serve(async (socket) => socket.end(`heard ${await text(socket)}`));
    const socket = join(folder, "dial.sock");
    const server = await listenForDialers(socket);
    closers.push(() => server.close());
    const relay = await startPortRelay(() => dial(socket, "127.0.0.1", port));
    closers.push(() => relay.close());
    const client = connect({ port: relay.port, host: "127.0.0.1", allowHalfOpen: true });
    const large = "x".repeat(3_000_000);
    client.end(large);
    assert.equal((await text(client)).length, "heard ".length + large.length);
  });

  it("close the client's connection where nobody listens at the other end", async () => {
    const free = await serve(() => {});
    await closers.pop()?.();
    const relay = await startPortRelay(() => connect(free, "127.0.0.1"));
    closers.push(() => relay.close());
    const client = connect(relay.port, "127.0.0.1");
    await new Promise((resolve) => client.on("error", () => {}).on("close", resolve));
  });

  it("choose by the TLS server name, and pass the hello on", async () => {
    const asked: (string | undefined)[] = [];
    const port = await serve((socket) => {
      socket.once("data", (hello: Buffer) => socket.end(hello));
    });
    const relay = await startSniRelay(0, (name) => {
      asked.push(name);
      return connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    });
    closers.push(() => relay.close());
    for (const servername of ["ide.gatehouse.localhost", "login.gatehouse.localhost"]) {
      const client = connectTls({ port: relay.port, host: "127.0.0.1", servername });
      client.on("error", () => {});
      await new Promise((resolve) => client.on("close", resolve));
    }
    const plain = connect(relay.port, "127.0.0.1");
    plain.write("GET / HTTP/1.0\r\n\r\n");
    assert.equal(await text(plain), "GET / HTTP/1.0\r\n\r\n");
    assert.deepEqual(asked, ["ide.gatehouse.localhost", "login.gatehouse.localhost", undefined]);
  });

  it("end what is open when they are closed", async () => {
    const port = await serve(() => {});
    const relay = await startPortRelay(() => connect(port, "127.0.0.1"));
    const client = connect(relay.port, "127.0.0.1");
    client.on("error", () => {});
    await once(client, "connect");
    const closed = once(client, "close");
    await relay.close();
    await closed;
  });
});
