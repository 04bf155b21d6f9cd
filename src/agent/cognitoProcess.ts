/**
 * Cognito's clients in a process of their own, that is there only while they are needed: at a sign-in, and for some seconds every 40
 * minutes. The AWS SDK takes more memory than all of the rest of the agent, which never gives any back; and the sign-in's arithmetic does not
 * delay the answers to terminals. Tokens travel over the channel between the two and are kept here alone.
 */
import { type ChildProcess, fork } from "node:child_process";
import type { Redeemed } from "../core/cognito/codeExchange.ts";
import type { CognitoConfiguration } from "../core/cognito/configuration.ts";
import type { Flow, FlowStep } from "../core/cognito/flow.ts";
import type { AwsCredentials } from "../core/cognito/identityPool.ts";
import type { Tokens } from "../core/cognito/verification.ts";
import { GatehouseError, type ProblemCode } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Cognito } from "./cognito.ts";
import type { FromCognito, Kind, ToCognito } from "./cognitoMessages.ts";
import { cognitoEnvironment } from "./environment.ts";
import { memoryFlags } from "./flags.ts";

export interface CognitoProcessDependencies {
  /** Absolute path of dist/cognito.js. */
  readonly script: string;
  readonly log: Log;
  /** How long it stays after the last call, in milliseconds; 5 s. */
  readonly linger?: number | undefined;
  /** How long it stays when it may hold a rotated refresh token, in milliseconds; 10 minutes. */
  readonly lingerAfterFailure?: number | undefined;
  /** How long a call may take, in milliseconds; 40 s, since each of its calls to Cognito has a limit of its own. */
  readonly limit?: number | undefined;
}

interface Waiting {
  readonly resolve: (result: unknown, offset: number | undefined) => void;
  readonly reject: (error: GatehouseError) => void;
}

/** Failures of a refresh that say that Cognito gave no new refresh token, or that nobody wants it any more. */
const withoutRotation: readonly ProblemCode[] = ["cancelled", "sessionEnded", "clientMisconfigured"];

