/**
 * Signing in with password and code as a pure state machine: (state, event) → state and what to do next. No I/O, no clock, no
 * randomness; flow.ts runs the effects. Secrets live in the state and are gone from it when the flow ends.
 */
import { GatehouseError, type Problem } from "../errors.ts";
import { checkAnswer } from "./answers.ts";
import type { Answer, Prompt } from "./prompt.ts";
import type { Asking, Effect, Known, SignInEvent, SignInState, Transition, Working } from "./signInState.ts";
import type { Challenge } from "./userPool.ts";
import { longestLockout } from "./userPoolErrors.ts";

/** An event that doesn't belong to a state (a late answer, say) changes nothing. */
export function reduce(state: SignInState, event: SignInEvent): Transition {
  switch (state.at) {
    case "idle":
      if (event.kind === "start") return started(event.username);
      return event.kind === "cancel" ? failed({ code: "cancelled" }) : stay(state);
    case "asking":
      if (event.kind === "answer") return answered(state, event.answer);
      return event.kind === "cancel" ? failed({ code: "cancelled" }) : stay(state);
    case "working":
      return worked(state, event);
    case "done":
    case "failed":
      return stay(state);
    default:
      return unhandled(state);
  }
}

function started(typed: string): Transition {
  const username = typed.trim();
  if (username === "") return failed({ code: "missingInput", params: { field: "username" } });
  return stay(askPassword({ username, wrongPasswords: 0 }));
}

/** The person's answer: refused here where it can't be right, else on its way. */
function answered(state: Asking, given: Answer): Transition {
  const { known, prompt, session } = state;
  const checked = checkAnswer(prompt, given);
  if ("code" in checked) return stay({ ...state, problem: checked });
  const { answer } = checked;
  const { username } = known;
  const USERNAME = known.userId ?? username;
  const go = (effect: Effect, changes: Partial<Known> = {}) => work({ ...known, ...changes }, effect, state, answer);

  switch (answer.kind) {
    case "password":
      return go({ kind: "startSrp", username }, { password: answer.password });
    case "totp": {
      const responses = { USERNAME, SOFTWARE_TOKEN_MFA_CODE: answer.code };
      return go({ kind: "respond", challenge: "SOFTWARE_TOKEN_MFA", responses, session: session ?? "" });
    }
    case "enrolTotp":
      return go({ kind: "verifyCode", session: session ?? "", code: answer.code });
    case "newPassword": {
      const attributes = Object.entries(answer.attributes ?? {}).map(([name, value]) => [
        `userAttributes.${name}`,
        value,
      ]);
      const responses = { USERNAME, NEW_PASSWORD: answer.password, ...Object.fromEntries(attributes) };
      return go({ kind: "respond", challenge: "NEW_PASSWORD_REQUIRED", responses, session: session ?? "" });
    }
    case "confirmAccount":
      return go({ kind: "confirmSignUp", username, code: answer.code });
    case "resetPassword":
      return go({ kind: "confirmForgotPassword", username, code: answer.code, password: answer.password });
    case "resend":
      return go({ kind: prompt.kind === "resetPassword" ? "forgotPassword" : "resendConfirmation", username });
    default:
      return unhandled(answer);
  }
}

