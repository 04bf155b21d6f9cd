import assert from "node:assert/strict";
import { type AgentClient, type Connection, keepConnected } from "../../../src/agent/client.ts";
import { listenerSet } from "../../../src/agent/connect.ts";
import { reconnectDelay } from "../../../src/agent/reconnect.ts";
import { GatehouseError } from "../../../src/core/errors.ts";
import { runtimePaths } from "../../../src/core/runtimeDirectory.ts";
import type { Session } from "../../../src/core/session.ts";
import { settle } from "../../fakes/clock.ts";

const signedOut: Session = { state: "signedOut", reason: "never" };

class FakeClient implements AgentClient {
  readonly hello: AgentClient["hello"];
  readonly sessions = listenerSet<Session>();
  readonly wanted = listenerSet<undefined>();
  readonly closed = listenerSet<undefined>();
  disposed = false;

  constructor(pid: number) {
    const endpoint = { uri: "http://127.0.0.1:1/credentials", tokenFile: "/t" };
    this.hello = { protocol: 1, version: "1", pid, mode: "user", endpoint };
  }

  request = async <R>(): Promise<R> => this.hello.pid as R;
  onSessionChanged = this.sessions.add;
  onCredentialsWanted = (listener: () => void) => this.wanted.add(listener);
  onClose = (listener: () => void) => this.closed.add(listener);
  dispose(): void {
    this.disposed = true;
    this.closed.fire(undefined);
  }
}

describe("kept connection", () => {
  let next: (() => FakeClient)[];
  let made: FakeClient[];
  let states: Connection[];
  let now: number;
  const kept: ReturnType<typeof keepConnected>[] = [];

  beforeEach(() => {
    next = [];
    made = [];
    states = [];
    now = 0;
  });

  afterEach(() => {
    for (const one of kept.splice(0)) one.dispose();
  });

  function keep(prepare?: (client: AgentClient) => Promise<void>): ReturnType<typeof keepConnected> {
    const one = keepConnected({
      paths: runtimePaths({ environment: { GATEHOUSE_RUNTIME_DIR: "/none" } }),
      client: "editor",
      version: "1",
      agentScript: "/agent.js",
      node: "/node",
      environment: {},
      now: () => now,
      ...(prepare === undefined ? {} : { prepare }),
      connectOrStart: async () => {
        const client = (next.shift() ?? (() => new FakeClient(made.length + 1)))();
        made.push(client);
        return client;
      },
    });
    one.onState((state) => states.push(state));
    kept.push(one);
    return one;
  }

  const fail = () => {
    throw new GatehouseError("agentUnavailable");
  };

  it("connects by itself, and again at once when the agent is gone, and says that it was restarted", async () => {
    const connection = keep();
    await connection.current();
    made[0]?.closed.fire(undefined);
    assert.equal((await connection.current()).hello.pid, 2);
    assert.deepEqual(
      states.map((one) => (one.state === "connected" ? one.restarted : one.state)),
      ["connecting", false, "connecting", true],
    );
  });

  it("does not call it restarted when the same process answers again", async () => {
    next.push(
      () => new FakeClient(7),
      () => new FakeClient(7),
    );
    const connection = keep();
    await connection.current();
    made[0]?.closed.fire(undefined);
    await connection.current();
    assert.deepEqual(states.at(-1), { state: "connected", client: made[1], restarted: false });
  });

  it("keeps its listeners over a reconnection", async () => {
    const connection = keep();
    const sessions: Session[] = [];
    let wanted = 0;
    connection.onSessionChanged((session) => sessions.push(session));
    const listener = connection.onCredentialsWanted(() => wanted++);
    await connection.current();
    made[0]?.sessions.fire(signedOut);
    made[0]?.closed.fire(undefined);
    await connection.current();
    made[1]?.sessions.fire(signedOut);
    made[1]?.wanted.fire(undefined);
    listener.dispose();
    made[1]?.wanted.fire(undefined);
    assert.equal(sessions.length, 2);
    assert.equal(wanted, 1);
  });

  it("prepares each connection before anybody gets it", async () => {
    const prepared: number[] = [];
    const connection = keep(async (client) => {
      await settle();
      prepared.push(client.hello.pid);
    });
    const { hello } = await connection.current();
    assert.deepEqual(prepared, [hello.pid]);
    assert.equal(await connection.request({ method: "x" }), hello.pid);
  });

  it("tells a failure, and tries again when asked", async () => {
    next.push(fail);
    const connection = keep();
    await assert.rejects(connection.current(), { code: "agentUnavailable" });
    assert.equal(states.at(-1)?.state, "failed");
    assert.equal((await connection.current()).hello.pid, 1);
  });

  it("waits longer after each failure", () => {
    assert.deepEqual([0, 1, 2, 3, 7, 50].map(reconnectDelay), [0, 500, 1000, 2000, 30_000, 30_000]);
  });

  it("does not start one that dies right away over and over, but one that was killed once at once", async () => {
    const connection = keep();
    await connection.current();
    made[0]?.closed.fire(undefined);
    await settle();
    assert.equal(made.length, 2, "the first time at once");
    made[1]?.closed.fire(undefined);
    await settle();
    assert.equal(made.length, 2, "then after a pause");
    assert.equal(states.at(-1)?.state, "failed");
    assert.equal((await connection.current()).hello.pid, 3, "but when somebody asks");
    now += 5000;
    for (const count of [4, 5]) {
      made.at(-1)?.closed.fire(undefined);
      await settle();
      assert.equal(made.length, count, "after some seconds of life at once again");
      now += 5000;
    }
  });

  it("closes its connection when it is disposed of, and makes no other", async () => {
    const connection = keep();
    await connection.current();
    connection.dispose();
    await settle();
    assert.equal(made.length, 1);
    assert.equal(made[0]?.disposed, true);
    await assert.rejects(connection.current(), { code: "cancelled" });
  });

  it("closes a connection that comes after it was disposed of", async () => {
    const connection = keep();
    const current = connection.current();
    connection.dispose();
    await assert.rejects(current, { code: "cancelled" });
    assert.ok(made.every((client) => client.disposed));
  });
});