export function createCognitoProcess(deps: CognitoProcessDependencies): {
  readonly cognito: () => Promise<Cognito>;
  readonly pid: () => number | undefined;
  readonly dispose: () => void;
} {
  const waiting = new Map<number, Waiting>();
  /** Sign-ins that are not over. */
  const flows = new Set<number>();
  /** Token sources that may hold a rotated refresh token whose answer could not be verified yet: they will be asked again soon. */
  const holding = new Set<number>();
  let child: ChildProcess | undefined;
  let numbers = 0;
  let timer: NodeJS.Timeout | undefined;

  const receive = (message: FromCognito): void => {
    if ("log" in message) {
      deps.log[message.log](message.line);
      return;
    }
    const call = waiting.get(message.call);
    if (call === undefined) return;
    waiting.delete(message.call);
    if ("problem" in message) {
      call.reject(new GatehouseError(message.problem.code, message.problem.params));
    } else {
      call.resolve(message.result, message.offset);
    }
    rest();
  };

  const lost = (process: ChildProcess, detail: string): void => {
    if (child !== process) return;
    child = undefined;
    flows.clear();
    holding.clear();
    clearTimeout(timer);
    for (const { reject } of waiting.values()) reject(new GatehouseError("internal", { detail }));
    waiting.clear();
  };

  /** Ends it when it has had nothing to do for so long. */
  const rest = (): void => {
    clearTimeout(timer);
    if (waiting.size > 0 || flows.size > 0 || child === undefined) return;
    const linger = holding.size > 0 ? (deps.lingerAfterFailure ?? 10 * 60_000) : (deps.linger ?? 5000);
    timer = setTimeout(() => {
      if (waiting.size === 0 && flows.size === 0) stop();
    }, linger);
    timer.unref();
  };

  const stop = (): void => {
    const process = child;
    if (process === undefined) return;
    lost(process, "the agent ends");
    // It ends by itself when the channel closes.
    if (process.connected) process.disconnect();
  };

  /** Stuck, it would hold up every renewal to come. What else it was doing is lost with it. */
  const kill = (process: ChildProcess, seconds: number): void => {
    const detail = `the process for Cognito gave no answer within ${seconds} s`;
    deps.log.error(`cognito: ${detail}`);
    lost(process, detail);
    process.kill("SIGKILL");
  };

  const running = (): ChildProcess => {
    if (child !== undefined) return child;
    const made = fork(deps.script, [], {
      env: cognitoEnvironment(process.env),
      execArgv: process.execArgv.filter((flag) => !memoryFlags.includes(flag)),
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child = made;
    made.on("message", (message) => receive(message as FromCognito));
    made.on("error", (error) => lost(made, error.message));
    made.on("exit", (code, signal) => lost(made, `the process for Cognito ended (${signal ?? code})`));
    // Neither it nor the channel keeps an agent alive that has nothing else to do.
    made.unref();
    made.channel?.unref();
    return made;
  };

  const forget = (object: number): void => {
    if (child?.connected === true) child.send({ forget: object } satisfies ToCognito, () => {});
  };

  const caller = (kind: Kind, configuration: CognitoConfiguration) => {
    const object = ++numbers;
    let offset: number | undefined;
    const call = <T>(method: string, parameters: readonly unknown[], signal: AbortSignal | undefined): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        if (signal?.aborted === true) return reject(new GatehouseError("cancelled"));
        clearTimeout(timer);
        const process = running();
        const number = ++numbers;
        const send = (message: ToCognito): void => {
          // A channel that broke shows as the end of the process.
          if (process.connected) process.send(message, () => {});
        };
        const abort = (): void => send({ abort: number });
        const limit = deps.limit ?? 40_000;
        const deadline = setTimeout(() => kill(process, limit / 1000), limit);
        deadline.unref();
        const settled = (): void => {
          clearTimeout(deadline);
          signal?.removeEventListener("abort", abort);
        };
        waiting.set(number, {
          resolve(result, measured) {
            settled();
            offset = measured ?? offset;
            if (kind === "tokens") holding.delete(object);
            resolve(result as T);
          },
          reject(error) {
            settled();
            if (method === "refresh" && process === child && !withoutRotation.includes(error.code)) holding.add(object);
            reject(error);
          },
        });
        signal?.addEventListener("abort", abort, { once: true });
        send({ call: number, object, kind, configuration, method, parameters });
      });
    return { object, call, offset: () => offset };
  };

  const cognito: Cognito = {
    createFlow({ configuration }): Flow & { dispose(): void } {
      const { object, call } = caller("flow", configuration);
      const follow = async (step: Promise<FlowStep>): Promise<FlowStep> => {
        flows.add(object);
        const result = await step;
        if (result.state !== "prompt") over();
        return result;
      };
      const over = (): void => {
        if (!flows.delete(object)) return;
        forget(object);
        rest();
      };
      return {
        start: (username, signal) => follow(call("start", [username], signal)),
        answer: (answer, signal) => follow(call("answer", [answer], signal)),
        dispose: over,
      };
    },
    createTokenSource({ configuration }) {
      const { call, offset } = caller("tokens", configuration);
      return {
        refresh: (refreshToken, signal) => call<Tokens>("refresh", [refreshToken], signal),
        revoke: (refreshToken, signal) => call<void>("revoke", [refreshToken], signal),
        clockOffsetSeconds: offset,
      };
    },
    createIdentityPool({ configuration }) {
      const { call } = caller("identityPool", configuration);
      return { credentials: (idToken, role, signal) => call<AwsCredentials>("credentials", [idToken, role], signal) };
    },
    createCodeExchange({ configuration }) {
      const { object, call } = caller("codeExchange", configuration);
      return {
        redeem: (grant, signal) => call<Redeemed>("redeem", [grant], signal).finally(() => forget(object)),
      };
    },
  };

  return { cognito: () => Promise.resolve(cognito), pid: () => child?.pid, dispose: stop };
}
