import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { connect } from "node:tls";
import { readClientHello } from "../../lab/host/clientHello.ts";

describe("the server name in a TLS hello", () => {
  it("is the one that a real client asks for", async () => {
    const hello = await helloOf("ide.gatehouse.localhost");
    assert.deepEqual(readClientHello(hello), { kind: "hello", serverName: "ide.gatehouse.localhost" });
  });

  it("is absent where the client names none", async () => {
    assert.deepEqual(readClientHello(await helloOf(undefined)), { kind: "hello", serverName: undefined });
  });

  it("is found once the whole hello is there, however it is cut, and not before", async () => {
    const hello = await helloOf("login.gatehouse.localhost");
    for (let length = 0; length < hello.length; length++) {
      assert.deepEqual(readClientHello(hello.subarray(0, length)), { kind: "incomplete" }, `after ${length} bytes`);
    }
  });

  it("is found in a hello that is spread over several records", async () => {
    const hello = await helloOf("login.gatehouse.localhost");
    for (const size of [1, 3, 50, 200]) {
      const records = fragment(hello, size);
      assert.deepEqual(readClientHello(records), { kind: "hello", serverName: "login.gatehouse.localhost" });
      assert.deepEqual(readClientHello(records.subarray(0, records.length - 1)), { kind: "incomplete" });
    }
  });

  it("is found in what follows a hello as well", async () => {
    const hello = Buffer.concat([await helloOf("a.localhost"), Buffer.from("early data")]);
    assert.deepEqual(readClientHello(hello), { kind: "hello", serverName: "a.localhost" });
  });

  it("is not looked for in what is no TLS, and lengths that lie throw nothing", async () => {
    const hello = await helloOf("a.localhost");
    const changed = (at: number, ...bytes: number[]) => {
      const copy = Buffer.from(hello);
      for (const [index, byte] of bytes.entries()) copy[at + index] = byte;
      return copy;
    };
    const session = 5 + 4 + 2 + 32;
    const cases = {
      http: Buffer.from("GET / HTTP/1.1\r\n"),
      alert: Buffer.from([21, 3, 1, 0, 2, 2, 40]),
      "a server's hello": changed(5, 2),
      "a hello of megabytes": changed(6, 0x20),
      "an empty record": changed(3, 0, 0),
      "a record that is too long": changed(3, 0xff, 0xff),
      "a session id past the end": Buffer.concat([
        hello.subarray(0, session),
        Buffer.alloc(hello.length - session, 0xff),
      ]),
    };
    for (const [name, bytes] of Object.entries(cases))
      assert.deepEqual(readClientHello(bytes), { kind: "other" }, name);
  });
});

/** What Node's own client sends first. */
async function helloOf(servername: string | undefined): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...(servername && { servername }) });
  client.on("error", () => {});
  const [socket] = (await once(server, "connection")) as [Socket];
  const [hello] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}

/** The same handshake message in records of `size` bytes. */
function fragment(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(records);
}
