import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createEndpoint, type Supply } from "../../../../src/core/credentials/endpoint.ts";
import { FakeLog } from "../../../fakes/log.ts";

const token = "t0ken-of-thirty-two-random-bytes_in-base64u";

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe("container endpoint", () => {
  let server: Server;
  let port: number;
  let supply: Supply;
  let wanted: number;
  let log: FakeLog;
  const ready: Supply = {
    state: "ready",
    credentials: {
      accessKeyId: "ASIAEXAMPLE",
      secretAccessKey: "s3cret",
      sessionToken: "session",
      expiresAt: Date.UTC(2100, 0, 1, 0, 0, 0, 7),
      accountId: "123456789012",
    },
  };

  beforeEach(async () => {
    supply = ready;
    wanted = 0;
    log = new FakeLog();
    server = createEndpoint({
      token,
      supply: () => supply,
      describe: ({ code }) => `because of ${code}`,
      onWanted: () => void wanted++,
      log,
      patience: 200,
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  interface Options {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: Record<string, string | string[]>;
    readonly body?: string;
    readonly agent?: Agent;
  }

  function ask({ method = "GET", path = "/credentials", headers = {}, body, agent }: Options = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        { host: "127.0.0.1", port, method, path, headers: { Authorization: token, ...headers }, agent: agent ?? false },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk) => {
            text += chunk;
          });
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
          );
        },
      );
      request.on("error", reject);
      request.end(body);
    });
  }

  /** Sends bytes as they are, and answers everything that comes back until the other side closes or answers. */
  async function raw(text: string): Promise<string> {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.end(text);
    let answer = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      answer += chunk;
    });
    await once(socket, "close");
    return answer;
  }

  it("answers the keys as the SDKs read them, and forbids to keep them", async () => {
    const { status, headers, body } = await ask();
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(body), {
      AccessKeyId: "ASIAEXAMPLE",
      SecretAccessKey: "s3cret",
      Token: "session",
      Expiration: "2100-01-01T00:00:00Z",
      AccountId: "123456789012",
    });
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["content-type"], "application/json");
  });

  it("answers the new keys from the request on after they changed", async () => {
    await ask();
    supply = { state: "ready", credentials: { ...ready.credentials, accessKeyId: "ASIANEXT" } } as Supply;
    assert.match((await ask()).body, /ASIANEXT/);
  });

  it("answers many requests on one connection", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let connections = 0;
    server.on("connection", () => connections++);
    for (let count = 0; count < 20; count++) assert.equal((await ask({ agent })).status, 200);
    agent.destroy();
    assert.equal(connections, 1);
  });

  const refused: readonly [name: string, options: Options, status: number][] = [
    ["without a token", { headers: { Authorization: "" } }, 401],
    ["with a wrong token", { headers: { Authorization: `${token.slice(0, -1)}!` } }, 401],
    ["with a token that is too long", { headers: { Authorization: `${token}x` } }, 401],
    ["with the token as Bearer", { headers: { Authorization: `Bearer ${token}` } }, 401],
    ["with Origin", { headers: { Origin: "http://127.0.0.1" } }, 403],
    ["with Origin null", { headers: { Origin: "null" } }, 403],
    ["with Forwarded", { headers: { Forwarded: "for=127.0.0.1" } }, 403],
    ["with X-Forwarded-For", { headers: { "X-Forwarded-For": "127.0.0.1" } }, 403],
    ["with X-Forwarded-Host", { headers: { "x-forwarded-host": "127.0.0.1" } }, 403],
    ["with any X-Forwarded header", { headers: { "X-FORWARDED-Something": "" } }, 403],
    ["by a browser", { headers: { "Sec-Fetch-Site": "none" } }, 403],
    ["with another Host", { headers: { Host: "example.com" } }, 403],
    ["with another port in Host", { headers: { Host: "127.0.0.1:1" } }, 403],
    ["with localhost as Host", { headers: { Host: "localhost" } }, 403],
    ["by POST", { method: "POST" }, 405],
    ["by PUT", { method: "PUT", body: "x" }, 405],
    ["by HEAD", { method: "HEAD" }, 405],
    ["by OPTIONS", { method: "OPTIONS" }, 405],
    ["by DELETE", { method: "DELETE" }, 405],
    ["with a body", { body: "x", headers: { "Content-Length": "1" } }, 400],
    ["with a query string", { path: "/credentials?role=x" }, 400],
    ["for the root", { path: "/" }, 404],
    ["for a longer path", { path: "/credentials/" }, 404],
    ["for a path with dots", { path: "/x/../credentials" }, 404],
    ["for another case", { path: "/Credentials" }, 404],
  ];
  for (const [name, options, expected] of refused) {
    it(`refuses a request ${name}`, async () => {
      const { status, headers, body } = await ask(options);
      assert.equal(status, expected);
      assert.equal(headers["cache-control"], "no-store");
      assert.ok(!body.includes("s3cret") && !body.includes("ASIA"));
      if (options.method === "HEAD") return;
      const { code, message, Code, Message } = JSON.parse(body);
      assert.deepEqual([Code, Message], [code, message]);
      assert.match(message, /^[A-Z].+\.$/);
    });
  }

  it("refuses absolute addresses, a second Host, a second token and HTTP that isn't", async () => {
    const host = `Host: 127.0.0.1:${port}\r\n`;
    const authorization = `Authorization: ${token}\r\n`;
    const table = [
      `GET http://127.0.0.1:${port}/credentials HTTP/1.1\r\n${host}${authorization}\r\n`,
      `GET /credentials HTTP/1.1\r\n${host}Host: example.com\r\n${authorization}\r\n`,
      `GET /credentials HTTP/1.1\r\n${host}Authorization: x\r\n${authorization}\r\n`,
      `GET /credentials HTTP/1.1\r\n${authorization}\r\n`,
      `GET /credentials HTTP/1.0\r\n${authorization}\r\n`,
      `GET /credentials HTTP/1.1\r\n${host}${authorization}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      `CONNECT 127.0.0.1:${port} HTTP/1.1\r\n${host}${authorization}\r\n`,
      "rubbish\r\n\r\n",
      `GET /credentials HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
    ];
    for (const text of table) {
      const answer = await raw(text);
      assert.match(answer, /^(HTTP\/1\.1 4\d\d |$)/, text.slice(0, 60));
      assert.ok(!answer.includes("s3cret"));
    }
  });

  it("logs each kind of refusal once and never what was sent", async () => {
    for (let count = 0; count < 3; count++) await ask({ headers: { Authorization: "guess-s3cret" } });
    await ask({ headers: { Origin: "http://evil" } });
    assert.equal(log.lines.length, 2);
    assert.ok(!log.lines.join().includes("guess-s3cret") && !log.lines.join().includes("evil"));
  });

  it("says what to do while nobody is signed in, and that credentials are wanted", async () => {
    supply = { state: "unavailable", problem: { code: "signedOut" } };
    const { status, body } = await ask();
    assert.equal(status, 403);
    assert.equal(JSON.parse(body).Message, "because of signedOut");
    assert.equal(wanted, 1);
    await ask({ headers: { Authorization: "wrong" } });
    assert.equal(wanted, 1);
  });

  it("waits a moment for the first keys, and not longer", async () => {
    let settle = (): void => {};
    supply = {
      state: "pending",
      settled: new Promise((resolve) => {
        settle = resolve;
      }),
    };
    const asked = ask();
    await once(server, "request");
    supply = ready;
    settle();
    assert.equal((await asked).status, 200);
    supply = { state: "pending", settled: new Promise(() => {}) };
    assert.equal((await ask()).status, 403);
  });

  it("does not hand out what has ended", async () => {
    supply = { state: "ready", credentials: { ...ready.credentials, expiresAt: Date.now() - 1 } } as Supply;
    const { status, body } = await ask();
    assert.equal(status, 403);
    assert.ok(!body.includes("s3cret"));
  });
});
