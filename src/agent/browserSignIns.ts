/**
 * Signing in with the person's own browser. One is pending at a time, whoever began it: the callback is one address, and two pages
 * side by side would not know of each other. The result goes to the client that began.
 */
import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import type { CognitoConfiguration } from "../core/cognito/configuration.ts";
import { type BrowserPlace, createAuthorization, type Language } from "../core/cognito/managedLogin.ts";
import { GatehouseError, type Problem, toProblem } from "../core/errors.ts";
import type { Session } from "../core/session.ts";
import type { Outcome, Returned } from "./callbackServer.ts";
import { type DiscardDependencies, discard } from "./discard.ts";
import type { Loopback } from "./loopback.ts";
import type { BrowserSignIn, SignInStep } from "./protocol.ts";
import type { SessionHolder } from "./sessionHolder.ts";
import type { Owner } from "./signIns.ts";

export interface BrowserSignInDependencies extends DiscardDependencies {
  /** @throws GatehouseError notConfigured | configurationInvalid */
  readonly configuration: () => CognitoConfiguration;
  /** @throws GatehouseError browserSignInUnavailable, and as `configuration` does */
  readonly place: () => BrowserPlace;
  readonly session: Pick<SessionHolder, "adopt">;
  readonly loopback: Pick<Loopback, "lease">;
  /** Nothing is pending any more. */
  readonly onIdle: () => void;
}

export interface BrowserSignIns {
  /** @throws GatehouseError browserSignInUnavailable | notConfigured | configurationInvalid | cancelled */
  start(owner: Owner, language: Language | undefined, signal: AbortSignal): Promise<BrowserSignIn>;
  /**
   * The result, once. Aborting `signal` cancels the sign-in. @throws GatehouseError cancelled; flowUnknown for a flow that is over, of
   * another client, or waited for already
   */
  wait(owner: Owner, id: string, signal: AbortSignal): Promise<SignInStep>;
  cancel(owner: Owner, id: string): void;
  /** The client is gone. */
  abandon(owner: Owner): void;
  /** How many wait for a browser, or for Cognito's answer. */
  pending(): number;
  /** A browser is there. Never rejects. */
  comeBack(returned: Returned): Promise<Outcome>;
}

interface Flow {
  readonly id: string;
  readonly owner: Owner;
  readonly configuration: CognitoConfiguration;
  readonly place: BrowserPlace;
  readonly language: Language | undefined;
  readonly state: Buffer;
  readonly nonce: string;
  readonly verifier: string;
  readonly expiresAt: number;
  readonly ending: AbortController;
  readonly forget: (() => void)[];
  readonly result: Promise<SignInStep>;
  readonly settle: (step: SignInStep) => void;
  /** Why it ended, when it was not the browser's coming back that ended it. */
  ended?: Problem;
  over: boolean;
  waited: boolean;
}

/** How long a browser is waited for. */
const minutes = 10;
const lifetime = minutes * 60_000;
const mostKept = 64;

