/** Runs a sign-in: executes what signIn.ts decides, one flow a person who signs in. */
import { GatehouseError, type Problem, toProblem } from "../errors.ts";
import type { Log } from "../log.ts";
import { type CognitoClock, createClock } from "./clock.ts";
import type { CognitoConfiguration } from "./configuration.ts";
import type { Answer, Prompt } from "./prompt.ts";
import { reduce } from "./signIn.ts";
import type { Effect, SignInEvent, SignInState } from "./signInState.ts";
import { createEphemeral, type Ephemeral, signPasswordClaim, timestamp } from "./srp.ts";
import { type AuthAnswer, type Challenge, createUserPool, type Delivery, type UserPool } from "./userPool.ts";
import { createTokenVerifier, type Tokens, type TokenVerifier } from "./verification.ts";

export type { IdClaims, Tokens } from "./verification.ts";

/**
 * Where a sign-in stands: something to ask for, done, or over. `problem` belongs to the last answer; `notice` says why the flow
 * went back by itself (`flowExpired`; with `newKey` when the authenticator's key is a new one).
 */
export type FlowStep =
  | { readonly state: "prompt"; readonly prompt: Prompt; readonly problem?: Problem; readonly notice?: Problem }
  | { readonly state: "tokens"; readonly tokens: Tokens; readonly clockOffsetSeconds?: number }
  | { readonly state: "failed"; readonly problem: Problem };

export interface Flow {
  /** Asks nobody yet: answers the prompt for the password. */
  start(username: string, signal?: AbortSignal): Promise<FlowStep>;
  /** Never rejects. Aborting `signal` ends the flow (`cancelled`); after its end every answer is `flowUnknown`. */
  answer(answer: Answer, signal?: AbortSignal): Promise<FlowStep>;
}

export interface FlowDependencies {
  readonly configuration: CognitoConfiguration;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** For tests. */
  readonly clock?: CognitoClock;
  readonly userPool?: UserPool;
  readonly verifier?: TokenVerifier;
}

