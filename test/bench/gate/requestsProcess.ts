// A client in the host's own network, so that no relay of the lab is measured: takes what to reach, then orders, from its parent.
// Requests follow each other over one connection. HTTP is written and read here by hand, to cost as little as possible.
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Order, Reached, Target } from "./requests.ts";

process.once("message", async (target: Target) => {
  const open = async (): Promise<Connection> => new Connection(await connected(target));
  let connection: Connection | undefined;
  process.on("message", async ({ path, count }: Order) => {
    const request = [`GET ${path} HTTP/1.1`, ...target.headers, "", ""].join("\r\n");
    const reached: Reached = { ms: [], status: 0, headers: "", bytes: 0 };
    for (let i = 0; i < count; i++) {
      if (connection?.usable !== true) connection = await open();
      const started = performance.now();
      const answer = await connection.ask(request);
      reached.ms.push(performance.now() - started);
      // One that differs is the one to be told.
      if (reached.status === 0 || reached.status === 200) Object.assign(reached, answer);
    }
    process.send?.(reached);
  });
  process.send?.("ready");
});

type Answer = Omit<Reached, "ms">;

async function connected({ port, tls }: Target): Promise<Socket> {
  const socket =
    tls === undefined
      ? connect({ port, host: "127.0.0.1", noDelay: true })
      : connectTls({
          port,
          host: "127.0.0.1",
          servername: tls.serverName,
          ca: readFileSync(tls.caFile),
          ALPNProtocols: ["http/1.1"],
        });
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once(tls === undefined ? "connect" : "secureConnect", resolve).once("error", reject);
  });
  return socket;
}

class Connection {
  readonly #socket: Socket;
  #arrived: (data: Buffer) => void = () => {};
  #failed: (error: Error) => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data) => this.#arrived(data));
    socket.on("error", (error) => this.#failed(error));
    socket.on("close", () => {
      this.#failed(new Error("The connection was closed in the middle of an answer."));
    });
  }

  get usable(): boolean {
    return !this.#socket.destroyed;
  }

  ask(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let head = "";
      let bytes = 0;
      let last = "";
      this.#failed = reject;
      this.#arrived = (data) => {
        let body = data;
        if (!head.endsWith("\r\n\r\n")) {
          const text = head + data.toString("latin1");
          const end = text.indexOf("\r\n\r\n");
          if (end < 0) {
            head = text;
            return;
          }
          body = data.subarray(end + 4 - head.length);
          head = text.slice(0, end + 4);
        }
        bytes += body.length;
        last = (last + body.subarray(-5).toString("latin1")).slice(-5);
        const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1];
        // Compressed data may end like a chunk; that it also ends a packet and starts a line is as good as impossible.
        if (length === undefined ? last !== "0\r\n\r\n" : bytes < Number(length)) return;
        this.#failed = () => {};
        // nginx ends a connection after a thousand requests, and says so.
        if (/\r\nconnection: *close\r\n/i.test(head)) this.#socket.destroy();
        resolve({ status: Number(head.slice(9, 12)), headers: head, bytes });
      };
      this.#socket.write(request);
    });
  }
}