export function createBrowserSignIns(deps: BrowserSignInDependencies): BrowserSignIns {
  const { clock, log, redactor } = deps;
  const flows = new Map<string, Flow>();
  /** The one whose state is not used up. */
  let awaited: Flow | undefined;
  let exchanges = 0;
  let warned = false;

  const idle = (): void => {
    if (awaited === undefined && exchanges === 0) deps.onIdle();
  };

  /** Its first end counts. */
  const settle = (flow: Flow, step: SignInStep): void => {
    if (flow.over) return;
    flow.over = true;
    flow.settle(step);
    for (const forget of flow.forget.splice(0)) forget();
    if (awaited === flow) awaited = undefined;
    idle();
  };

  const end = (flow: Flow, problem: Problem): void => {
    if (flow.over) return;
    flow.ended = problem;
    flow.ending.abort();
    log.info(`sign-in by browser: ended (${problem.code})`);
    settle(flow, { state: "failed", problem });
  };

  const find = (owner: Owner, id: string): Flow | undefined => {
    const flow = flows.get(id);
    return flow?.owner === owner ? flow : undefined;
  };

  const cancel = (flow: Flow): void => {
    end(flow, { code: "cancelled" });
    flows.delete(flow.id);
  };

  const exchange = async (flow: Flow, { code, error, email }: Returned): Promise<Session> => {
    const { configuration, place, nonce, verifier } = flow;
    const { signal } = flow.ending;
    if (error !== undefined) throw new GatehouseError("signInRefused", { detail: error });
    if (code === undefined) throw new GatehouseError("signInRefused", { detail: "no code" });
    // Without anything to compare with, the code is not worth asking.
    if (place.kind === "gate" && email === undefined) throw new GatehouseError("emailMismatch");
    flow.forget.push(redactor.remember(code));
    const { createCodeExchange } = await deps.cognito();
    const source = createCodeExchange({ configuration, log, now: clock.now });
    const grant = { code, verifier, nonce, redirectUri: place.redirectUri };
    const { tokens, clockOffsetSeconds } = await source.redeem(grant, signal);
    const refusal = signal.aborted ? new GatehouseError("cancelled") : strangerIn(tokens.claims, place, email);
    if (refusal !== undefined) {
      await discard(deps, configuration, tokens, `refused (${refusal.code})`);
      throw refusal;
    }
    return deps.session.adopt(configuration, tokens, clockOffsetSeconds, signal);
  };

  return {
    async start(owner, language, signal) {
      const configuration = deps.configuration();
      const place = deps.place();
      const giveBack = place.kind === "loopback" ? await deps.loopback.lease(place.port) : () => {};
      if (signal.aborted) {
        giveBack();
        throw new GatehouseError("cancelled");
      }
      const { url, state, nonce, verifier } = createAuthorization(configuration, place.redirectUri, language);
      let resolve: (step: SignInStep) => void = () => {};
      const result = new Promise<SignInStep>((settled) => {
        resolve = settled;
      });
      const expiresAt = clock.now() + lifetime;
      const flow: Flow = {
        id: randomUUID(),
        owner,
        configuration,
        place,
        language,
        state: digest(state),
        nonce,
        verifier,
        expiresAt,
        ending: new AbortController(),
        forget: [giveBack, ...[state, nonce, verifier].map((secret) => redactor.remember(secret))],
        result,
        settle: resolve,
        over: false,
        waited: false,
      };
      const before = [...flows.values()].filter(({ over }) => !over);
      // Results that nobody asked for.
      for (const { id, over } of [...flows.values()]) if (over && flows.size >= mostKept) flows.delete(id);
      flows.set(flow.id, flow);
      warned = false;
      awaited = flow;
      for (const one of before) end(one, { code: "browserSignInReplaced" });
      flow.forget.push(
        clock.after(lifetime, () => {
          if (awaited === flow) end(flow, expired);
        }),
      );
      log.info(`sign-in by browser: started (${place.kind})`);
      return { flow: flow.id, url, expiresAt };
    },

    async wait(owner, id, signal) {
      const flow = find(owner, id);
      if (flow === undefined || flow.waited) throw new GatehouseError("flowUnknown");
      flow.waited = true;
      const abort = (): void => cancel(flow);
      if (signal.aborted) abort();
      signal.addEventListener("abort", abort, { once: true });
      try {
        const step = await flow.result;
        if (step.state === "failed" && step.problem.code === "cancelled") throw new GatehouseError("cancelled");
        return step;
      } finally {
        signal.removeEventListener("abort", abort);
        flows.delete(id);
      }
    },

    cancel(owner, id) {
      const flow = find(owner, id);
      if (flow !== undefined) cancel(flow);
    },

    abandon(owner) {
      for (const flow of [...flows.values()]) if (flow.owner === owner) cancel(flow);
    },

    pending: () => (awaited === undefined ? 0 : 1) + exchanges,

    async comeBack(returned) {
      const flow = awaited;
      if (flow === undefined || !timingSafeEqual(digest(returned.state), flow.state)) {
        if (!warned)
          log.warn("sign-in by browser: a browser came back with another state than the one that is pending");
        warned = true;
        return { problem: { code: "flowUnknown" } };
      }
      // From here on nobody can use it again, however this ends.
      awaited = undefined;
      const { language } = flow;
      // A machine that slept: its timers did, too.
      if (clock.now() >= flow.expiresAt) {
        end(flow, expired);
        idle();
        return { problem: expired, language };
      }
      exchanges++;
      try {
        const session = await exchange(flow, returned);
        log.info("sign-in by browser: done");
        settle(flow, { state: "signedIn", session });
        const { credentials } = session.state === "signedIn" ? session : {};
        return { language, ...(credentials?.state === "unavailable" && { notice: credentials.problem }) };
      } catch (error) {
        const problem = flow.ended ?? toProblem(error);
        log.info(`sign-in by browser: refused (${problem.code})`);
        settle(flow, { state: "failed", problem });
        return { problem, language };
      } finally {
        exchanges--;
        idle();
      }
    },
  };
}

const expired: Problem = { code: "flowExpired", params: { minutes } };

/** Why whoever signed in is not the person at the gate. */
function strangerIn(
  { email, emailVerified }: { readonly email?: string; readonly emailVerified?: boolean },
  place: BrowserPlace,
  expected: string | undefined,
): GatehouseError | undefined {
  if (place.kind !== "gate") return undefined;
  if (email === undefined || email.toLowerCase() !== expected?.toLowerCase())
    return new GatehouseError("emailMismatch");
  // As the gate does: an address that nobody has proved could be anybody's.
  if (emailVerified !== true && !place.unverifiedEmail) {
    return new GatehouseError("signInRefused", { detail: "the e-mail address is not verified" });
  }
  return undefined;
}

/** Hashes have one length, so the comparison takes one time, whatever was sent. */
function digest(value: string): Buffer {
  return createHash("sha256").update(value).digest();
}