/** The result of the effect in flight. */
function worked(state: Working, event: SignInEvent): Transition {
  const { known, effect, back } = state;
  switch (event.kind) {
    case "cancel":
      return failed({ code: "cancelled" });
    case "failed":
      return troubled(state, event.problem);
    case "challenged":
      if (effect.kind === "startSrp" || effect.kind === "provePassword" || effect.kind === "respond") {
        return challenged(state, event.challenge);
      }
      return stay(state);
    case "authenticated":
      if (effect.kind === "startSrp" || effect.kind === "provePassword" || effect.kind === "respond") {
        const { username, wrongPasswords } = known;
        return work({ username, wrongPasswords }, { kind: "verifyTokens", received: event.received }, back);
      }
      return stay(state);
    case "secretIssued": {
      if (effect.kind !== "associate") return stay(state);
      const { secret, session } = event;
      const { username } = known;
      const prompt: Prompt = { kind: "enrolTotp", username, secret, uri: keyUri(username, secret) };
      // The key that the app may hold by now is not the one that counts.
      const renewed = state.notice !== undefined && back.prompt.kind === "enrolTotp";
      const notice: Problem | undefined = renewed ? { ...state.notice, params: { newKey: 1 } } : state.notice;
      return stay(ask(known, prompt, { session, ...(notice && { notice }) }));
    }
    case "codeVerified": {
      if (effect.kind !== "verifyCode") return stay(state);
      const responses = { USERNAME: known.userId ?? known.username };
      return work(known, { kind: "respond", challenge: "MFA_SETUP", responses, session: event.session }, back);
    }
    case "accountConfirmed":
      if (effect.kind !== "confirmSignUp" && effect.kind !== "resendConfirmation") return stay(state);
      return signInWith(known, known.password);
    case "passwordReset":
      return effect.kind === "confirmForgotPassword" ? signInWith(known, effect.password) : stay(state);
    case "codeSent": {
      const { prompt } = back;
      if (prompt.kind !== "confirmAccount" && prompt.kind !== "resetPassword") return stay(state);
      if (effect.kind !== "resendConfirmation" && effect.kind !== "forgotPassword") return stay(state);
      const { destination } = event;
      return stay(ask(known, { ...prompt, ...(destination && { destination }) }));
    }
    case "verified": {
      if (effect.kind !== "verifyTokens") return stay(state);
      const { tokens, clockOffsetSeconds } = event;
      return stay({ at: "done", tokens, ...(clockOffsetSeconds !== undefined && { clockOffsetSeconds }) });
    }
    case "start":
    case "answer":
      return stay(state);
    default:
      return unhandled(event);
  }
}

/** Cognito's next question. Those that are not answered here (SMS_MFA, EMAIL_OTP, SELECT_…, CUSTOM_CHALLENGE) end the flow by name. */
function challenged(state: Working, challenge: Challenge): Transition {
  const { effect, back, pending } = state;
  // An answer that was taken ends the matter of the restart.
  const notice = effect.kind === "respond" ? undefined : state.notice;
  const { name, parameters, session = "" } = challenge;
  const password = effect.kind === "respond" ? effect.responses["NEW_PASSWORD"] : undefined;
  const userId = parameters["USER_ID_FOR_SRP"];
  const known: Known = { ...state.known, ...(password && { password }), ...(userId && { userId }) };
  const { username } = known;
  const unsupported = () => failed({ code: "challengeUnsupported", params: { challenge: name } });
  /** Asks, or gives the answer again that the last session expired under. */
  const askOrRepeat = (prompt: Prompt): Transition => {
    const fresh = ask(known, prompt, { session });
    if (notice === undefined || pending?.kind !== prompt.kind) return stay({ ...fresh, ...(notice && { notice }) });
    const { state: next, effects } = answered(fresh, pending);
    // Marked as started again, so that it isn't once more.
    return { state: next.at === "working" ? { ...next, notice } : next, effects };
  };

  switch (name) {
    case "PASSWORD_VERIFIER":
      if (effect.kind !== "startSrp" || known.password === undefined) return unsupported();
      return work(known, { kind: "provePassword", known, challenge }, back, pending, notice);
    case "SOFTWARE_TOKEN_MFA":
      return askOrRepeat({ kind: "totp", username });
    case "NEW_PASSWORD_REQUIRED":
      return askOrRepeat({ kind: "newPassword", username, requiredAttributes: requiredAttributes(parameters) });
    case "MFA_SETUP": {
      const factors = parameters["MFAS_CAN_SETUP"];
      if (factors !== undefined && !factors.includes("SOFTWARE_TOKEN_MFA")) return unsupported();
      return work(known, { kind: "associate", session }, back, undefined, notice);
    }
    default:
      return unsupported();
  }
}

