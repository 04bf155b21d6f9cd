/**
 * The one session of this person: holds the tokens and the AWS keys, renews both ahead of time, and ends.
 */
import { randomUUID } from "node:crypto";
import { rolesOf } from "../core/cognito/roles.ts";
import { renewalTime } from "../core/credentials/schedule.ts";
import { GatehouseError, type Problem, toProblem } from "../core/errors.ts";
import type { Session, SignedOutReason } from "../core/session.ts";
import { createRenewalTimer } from "./renewalTimer.ts";
import { createSessionFetch } from "./sessionFetch.ts";
import type { SessionDependencies, SessionHolder } from "./sessionHolder.ts";
import {
  type HeldSession,
  hasKeys,
  isLasting,
  processCredentialsOf,
  secretsOf,
  supplyOf,
  type Trouble,
  troubleOf,
  viewSession,
} from "./sessionView.ts";
import { createTurns } from "./turns.ts";

export function createSession(deps: SessionDependencies): SessionHolder {
  const { clock, log } = deps;
  let held: HeldSession | undefined;
  let reason = deps.reason;
  let trouble: Trouble | undefined;
  let failures = 0;
  let ending = new AbortController();
  let renewal: Promise<void> | undefined;
  /** Renewals and role changes one after the other: a refresh token that rotates must not be used twice. */
  const turns = createTurns();
  let forget: (() => void)[] = [];

  const view = (): Session =>
    held === undefined
      ? { state: "signedOut", reason }
      : viewSession(held, trouble, renewal !== undefined, clock.now());

  const changed = (): void => deps.onChange(view());

  const keep = (): Problem | undefined => {
    const secrets = held === undefined ? [] : secretsOf(held);
    const before = forget;
    forget = secrets.map((secret) => deps.redactor.remember(secret));
    for (const call of before) call();
    return deps.store(held);
  };

  const { fetch, isOutdated, revoke, revokeStep } = createSessionFetch({
    cognito: deps.cognito,
    configuration: deps.configuration,
    clock,
    log,
    onTokens(session) {
      if (session === held) keep();
    },
  });

  const timer = createRenewalTimer({
    clock,
    log,
    onDue(jumped) {
      failures = jumped ? 0 : failures;
      void renew().catch(() => {});
    },
    onJump: changed,
    impatient: () => trouble !== undefined,
  });

  const drop = (why: SignedOutReason): Problem | undefined => {
    held = undefined;
    reason = why;
    trouble = undefined;
    failures = 0;
    renewal = undefined;
    ending.abort();
    timer.cancel();
    return keep();
  };

  const begin = (session: HeldSession): void => {
    ending.abort();
    ending = new AbortController();
    held = session;
    trouble = undefined;
    failures = 0;
    renewal = undefined;
    timer.synchronize();
    keep();
  };

  const schedule = (): void => {
    if (held === undefined) {
      timer.cancel();
      return;
    }
    const { credentials, tokens, tokensObtainedAt } = held;
    const obtained = hasKeys(held, clock.now()) ? credentials : undefined;
    const due =
      trouble?.nextAttemptAt ??
      renewalTime(obtained?.obtainedAt ?? tokensObtainedAt, obtained?.expiresAt ?? tokens.expiresAt, deps.random);
    timer.set(due);
  };

  const succeeded = (what: string): void => {
    trouble = undefined;
    failures = 0;
    log.info(`session: ${what}`);
    keep();
    changed();
    schedule();
  };

  const failed = (session: HeldSession, problem: Problem): void => {
    if (problem.code === "sessionEnded") {
      // Cognito says it in words only: "Refresh Token has expired", "Refresh Token has been revoked".
      const why: SignedOutReason = /expired/i.test(String(problem.params?.["detail"])) ? "expired" : "revoked";
      log.warn(`session: ended (${why})`);
      drop(why);
      changed();
      return;
    }
    const now = clock.now();
    trouble = troubleOf({ problem, before: trouble, failures, session, now, random: deps.random });
    if (!isLasting(problem)) failures++;
    log.warn(
      `session: renewal failed (${problem.code}), next attempt in ${Math.round((trouble.nextAttemptAt - now) / 1000)} s`,
    );
    changed();
    schedule();
  };

  /** One renewal at a time; rejects with what went wrong, after it was taken note of. */
  const renew = (): Promise<void> => {
    if (renewal !== undefined) return renewal;
    const session = held;
    if (session === undefined) return Promise.reject(new GatehouseError("signedOut"));
    timer.cancel();
    const { signal } = ending;
    const attempt = turns
      .take(() => fetch(session, session.chosenRole, signal))
      .then(
        () => {
          renewal = renewal === attempt ? undefined : renewal;
          if (session !== held) return revokeLate(session);
          return succeeded("renewed");
        },
        (error: unknown) => {
          renewal = renewal === attempt ? undefined : renewal;
          if (session !== held) return revokeLate(session);
          failed(session, toProblem(error));
          throw error;
        },
      );
    renewal = attempt;
    // Whoever waits for it gets the error; if nobody does, it was noted.
    attempt.catch(() => {});
    if (session.credentials === undefined || !hasKeys(session, clock.now())) changed();
    return attempt;
  };

  const restore = (session: HeldSession): void => {
    begin(session);
    if (hasKeys(session, clock.now())) schedule();
    else renew().catch(() => {});
  };

  /** A sign-out came while a refresh was on its way, and may have brought a new refresh token. */
  const revokeLate = async (session: HeldSession): Promise<void> => {
    await revoke(session).catch(() => {});
  };

  return {
    view,
    async adopt(configuration, tokens, clockOffsetSeconds, signal) {
      const before = held;
      const now = clock.now();
      const id = randomUUID();
      const session = { id, configuration, signedInAt: now, clockOffsetSeconds, tokens, tokensObtainedAt: now };
      begin(session);
      log.info("session: signed in");
      const undo = (): void => {
        if (session !== held) return;
        log.info("session: the sign-in was cancelled");
        if (before === undefined) drop(reason);
        else restore(before);
        changed();
      };
      signal?.addEventListener("abort", undo, { once: true });
      await renew().catch(() => {});
      signal?.removeEventListener("abort", undo);
      const unwanted = signal?.aborted === true ? session : before;
      if (unwanted !== undefined) void revokeStep(unwanted);
      if (signal?.aborted === true) throw new GatehouseError("cancelled");
      return view();
    },
    restore(session) {
      restore(session);
      log.info("session: restored");
    },
    async chooseRole(arn, signal) {
      const session = held;
      if (session === undefined) throw new GatehouseError("signedOut");
      if (!rolesOf(session.tokens.claims).some((role) => role.arn === arn)) {
        throw new GatehouseError("roleNotAllowed", { role: arn });
      }
      const stop = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
      try {
        await turns.take(() => fetch(session, arn, stop));
      } catch (error) {
        if (session !== held) await revokeLate(session);
        else if (toProblem(error).code === "sessionEnded") failed(session, toProblem(error));
        throw error;
      }
      if (session === held) succeeded("role chosen");
      else await revokeLate(session);
      return view();
    },
    async refresh() {
      if (held === undefined) throw new GatehouseError("signedOut");
      // Asked for by a person: also fresh tokens are fetched anew, they may carry new roles.
      if (renewal === undefined) held.tokensObtainedAt = 0;
      await renew();
      return view();
    },
    reconfigured() {
      if (held === undefined || !isOutdated(held)) return;
      log.info("session: the configuration changed");
      failures = 0;
      // What is under way has begun with the one before.
      if (renewal !== undefined) renewal.catch(() => {}).then(() => this.reconfigured());
      else void renew().catch(() => {});
    },
    async signOut() {
      const session = held;
      // First: from this moment nobody gets anything.
      const problem = drop("signedOut");
      changed();
      const dropped = { step: "dropCredentials" as const, ...(problem === undefined ? {} : { problem }) };
      if (session === undefined) return { steps: [dropped] };
      log.info("session: signed out");
      return { steps: [dropped, await revokeStep(session)] };
    },
    supply() {
      if (held === undefined) return { state: "unavailable", problem: { code: "signedOut" } };
      // Asked right after the machine woke up, before the timer ran.
      if (!hasKeys(held, clock.now()) && renewal === undefined && timer.isDue()) void renew().catch(() => {});
      return supplyOf(held, trouble, renewal, clock.now());
    },
    async processCredentials() {
      let supply = this.supply();
      if (supply.state === "pending") {
        await supply.settled.catch(() => {});
        supply = this.supply();
      }
      return processCredentialsOf(supply);
    },
    async dispose(patience = 0) {
      timer.end();
      if (patience > 0) await turns.ended(patience, clock);
      ending.abort();
    },
  };
}
