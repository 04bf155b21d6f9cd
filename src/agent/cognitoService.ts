/** The other end of cognitoProcess.ts: makes the objects that it names and calls them. */
import { createCodeExchange } from "../core/cognito/codeExchange.ts";
import { createFlow } from "../core/cognito/flow.ts";
import { createIdentityPool } from "../core/cognito/identityPool.ts";
import { createTokenSource } from "../core/cognito/tokens.ts";
import { toProblem } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { FromCognito, Kind, ToCognito } from "./cognitoMessages.ts";

type Method = (...parameters: unknown[]) => Promise<unknown>;

/** @returns what to call with each message that comes */
export function serveCognito(send: (message: FromCognito) => void): (message: ToCognito) => void {
  const objects = new Map<number, object>();
  const calls = new Map<number, AbortController>();
  const line = (level: keyof Log) => (text: string) => send({ log: level, line: text });
  const log: Log = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
  type Make = typeof createFlow | typeof createTokenSource | typeof createIdentityPool | typeof createCodeExchange;
  const make: Readonly<Record<Kind, Make>> = {
    flow: createFlow,
    tokens: createTokenSource,
    identityPool: createIdentityPool,
    codeExchange: createCodeExchange,
  };

  const run = async (message: Extract<ToCognito, { call: number }>): Promise<void> => {
    const { call, kind, configuration, method, parameters } = message;
    const controller = new AbortController();
    calls.set(call, controller);
    try {
      const target = objects.get(message.object) ?? make[kind]({ configuration, log });
      objects.set(message.object, target);
      const result = await ((target as Record<string, Method>)[method] as Method)(...parameters, controller.signal);
      const offset = (target as { clockOffsetSeconds?: () => number | undefined }).clockOffsetSeconds?.();
      send({ call, result, offset });
    } catch (error) {
      send({ call, problem: toProblem(error) });
    } finally {
      calls.delete(call);
    }
  };

  return (message) => {
    if ("abort" in message) calls.get(message.abort)?.abort();
    else if ("forget" in message) objects.delete(message.forget);
    else void run(message);
  };
}