/** The effect failed: what is asked next, or the end. */
function troubled(state: Working, problem: Problem): Transition {
  const { known, effect, back, pending } = state;
  switch (problem.code) {
    case "flowExpired": {
      const withPassword = effect.kind === "startSrp" || effect.kind === "provePassword";
      // Once: a flow that was just started can't have expired.
      if (withPassword || state.notice !== undefined || known.password === undefined) {
        return stay(askPassword(known, problem));
      }
      return work(known, { kind: "startSrp", username: known.username }, back, pending, { code: "flowExpired" });
    }
    case "wrongPassword":
      return stay(askPassword({ ...known, wrongPasswords: known.wrongPasswords + 1 }, problem));
    case "userNotConfirmed":
      return stay(ask(known, { kind: "confirmAccount", username: known.username }));
    case "passwordResetRequired":
      // Without an address to send a code to (ForgotPassword refused) only an administrator can help.
      if (effect.kind === "forgotPassword") return failed(problem);
      return stay(ask(withoutPassword(known), { kind: "resetPassword", username: known.username }));
    case "tooManyAttempts":
      return back.prompt.kind === "password"
        ? stay(askPassword(known, { ...problem, params: { waitSeconds: lockout(known) } }))
        : stay({ ...back, problem });
    case "wrongCode":
    case "usedCode":
    case "codeExpired":
    case "passwordPolicy":
    case "missingInput":
    case "unreachable":
    case "tls":
    case "throttled":
    case "serverError":
      // The tokens' own check can't be repeated by the same answer: a code is good once.
      if (effect.kind === "verifyTokens") return stay(askPassword(known, problem));
      return stay({ ...back, known: back.known.password === undefined ? back.known : known, problem });
    default:
      return failed(problem);
  }
}

function signInWith(known: Known, password: string | undefined): Transition {
  if (password === undefined) return stay(askPassword(known));
  const next = { ...known, password };
  return work(next, { kind: "startSrp", username: known.username }, askPassword(next));
}

function askPassword(known: Known, problem?: Problem): Asking {
  return ask(withoutPassword(known), { kind: "password", username: known.username }, problem && { problem });
}

function ask(
  known: Known,
  prompt: Prompt,
  extra: Partial<Pick<Asking, "session" | "problem" | "notice">> = {},
): Asking {
  return { at: "asking", known, prompt, ...extra };
}

function work(known: Known, effect: Effect, from: Asking, pending?: Answer, notice?: Problem): Transition {
  const { problem: _problem, notice: _notice, ...back } = from;
  const state: Working = { at: "working", known, effect, back, ...(pending && { pending }), ...(notice && { notice }) };
  return { state, effects: [effect] };
}

function withoutPassword({ username, wrongPasswords }: Known): Known {
  return { username, wrongPasswords };
}

/** Seconds: 1 after the fifth wrong password, doubled by each further one; the longest where others may have tried too. */
function lockout({ wrongPasswords }: Known): number {
  return wrongPasswords < 5 ? longestLockout : Math.min(longestLockout, 2 ** (wrongPasswords - 5));
}

/** `["userAttributes.name"]` in JSON. */
function requiredAttributes(parameters: Readonly<Record<string, string>>): string[] {
  const names = parameters["requiredAttributes"] ?? "";
  return Array.from(names.matchAll(/"(?:userAttributes\.)?([^"]+)"/g), ([, name = ""]) => name);
}

/** Key Uri Format: https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
function keyUri(username: string, secret: string): string {
  return `otpauth://totp/Gatehouse:${encodeURIComponent(username)}?secret=${secret}&issuer=Gatehouse`;
}

function stay(state: SignInState): Transition {
  return { state, effects: [] };
}

function failed(problem: Problem): Transition {
  return stay({ at: "failed", problem });
}

function unhandled(_value: never): never {
  throw new GatehouseError("internal", { detail: "the sign-in met something that it does not know" });
}
