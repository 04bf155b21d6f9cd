import type { Connection, KeptConnection } from "../../src/agent/client.ts";
import { GatehouseError } from "../../src/core/errors.ts";
import type { Session } from "../../src/core/session.ts";
import { Emitter } from "./inputBox.ts";

/** A connection to an agent that a test plays: answers by method, and events to be fired. */
export class FakeKeptConnection
  implements Pick<KeptConnection, "request" | "onSessionChanged" | "onCredentialsWanted" | "onState">
{
  readonly asked: string[] = [];
  readonly answers = new Map<string, unknown>();
  readonly sessions = new Emitter<Session>();
  readonly wanted = new Emitter<void>();
  readonly states = new Emitter<Connection>();
  readonly onSessionChanged = this.sessions.event;
  readonly onCredentialsWanted = this.wanted.event;
  readonly onState = this.states.event;

  readonly request: KeptConnection["request"] = async (type) => {
    this.asked.push(type.method);
    if (!this.answers.has(type.method)) throw new GatehouseError("agentUnavailable");
    return this.answers.get(type.method) as never;
  };

  connect(): void {
    this.states.fire({ state: "connected", client: {} as never, restarted: false });
  }
  fail(): void {
    this.states.fire({ state: "failed", error: new GatehouseError("agentUnavailable") });
  }
}

/** Lets what was set off, promises included, come to rest. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
