import assert from "node:assert/strict";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, connect as connectSocket, createServer } from "node:net";
import { join } from "node:path";
import {
  createMessageConnection,
  type RequestType0,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { connect } from "../../../src/agent/client.ts";
import {
  answerSignIn,
  cancelSignIn,
  chooseRole,
  configure,
  getConfiguration,
  getCredentials,
  getSession,
  hello,
  refresh,
  signOut,
  startSignIn,
} from "../../../src/agent/protocol.ts";
import { startAgent } from "../../../src/agent/start.ts";
import { GatehouseError } from "../../../src/core/errors.ts";
import { createRedactor } from "../../../src/core/redact.ts";
import { readEndpoint } from "../../../src/core/runtimeDirectory.ts";
import type { Session } from "../../../src/core/session.ts";
import { settle } from "../../fakes/clock.ts";
import { configuration, roles } from "../../fakes/cognito.ts";
import { Harness } from "./harness.ts";

function frame(message: unknown): string {
  const body = typeof message === "string" ? message : JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const helloFrame = frame({
  jsonrpc: "2.0",
  id: 1,
  method: "hello",
  params: { protocol: 1, client: "cli", version: "1" },
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("agent", () => {
  let harness: Harness;

  beforeEach(() => {
    harness = new Harness();
  });

  afterEach(() => harness.dispose());

  /** Sends bytes, answers what comes back until the agent closes the connection. */
  async function send(...pieces: (string | Buffer)[]): Promise<string> {
    const socket = connectSocket(harness.paths.socket);
    socket.on("error", () => {});
    let answer = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      answer += chunk;
    });
    // events.once would reject on the reset that a destroyed peer causes.
    const closed = new Promise((resolve) => socket.once("close", resolve));
    for (const piece of pieces) socket.write(piece);
    await closed;
    return answer;
  }

  describe("its conversation", () => {
    it("says who it is, and where terminals find the endpoint", async () => {
      const agent = await harness.start();
      const client = await harness.connect();
      assert.deepEqual(client.hello, {
        protocol: 1,
        version: "1.0.0",
        pid: process.pid,
        mode: "user",
        endpoint: {
          uri: `http://127.0.0.1:${agent.port}/credentials`,
          tokenFile: `${harness.paths.tokenFile}-${agent.port}`,
        },
      });
      assert.deepEqual(readEndpoint(harness.paths), client.hello.endpoint);
    });

    it("speaks with vscode-jsonrpc as well", async () => {
      await harness.start();
      const socket = connectSocket(harness.paths.socket);
      const connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
      connection.listen();
      await connection.sendRequest(hello.method, { protocol: 1, client: "cli", version: "1" });
      const noParameters = { method: getSession.method } as RequestType0<Session, void>;
      assert.deepEqual(await connection.sendRequest(noParameters.method), { state: "signedOut", reason: "never" });
      await assert.rejects(connection.sendRequest("no/such"), { code: -32601 });
      connection.dispose();
      socket.destroy();
    });

    it("signs in step by step, tells every client, and answers no secret but the keys that were asked for", async () => {
      await harness.start();
      const [client, other] = [await harness.connect(), await harness.connect()];
      const told = new Promise<Session>((resolve) => {
        other.onSessionChanged((session) => {
          if (session.state === "signedIn" && session.credentials.state === "ready") resolve(session);
        });
      });
      await harness.signIn(client);
      const session = await told;
      assert.deepEqual(await other.request(getSession), session);
      const { secrets } = harness.cognito;
      const answers = [
        session,
        await client.request(refresh),
        await client.request(chooseRole, { role: roles[1] ?? "" }),
      ];
      for (const secret of secrets) assert.ok(!JSON.stringify([answers, harness.log.lines]).includes(secret));
      const keys = await client.request(getCredentials);
      assert.deepEqual(Object.keys(keys), ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"]);
      const { status, body } = await harness.credentials();
      assert.equal(status, 200);
      assert.equal(body["AccessKeyId"], keys.AccessKeyId);
    });

    it("answers what was wrong and goes on with the same flow", async () => {
      await harness.start();
      const client = await harness.connect();
      await assert.rejects(client.request(startSignIn, { username: "yuki" }), { code: "notConfigured" });
      await client.request(configure, { region: "us-east-1", userPoolId: "us-east-1_a", clientId: "b" });
      const step = await client.request(startSignIn, { username: " yuki " });
      assert.ok(step.state === "prompt" && step.prompt.username === "yuki");
      const { flow } = step;
      const again = await client.request(answerSignIn, { flow, answer: { kind: "password", password: "wrong" } });
      assert.ok(again.state === "prompt" && again.problem?.code === "wrongPassword");
      await client.request(cancelSignIn, { flow });
      const late = client.request(answerSignIn, { flow, answer: { kind: "totp", code: "1" } });
      await assert.rejects(late, { code: "flowUnknown" });
    });

    it("lets nobody else go on with a flow, and drops it with its client", async () => {
      await harness.start();
      const [client, other] = [await harness.connect(), await harness.connect()];
      await client.request(configure, { region: "us-east-1", userPoolId: "us-east-1_a", clientId: "b" });
      const step = await client.request(startSignIn, { username: "yuki" });
      assert.ok(step.state === "prompt");
      const { flow } = step;
      const stolen = other.request(answerSignIn, { flow, answer: { kind: "password", password: "Right-Password-1" } });
      await assert.rejects(stolen, { code: "flowUnknown" });
      await other.request(cancelSignIn, { flow });
      const own = await client.request(answerSignIn, {
        flow,
        answer: { kind: "password", password: "Right-Password-1" },
      });
      assert.equal(own.state, "prompt");
    });

    it("stops a request that its client cancels", async () => {
      await harness.start();
      const client = await harness.connect();
      await client.request(configure, { region: "us-east-1", userPoolId: "us-east-1_a", clientId: "b" });
      const step = await client.request(startSignIn, { username: "yuki" });
      assert.ok(step.state === "prompt");
      let open = (): void => {};
      harness.cognito.gate = new Promise((resolve) => {
        open = resolve;
      });
      const abort = new AbortController();
      const answer = { kind: "password", password: "Right-Password-1" } as const;
      const asked = client.request(answerSignIn, { flow: step.flow, answer }, abort.signal);
      abort.abort();
      await assert.rejects(asked, { code: "cancelled" });
      open();
    });

    for (const how of ["the request", "the flow", "the connection"] as const) {
      it(`revokes tokens that come for a sign-in whose client gave up ${how}, and has no session`, async () => {
        await harness.start();
        const [client, other] = [await harness.connect(), await harness.connect()];
        const { region, userPoolId, clientId } = configuration;
        await client.request(configure, { region, userPoolId, clientId });
        const step = await client.request(startSignIn, { username: "yuki" });
        assert.ok(step.state === "prompt");
        const { flow } = step;
        await client.request(answerSignIn, { flow, answer: { kind: "password", password: "Right-Password-1" } });
        let open = (): void => {};
        harness.cognito.stubborn = true;
        harness.cognito.gate = new Promise((resolve) => {
          open = resolve;
        });
        const abort = new AbortController();
        const asked = client.request(answerSignIn, { flow, answer: { kind: "totp", code: "123456" } }, abort.signal);
        const ended = asked.catch(() => {});
        while (harness.cognito.calls.at(-1) !== "totp") await settle();
        if (how === "the request") abort.abort();
        else if (how === "the flow") await client.request(cancelSignIn, { flow });
        else client.dispose();
        // By the time of the answer the agent has taken note of it.
        await other.request(getSession);
        await settle();
        open();
        await ended;
        while (harness.cognito.revoked.length === 0) await settle();
        const { revoked, secrets } = harness.cognito;
        assert.deepEqual(
          revoked,
          secrets.filter((one) => one.startsWith("refresh-")),
        );
        assert.deepEqual(await other.request(getSession), { state: "signedOut", reason: "never" });
      });
    }

    it("tells what is in force, or everything that is wrong with it", async () => {
      await harness.start();
      const client = await harness.connect();
      const wrong = await client.request(configure, { region: "nowhere", userPoolId: "x", clientId: "c" });
      assert.ok(!wrong.ok);
      const keys = wrong.problems.map(({ params }) => params?.["key"]);
      assert.deepEqual(keys, ["cognito.region", "cognito.userPoolId"]);
      const good = await client.request(configure, {
        region: "eu-west-1",
        userPoolId: "eu-west-1_Abc",
        clientId: "c",
        identityPoolId: "",
      });
      assert.deepEqual(good, {
        ok: true,
        source: "settings",
        region: "eu-west-1",
        userPoolId: "eu-west-1_Abc",
        clientId: "c",
        browserSignIn: false,
      });
      const login = { region: "eu-west-1", userPoolId: "eu-west-1_Abc", clientId: "c", domain: "login.example.com" };
      const withBrowser = await client.request(configure, login);
      assert.ok(withBrowser.ok && withBrowser.browserSignIn);
      const file = { cognito: { region: "us-east-1", userPoolId: "us-east-1_Host", clientId: "h" } };
      writeFileSync(join(harness.directory, "host.json"), JSON.stringify(file));
      const host = await client.request(getConfiguration);
      assert.ok(host.ok && host.source === "host.json" && host.userPoolId === "us-east-1_Host");
    });

    it("heals a session without an identity pool as soon as an editor sends one", async () => {
      await harness.start();
      const client = await harness.connect();
      const { identityPoolId = "", region, userPoolId, clientId } = configuration;
      const healed = new Promise<Session>((resolve) => {
        client.onSessionChanged((session) => {
          if (session.state === "signedIn" && session.credentials.state === "ready") resolve(session);
        });
      });
      await harness.signIn(client, "");
      assert.equal((await harness.credentials()).status, 403);
      await client.request(configure, { region, userPoolId, clientId, identityPoolId });
      await healed;
      assert.equal((await harness.credentials()).status, 200);
    });

    it("says once that credentials are wanted, until the next sign-in", async () => {
      await harness.start();
      const client = await harness.connect();
      let wanted = 0;
      client.onCredentialsWanted(() => wanted++);
      const { status, body } = await harness.credentials();
      assert.equal(status, 403);
      assert.match(body["Message"] ?? "", /Sign in/);
      await harness.credentials();
      await client.request(getSession);
      assert.equal(wanted, 1);
      await harness.signIn(client);
      assert.deepEqual((await client.request(signOut)).steps, [
        { step: "dropCredentials" },
        { step: "revokeRefreshToken" },
      ]);
      await harness.credentials();
      await client.request(getSession);
      assert.equal(wanted, 2);
    });
  });

  describe("hostile input", () => {
    const table: readonly [name: string, pieces: (string | Buffer)[], log: RegExp][] = [
      ["rubbish", [Buffer.alloc(5000, 0x41)], /no message/],
      ["binary rubbish", [Buffer.alloc(5000, 0xff)], /no message/],
      ["a header without a length", ["Content-Type: x\r\n\r\n"], /without a length/],
      ["a negative length", ["Content-Length: -1\r\n\r\n"], /without a length/],
      ["10 MB announced", ["Content-Length: 10485760\r\n\r\n"], /10485760 bytes/],
      ["10 MB sent", ["Content-Length: 10485760\r\n\r\n", Buffer.alloc(10_485_760, 0x20)], /10485760 bytes/],
      ["10 MB of header", [`${"X: x\r\n".repeat(1_700_000)}`], /no message/],
      ["what is not JSON", [frame("{")], /not JSON/],
      ["JSON that is no request", [frame("null")], /no request/],
      ["a list of requests", [frame("[]")], /no request/],
      ["an answer", [frame({ jsonrpc: "2.0", id: 1, result: 1 })], /no request/],
      ["something before hello", [frame({ jsonrpc: "2.0", id: 1, method: "session/get" })], /hello comes first/],
      ["the id of a request that is under way", [helloFrame + helloFrame], /id of a request/],
    ];
    for (const [name, pieces, expected] of table) {
      it(`closes a connection that sends ${name}, logs it once, and harms nobody else`, async () => {
        await harness.start();
        const client = await harness.connect();
        const before = harness.log.lines.length;
        await send(...pieces);
        await settle();
        assert.equal((await client.request(getSession)).state, "signedOut");
        const logged = harness.log.lines.slice(before).filter((line) => line.startsWith("warn"));
        assert.equal(logged.length, 1);
        assert.match(logged[0] ?? "", expected);
      });
    }

    it("takes a message that comes byte by byte, and two in one piece", async () => {
      await harness.start();
      const socket = connectSocket(harness.paths.socket);
      for (const byte of helloFrame) socket.write(byte);
      socket.write(
        frame({ jsonrpc: "2.0", id: 2, method: "session/get" }) +
          frame({ jsonrpc: "2.0", id: 3, method: "session/get" }),
      );
      let answer = "";
      socket.setEncoding("utf8");
      for await (const chunk of socket) {
        answer += chunk;
        if (answer.includes('"id":3')) break;
      }
      assert.equal(answer.match(/signedOut/g)?.length, 2);
    });

    it("logs half a message that its sender leaves", async () => {
      await harness.start();
      const socket = connectSocket(harness.paths.socket);
      socket.on("error", () => {});
      socket.end("Content-Length: 100\r\n\r\n{");
      await once(socket, "close");
      await settle();
      assert.ok(harness.log.lines.some((line) => /middle of a message/.test(line)));
    });

    it("drops a client that says nothing, and one that does not finish", async () => {
      await harness.start({ helloTimeout: 50 });
      await send();
      await send("Content-Length: 100\r\n\r\n{");
      assert.equal(harness.log.lines.filter((line) => /said nothing/.test(line)).length, 2);
    });

    it("cuts off a client that sends a message without end, byte by byte", async () => {
      await harness.start({ limits: { messageTimeout: 60 } });
      const socket = connectSocket(harness.paths.socket);
      socket.on("error", () => {});
      const closed = new Promise((resolve) => socket.once("close", resolve));
      // Two whole messages come in time; the third is one byte every few milliseconds.
      socket.write(
        `${helloFrame}${frame({ jsonrpc: "2.0", id: 2, method: "session/get" })}Content-Length: 1000\r\n\r\n`,
      );
      const drip = setInterval(() => socket.write(" "), 10);
      try {
        await closed;
      } finally {
        clearInterval(drip);
      }
      assert.ok(harness.log.lines.some((line) => /did not finish a message/.test(line)));
    });

    it("answers MethodNotFound and InvalidParams, and goes on", async () => {
      await harness.start();
      const client = await harness.connect();
      for (const method of ["no/such", "constructor", "__proto__", "toString", ""]) {
        await assert.rejects(client.request({ method }), { code: "internal", params: { detail: "unknown method" } });
      }
      const invalid = [
        client.request(startSignIn, undefined),
        client.request(startSignIn, { username: 7 } as never),
        client.request(startSignIn, { username: "x".repeat(1000) }),
        client.request(answerSignIn, { flow: "f", answer: { kind: "other" } } as never),
        client.request(answerSignIn, { flow: "f", answer: { kind: "password", password: { toString: 1 } } } as never),
        client.request(chooseRole, [] as never),
        client.request(hello, { protocol: 1, client: "cli", version: "1" }),
      ];
      for (const one of invalid) await assert.rejects(one, { code: "internal" });
      assert.equal((await client.request(getSession)).state, "signedOut");
    });

    it("cuts a client off that asks and does not read", async () => {
      await harness.start();
      const socket = connectSocket(harness.paths.socket);
      socket.on("error", () => {});
      socket.write(helloFrame);
      socket.pause();
      let id = 2;
      while (!socket.destroyed && id < 2_000_000) {
        for (let count = 0; count < 500; count++) {
          socket.write(frame({ jsonrpc: "2.0", id: id++, method: "session/get" }));
        }
        await new Promise((resolve) => setImmediate(resolve));
        if (harness.log.lines.some((line) => /does not read/.test(line))) break;
      }
      socket.destroy();
      assert.ok(harness.log.lines.some((line) => /does not read/.test(line)));
    });
  });

  describe("its files", () => {
    it("keeps socket, token and directory for its owner alone", async () => {
      await harness.start();
      const { tokenFile } = harness;
      const { directory, socket } = harness.paths;
      assert.equal(lstatSync(directory).mode & 0o777, 0o700);
      assert.equal(lstatSync(socket).mode & 0o777, 0o600);
      assert.equal(lstatSync(tokenFile).mode & 0o777, 0o600);
      assert.match(readFileSync(tokenFile, "utf8"), /^[\w-]{43}$/);
    });

    it("refuses a directory that is open to others, a link, or someone else's", async () => {
      const { directory } = harness.paths;
      mkdirSync(directory, { mode: 0o755 });
      await assert.rejects(harness.start(), { code: "socketUnsafe" });
      await assert.rejects(harness.connect(), { code: "socketUnsafe" });
      chmodSync(directory, 0o700);
      const link = join(harness.directory, "link");
      symlinkSync(directory, link);
      const linked = { ...harness.paths, directory: link };
      await assert.rejects(harness.start({ paths: linked }), { code: "socketUnsafe" });
    });

    it("replaces left-over sockets and token files, and links in their place, without touching what they lead to", async () => {
      const { directory, socket, tokenFile } = harness.paths;
      mkdirSync(directory, { mode: 0o700 });
      const victim = join(harness.directory, "victim");
      writeFileSync(victim, "precious");
      writeFileSync(join(directory, "endpoint.json"), JSON.stringify({ port: await freePort() }));
      const port = Number(new URL(readEndpoint(harness.paths)?.uri ?? "").port);
      symlinkSync(victim, tokenFile);
      symlinkSync(victim, `${tokenFile}-${port}`);
      symlinkSync(victim, `${tokenFile}-1`);
      symlinkSync(victim, socket);
      await harness.start();
      assert.equal(readFileSync(victim, "utf8"), "precious");
      assert.ok(lstatSync(`${tokenFile}-${port}`).isFile() && lstatSync(socket).isSocket());
      assert.deepEqual(
        readdirSync(directory).filter((name) => name.startsWith("token")),
        [`token-${port}`],
      );
      await harness.connect();
    });

    it("is the only one: a second start finds the first", async () => {
      await harness.start();
      const second = await startAgent({
        paths: harness.paths,
        version: "1.0.0",
        cognito: harness.cognito.load,
        log: harness.log,
        redactor: createRedactor(),
      });
      assert.equal(second, undefined);
    });

    it("answers on the same port after a restart, with a fresh token", async () => {
      const first = await harness.start();
      const token = readFileSync(harness.tokenFile, "utf8");
      await first.close();
      assert.ok(!existsSync(harness.tokenFile));
      const second = await harness.start();
      assert.equal(second.port, first.port);
      assert.notEqual(readFileSync(harness.tokenFile, "utf8"), token);
    });

    it("leaves no token that counts for terminals of a port that somebody else has taken meanwhile", async () => {
      const first = await harness.start();
      const old = readEndpoint(harness.paths);
      await first.close();
      // As a killed agent leaves it.
      writeFileSync(old?.tokenFile ?? "", "worthless");
      const squatter = createServer().listen(first.port, "127.0.0.1");
      await once(squatter, "listening");
      try {
        const second = await harness.start();
        assert.notEqual(second.port, first.port);
        assert.ok(!existsSync(old?.tokenFile ?? "") && !existsSync(harness.paths.tokenFile));
        const { endpoint } = (await harness.connect()).hello;
        assert.deepEqual(readEndpoint(harness.paths), endpoint);
        assert.equal((await harness.credentials()).status, 403, "signed out, but the token is right");
      } finally {
        squatter.close();
      }
    });

    it("says agentRestarted when its predecessor died with someone signed in, and never after a sign-out", async () => {
      const first = await harness.start();
      const client = await harness.connect();
      await harness.signIn(client);
      await first.close();
      const second = await harness.start();
      const again = await harness.connect();
      assert.deepEqual(await again.request(getSession), { state: "signedOut", reason: "agentRestarted" });
      await harness.signIn(again);
      await again.request(signOut);
      await second.close();
      await harness.start();
      assert.deepEqual(await (await harness.connect()).request(getSession), { state: "signedOut", reason: "never" });
    });
  });

  describe("its end", () => {
    it("ends by itself when nobody is signed in and nobody is connected", async () => {
      await harness.start({ grace: 30_000 });
      const client = await harness.connect();
      await harness.clock.advance(60_000);
      assert.deepEqual(harness.ended, []);
      client.dispose();
      await settle();
      await harness.clock.advance(29_999);
      await settle();
      assert.deepEqual(harness.ended, []);
      await harness.clock.advance(1);
      while (harness.ended.length === 0) await settle();
      await assert.rejects(harness.connect(), { code: "agentUnavailable" });
    });

    it("ends when its files are gone, since nobody can find it any more, and leaves its successor's alone", async () => {
      const agent = await harness.start({ guardInterval: 5 });
      const { directory, socket } = harness.paths;
      rmSync(directory, { recursive: true });
      const successor = await harness.start();
      const { tokenFile } = harness;
      while (harness.ended.length === 0) await settle();
      assert.deepEqual(harness.ended, ["its files are gone"]);
      await agent.close();
      assert.ok(existsSync(socket) && existsSync(tokenFile));
      assert.notEqual(successor.port, 0);
      assert.equal((await harness.connect()).hello.endpoint.tokenFile, tokenFile);
    });

    it("stays while someone is signed in", async () => {
      await harness.start({ grace: 1000 });
      const client = await harness.connect();
      await harness.signIn(client);
      client.dispose();
      await settle();
      await harness.clock.advance(10 * 3_600_000);
      assert.deepEqual(harness.ended, []);
      assert.equal((await harness.credentials()).status, 200);
    });
  });

  it("is refused by a client that speaks a newer protocol", async () => {
    mkdirSync(harness.paths.directory, { mode: 0o700 });
    const old = createServer((socket) => {
      const result = { protocol: 0, version: "0.0.1", pid: 1, mode: "user", endpoint: {} };
      socket.once("data", () => socket.write(frame({ jsonrpc: "2.0", id: 1, result })));
    });
    old.listen(harness.paths.socket);
    await once(old, "listening");
    await assert.rejects(harness.connect(), new GatehouseError("agentTooOld", { agent: "0.0.1", client: "1.0.0" }));
    old.close();
  });

  it("is unavailable where there is none, where one died, and where one does not answer", async () => {
    mkdirSync(harness.paths.directory, { mode: 0o700 });
    await assert.rejects(harness.connect(), { code: "agentUnavailable" });
    const mute = createServer(() => {});
    mute.listen(harness.paths.socket);
    await once(mute, "listening");
    const { paths } = harness;
    await assert.rejects(connect({ paths, client: "cli", version: "1", helloTimeout: 50 }), {
      code: "agentUnavailable",
      params: { detail: "it does not answer" },
    });
    const abort = new AbortController();
    const asked = connect({ paths, client: "cli", version: "1", signal: abort.signal });
    abort.abort();
    await assert.rejects(asked, { code: "cancelled" });
    mute.close();
  });

  it("is refused when its socket or directory belongs to another user", async function () {
    // Only root can give files away.
    if (process.getuid?.() !== 0) this.skip();
    await harness.start();
    const { socket, directory } = harness.paths;
    chownSync(socket, 12345, 12345);
    await assert.rejects(harness.connect(), {
      code: "socketUnsafe",
      params: { path: socket, detail: "belongs to user 12345" },
    });
    chownSync(socket, 0, 0);
    chownSync(directory, 12345, 12345);
    await assert.rejects(harness.connect(), { code: "socketUnsafe" });
    chownSync(directory, 0, 0);
    await harness.connect();
  });

  it("loses no request of a terminal while keys are rotated", async function () {
    const rotations = Number(process.env["GATEHOUSE_TEST_ROTATIONS"] ?? 3);
    this.timeout(10_000 + rotations * 200);
    await harness.start();
    const client = await harness.connect();
    await harness.signIn(client);
    const { body } = await harness.credentials();
    const seen = new Set([body["AccessKeyId"]]);
    let running = true;
    const loop = async (): Promise<void> => {
      while (running) {
        const { status, body } = await harness.credentials();
        assert.equal(status, 200);
        seen.add(body["AccessKeyId"]);
      }
    };
    const loops = [loop(), loop()];
    for (let count = 0; count < rotations; count++) {
      await client.request(refresh);
      const { body } = await harness.credentials();
      seen.add(body["AccessKeyId"]);
    }
    running = false;
    await Promise.all(loops);
    assert.equal(seen.size, rotations + 1);
  });
});
