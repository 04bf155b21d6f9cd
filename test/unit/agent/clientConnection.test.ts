import assert from "node:assert/strict";
import { type Duplex, duplexPair, PassThrough } from "node:stream";
import {
  type CancellationToken,
  createMessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { createClientConnection } from "../../../src/agent/clientConnection.ts";
import { getSession, sessionChanged, startSignIn } from "../../../src/agent/protocol.ts";
import { GatehouseError } from "../../../src/core/errors.ts";
import type { Session } from "../../../src/core/session.ts";

const signedOut: Session = { state: "signedOut", reason: "never" };

describe("client connection", () => {
  let client: Duplex;
  let server: Duplex;

  beforeEach(() => {
    [client, server] = duplexPair();
  });

  function serve() {
    const connection = createMessageConnection(new StreamMessageReader(server), new StreamMessageWriter(server));
    connection.listen();
    return connection;
  }

  it("speaks with a server built on vscode-jsonrpc: request without and with parameters, notification", async () => {
    const agent = serve();
    agent.onRequest(getSession.method, () => signedOut);
    agent.onRequest(startSignIn.method, (params: { username: string }) => ({ echo: params.username }));
    const connection = createClientConnection(client);
    const notified = new Promise<Session>((resolve) => {
      connection.onNotification(sessionChanged, resolve);
    });
    assert.deepEqual(await connection.request(getSession), signedOut);
    assert.deepEqual(await connection.request(startSignIn, { username: "ゆき" }), { echo: "ゆき" });
    await agent.sendNotification(sessionChanged.method, signedOut);
    assert.deepEqual(await notified, signedOut);
    connection.dispose();
  });

  it("rejects with the Problem that the agent answered, and with internal for anything else", async () => {
    const agent = serve();
    agent.onRequest(
      getSession.method,
      () => new ResponseError(1, "no", { code: "throttled", params: { endpoint: "E" } }),
    );
    const connection = createClientConnection(client);
    await assert.rejects(connection.request(getSession), new GatehouseError("throttled", { endpoint: "E" }));
    await assert.rejects(connection.request(startSignIn, { username: "u" }), { code: "internal" });
    connection.dispose();
  });

  it("tells the agent when a request is cancelled", async () => {
    const agent = serve();
    const abort = new AbortController();
    const told = new Promise<void>((resolve) => {
      agent.onRequest(startSignIn.method, (_params: unknown, token: CancellationToken) => {
        token.onCancellationRequested(() => resolve());
        abort.abort();
        return new Promise(() => {});
      });
    });
    const connection = createClientConnection(client);
    await assert.rejects(connection.request(startSignIn, { username: "u" }, abort.signal), { code: "cancelled" });
    await told;
    connection.dispose();
  });

  it("rejects what is pending when the connection is lost, and what is asked later", async () => {
    const connection = createClientConnection(client);
    const gone = new Promise<void>((resolve) => {
      connection.onClose(resolve);
    });
    const answer = connection.request(getSession);
    server.destroy();
    client.destroy();
    await assert.rejects(answer, { code: "agentUnavailable" });
    await gone;
    await assert.rejects(connection.request(getSession), { code: "agentUnavailable" });
  });

  it("reads messages that arrive in pieces or several at once, and hangs up on rubbish", async () => {
    const stream = new PassThrough();
    const connection = createClientConnection(stream);
    const seen: unknown[] = [];
    connection.onNotification(sessionChanged, (session) => seen.push(session));
    const gone = new Promise<void>((resolve) => {
      connection.onClose(resolve);
    });
    const body = JSON.stringify({ jsonrpc: "2.0", method: sessionChanged.method, params: signedOut });
    const message = Buffer.from(`Content-Length: ${body.length}\r\n\r\n${body}`);
    const bytes = Buffer.concat([message, message, Buffer.from("Content-Length: 99999999999\r\n\r\n")]);
    for (let at = 0; at < bytes.length; at += 7) stream.emit("data", bytes.subarray(at, at + 7));
    await gone;
    assert.deepEqual(seen, [signedOut, signedOut]);
  });
});