export function createFlow(dependencies: FlowDependencies): Flow {
  const { configuration, log, now, clock = createClock(now) } = dependencies;
  const userPool = dependencies.userPool ?? createUserPool(configuration, clock);
  const verifier = dependencies.verifier ?? createTokenVerifier(configuration, clock);
  let state: SignInState = { at: "idle" };
  /** The secret of the SRP exchange between its two calls. */
  let ephemeral: Ephemeral | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  async function run(effect: Effect, signal: AbortSignal | undefined): Promise<SignInEvent> {
    switch (effect.kind) {
      case "startSrp":
        ephemeral = createEphemeral();
        // Fetched beside the first call; a failure shows when the tokens are verified.
        verifier.prepare(signal).catch(() => {});
        return authEvent(await userPool.initiateSrp(effect.username, ephemeral.A.toString(16), signal));
      case "provePassword": {
        const { known, challenge } = effect;
        const responses = passwordResponses(challenge, known.username, known.password ?? "");
        return authEvent(await userPool.respond("PASSWORD_VERIFIER", responses, challenge.session, signal));
      }
      case "respond":
        return authEvent(await userPool.respond(effect.challenge, effect.responses, effect.session, signal));
      case "associate":
        return { kind: "secretIssued", ...(await userPool.associateSoftwareToken(effect.session, signal)) };
      case "verifyCode":
        return { kind: "codeVerified", ...(await userPool.verifySoftwareToken(effect.session, effect.code, signal)) };
      case "confirmSignUp":
        await userPool.confirmSignUp(effect.username, effect.code, signal);
        return { kind: "accountConfirmed" };
      case "resendConfirmation":
        return resent(await userPool.resendConfirmation(effect.username, signal));
      case "forgotPassword":
        return { kind: "codeSent", ...(await userPool.forgotPassword(effect.username, signal)) };
      case "confirmForgotPassword":
        await userPool.confirmForgotPassword(effect.username, effect.code, effect.password, signal);
        return { kind: "passwordReset" };
      case "verifyTokens": {
        const tokens = await verifier.verify(effect.received, undefined, signal).catch((error) => {
          // Nobody gets them, so they must not live on at Cognito for as long as a session does.
          const { refreshToken } = effect.received;
          if (refreshToken !== undefined) userPool.revoke(refreshToken).catch(() => log.warn("sign-in: not revoked"));
          throw error;
        });
        const clockOffsetSeconds = clock.offsetSeconds();
        return { kind: "verified", tokens, ...(clockOffsetSeconds !== undefined && { clockOffsetSeconds }) };
      }
      default:
        return effect satisfies never;
    }
  }

  /** Cognito refuses time stamps that are too far off its clock, so they are made from that (clock.ts). */
  function passwordResponses({ parameters }: Challenge, username: string, password: string) {
    if (ephemeral === undefined) throw new GatehouseError("internal", { detail: "no SRP exchange is pending" });
    const userId = parameters["USER_ID_FOR_SRP"] ?? username;
    const secretBlock = parameters["SECRET_BLOCK"] ?? "";
    const time = timestamp(clock.cognito());
    const signature = signPasswordClaim(ephemeral, {
      poolName: configuration.userPoolId.slice(configuration.userPoolId.indexOf("_") + 1),
      userId,
      password,
      salt: parameters["SALT"] ?? "",
      B: parameters["SRP_B"] ?? "",
      secretBlock,
      timestamp: time,
    });
    ephemeral = undefined;
    return {
      USERNAME: userId,
      PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
      PASSWORD_CLAIM_SIGNATURE: signature,
      TIMESTAMP: time,
    };
  }

  async function step(event: SignInEvent, signal: AbortSignal | undefined): Promise<FlowStep> {
    if (state.at === "done" || state.at === "failed" || (event.kind === "answer" && state.at === "idle")) {
      return { state: "failed", problem: { code: "flowUnknown" } };
    }
    let next: SignInEvent = signal?.aborted ? { kind: "cancel" } : event;
    for (;;) {
      const transition = reduce(state, next);
      state = transition.state;
      const [effect] = transition.effects;
      if (effect === undefined) break;
      next = await run(effect, signal).catch((error): SignInEvent => {
        const problem = toProblem(error);
        log.info(`sign-in: ${effect.kind}: ${problem.code}`);
        return problem.code === "cancelled" ? { kind: "cancel" } : { kind: "failed", problem };
      });
      if (next.kind === "challenged") log.info(`sign-in: challenge ${next.challenge.name}`);
    }
    const answer = stepOf(state);
    if (answer.state !== "prompt") ephemeral = undefined;
    // The tokens belong to whoever asked; nothing of the flow stays here.
    if (state.at === "done") state = { at: "failed", problem: { code: "flowUnknown" } };
    return answer;
  }

  /** One event after the other, also when two windows answer at once. */
  function enqueue(event: SignInEvent, signal: AbortSignal | undefined): Promise<FlowStep> {
    const result = turn.then(() => step(event, signal));
    turn = result.catch(() => {});
    return result;
  }

  return {
    start: (username, signal) => enqueue({ kind: "start", username }, signal),
    answer: (answer, signal) => enqueue({ kind: "answer", answer }, signal),
  };
}

function stepOf(state: SignInState): FlowStep {
  switch (state.at) {
    case "asking": {
      const { prompt, problem, notice } = state;
      return { state: "prompt", prompt, ...(problem && { problem }), ...(notice && { notice }) };
    }
    case "done": {
      const { tokens, clockOffsetSeconds } = state;
      return { state: "tokens", tokens, ...(clockOffsetSeconds !== undefined && { clockOffsetSeconds }) };
    }
    case "failed":
      return { state: "failed", problem: state.problem };
    case "idle":
    case "working":
      return { state: "failed", problem: { code: "internal", params: { detail: `the flow stands at ${state.at}` } } };
    default:
      return state satisfies never;
  }
}

function authEvent(answer: AuthAnswer): SignInEvent {
  return answer.kind === "challenge"
    ? { kind: "challenged", challenge: answer.challenge }
    : { kind: "authenticated", received: answer.tokens };
}

function resent({ confirmed, ...delivery }: Delivery & { readonly confirmed: boolean }): SignInEvent {
  return confirmed ? { kind: "accountConfirmed" } : { kind: "codeSent", ...delivery };
}
