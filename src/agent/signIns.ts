/** Sign-ins under way. Each belongs to the client that started it, and goes when that client does. */
import { randomUUID } from "node:crypto";
import type { CognitoConfiguration } from "../core/cognito/configuration.ts";
import type { Flow, FlowStep } from "../core/cognito/flow.ts";
import type { Answer } from "../core/cognito/prompt.ts";
import { GatehouseError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Redactor } from "../core/redact.ts";
import type { Clock } from "./clock.ts";
import type { Cognito } from "./cognito.ts";
import { discard } from "./discard.ts";
import type { SignInStep } from "./protocol.ts";
import type { SessionHolder } from "./sessionHolder.ts";

export interface SignInDependencies {
  /** @throws GatehouseError notConfigured | configurationInvalid */
  readonly configuration: () => CognitoConfiguration;
  readonly cognito: () => Promise<Cognito>;
  readonly session: Pick<SessionHolder, "adopt">;
  readonly clock: Clock;
  readonly log: Log;
  readonly redactor: Redactor;
}

/** Identity of a connection; compared, never looked into. */
export type Owner = object;

export interface SignIns {
  start(owner: Owner, username: string, signal: AbortSignal): Promise<SignInStep>;
  answer(owner: Owner, id: string, answer: Answer, signal: AbortSignal): Promise<SignInStep>;
  cancel(owner: Owner, id: string): void;
  /** The client is gone. */
  abandon(owner: Owner): void;
  pending(): number;
}

interface Pending {
  readonly owner: Owner;
  readonly flow: Flow & { dispose?(): void };
  readonly configuration: CognitoConfiguration;
  readonly ending: AbortController;
  readonly forget: (() => void)[];
  busy: boolean;
  cancelTimer: () => void;
}

/** A flow that nobody has answered for so long is dropped, with the password in it. */
const idleTimeout = 30 * 60_000;
const maxPerClient = 4;

export function createSignIns(deps: SignInDependencies): SignIns {
  const flows = new Map<string, Pending>();

  const end = (id: string): void => {
    const pending = flows.get(id);
    if (pending === undefined) return;
    flows.delete(id);
    pending.ending.abort();
    pending.cancelTimer();
    for (const forget of pending.forget) forget();
    pending.flow.dispose?.();
  };

  const run = async (
    id: string,
    pending: Pending,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<FlowStep>,
  ): Promise<SignInStep> => {
    if (pending.busy) throw new GatehouseError("flowUnknown");
    pending.busy = true;
    pending.cancelTimer();
    const stop = AbortSignal.any([signal, pending.ending.signal]);
    let step: FlowStep;
    try {
      step = await work(stop);
    } catch (error) {
      pending.cancelTimer = deps.clock.after(idleTimeout, () => end(id));
      if (pending.ending.signal.aborted) throw new GatehouseError("cancelled", {}, { cause: error });
      throw error;
    } finally {
      pending.busy = false;
    }
    // Given up while Cognito was answering: what it gave must not become a session that nobody asked for any more.
    if (step.state === "tokens" && stop.aborted) {
      end(id);
      await discard(deps, pending.configuration, step.tokens, "cancelled");
      throw new GatehouseError("cancelled");
    }
    if (pending.ending.signal.aborted) throw new GatehouseError("cancelled");
    switch (step.state) {
      case "prompt":
        pending.cancelTimer = deps.clock.after(idleTimeout, () => end(id));
        if (step.prompt.kind === "enrolTotp") pending.forget.push(deps.redactor.remember(step.prompt.secret));
        return { ...step, flow: id };
      case "failed":
        end(id);
        return step;
      case "tokens": {
        const { tokens, clockOffsetSeconds } = step;
        try {
          const session = await deps.session.adopt(pending.configuration, tokens, clockOffsetSeconds, stop);
          return { state: "signedIn", session };
        } finally {
          end(id);
        }
      }
    }
  };

  const find = (owner: Owner, id: string): Pending => {
    const pending = flows.get(id);
    if (pending === undefined || pending.owner !== owner) throw new GatehouseError("flowUnknown");
    return pending;
  };

  return {
    async start(owner, username, signal) {
      const configuration = deps.configuration();
      const own = [...flows].filter(([, pending]) => pending.owner === owner);
      for (const [id] of own.slice(0, Math.max(0, own.length - maxPerClient + 1))) end(id);
      const { createFlow } = await deps.cognito();
      const flow = createFlow({ configuration, now: deps.clock.now, log: deps.log });
      const id = randomUUID();
      const ending = new AbortController();
      const pending: Pending = { owner, flow, configuration, ending, forget: [], busy: false, cancelTimer() {} };
      flows.set(id, pending);
      try {
        return await run(id, pending, signal, (stop) => flow.start(username.trim(), stop));
      } catch (error) {
        // Its id was never told, so nobody could go on with it.
        end(id);
        throw error;
      }
    },
    async answer(owner, id, answer, signal) {
      const pending = find(owner, id);
      if ("password" in answer) pending.forget.push(deps.redactor.remember(answer.password));
      if ("code" in answer) pending.forget.push(deps.redactor.remember(answer.code));
      return await run(id, pending, signal, (stop) => pending.flow.answer(answer, stop));
    },
    cancel(owner, id) {
      if (flows.get(id)?.owner === owner) end(id);
    },
    abandon(owner) {
      for (const [id, pending] of [...flows]) if (pending.owner === owner) end(id);
    },
    pending: () => flows.size,
  };
}
