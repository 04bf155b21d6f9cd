/** What follows the password, a page for each challenge. Every check is the API's own. */

import type { Challenge, Finish } from "../auth/challenges.ts";
import type { Target } from "../auth/initiate.ts";
import { answerChallenge } from "../auth/respond.ts";
import { associateInSession, verifyInSession } from "../auth/softwareToken.ts";
import type { ServiceError } from "../errors.ts";
import type { Context } from "../operation.ts";
import { codePage, enrolmentPage, type Form, newPasswordPage } from "./pages.ts";
import type { PendingStep } from "./store.ts";
import type { TextKey } from "./texts.ts";

/** The pages' paths are not documented: guesses, seen in the addresses of the hosted UI. */
export const stepPaths: Readonly<Record<PendingStep["challenge"], string>> = {
  SOFTWARE_TOKEN_MFA: "/mfa",
  MFA_SETUP: "/mfa/register/soft-token",
  NEW_PASSWORD_REQUIRED: "/changePassword",
};

/** What has to be remembered of a challenge until its page is answered. */
export function beginStep(context: Context, target: Target, typed: string, challenge: Challenge): PendingStep {
  const { ChallengeName: name, Session: session = "", ChallengeParameters: parameters } = challenge;
  const { pool, client } = target;
  switch (name) {
    case "MFA_SETUP": {
      const associated = associateInSession(context, session);
      return { pool, client, typed, challenge: name, session: associated.Session, secret: associated.SecretCode };
    }
    case "NEW_PASSWORD_REQUIRED": {
      const required = JSON.parse(parameters["requiredAttributes"] ?? "[]") as string[];
      const attributes = required.map((attribute) => attribute.replace(/^userAttributes\./, ""));
      return { pool, client, typed, challenge: name, session, attributes };
    }
    case "SOFTWARE_TOKEN_MFA":
      return { pool, client, typed, challenge: name, session };
    case "PASSWORD_VERIFIER":
      throw new Error("a password that was sent as it is needs no verifier");
  }
}

export function stepPage(step: PendingStep, form: Form & { readonly restart: string }): string {
  switch (step.challenge) {
    case "SOFTWARE_TOKEN_MFA":
      return codePage(form);
    case "MFA_SETUP":
      return enrolmentPage({ ...form, secret: step.secret ?? "", uri: authenticatorUri(step) });
    case "NEW_PASSWORD_REQUIRED":
      return newPasswordPage({ ...form, typed: step.typed, attributes: step.attributes ?? [] });
  }
}

/** Key Uri Format of authenticator apps. That Cognito's issuer is the pool's name is a guess. */
function authenticatorUri({ pool, typed, secret }: PendingStep): string {
  const issuer = encodeURIComponent(pool.settings.PoolName);
  return `otpauth://totp/${issuer}:${encodeURIComponent(typed)}?secret=${secret}&issuer=${issuer}`;
}

/** A fault that the page itself finds. */
export class FormFault extends Error {
  override readonly name = "FormFault";
  readonly text: TextKey;

  constructor(text: TextKey) {
    super(text);
    this.text = text;
  }
}

/** @throws ServiceError as the API, FormFault */
export function answerStep<Result>(
  context: Context,
  step: PendingStep,
  form: URLSearchParams,
  finish: Finish<Result>,
): Result | Challenge {
  const { challenge, typed } = step;
  const answer = (session: string, responses: Readonly<Record<string, string>>) =>
    answerChallenge(context, step, { challenge, session, typed, responses }, finish);
  const code = (form.get("authentication_code") ?? "").trim();
  switch (challenge) {
    case "SOFTWARE_TOKEN_MFA":
      if (code === "") throw new FormFault("wrongCode");
      return answer(step.session, { SOFTWARE_TOKEN_MFA_CODE: code });
    case "MFA_SETUP":
      return answer(verifyInSession(context, step.session, code), {});
    case "NEW_PASSWORD_REQUIRED": {
      const password = form.get("new_password") ?? "";
      if (password !== form.get("confirm_password")) throw new FormFault("different");
      if (password === "") throw new FormFault("short");
      const attributes = (step.attributes ?? []).map((name) => [
        `userAttributes.${name}`,
        form.get(`attribute.${name}`) ?? "",
      ]);
      return answer(step.session, { NEW_PASSWORD: password, ...Object.fromEntries(attributes) });
    }
  }
}

/** Whether a step is over for good, so that signing in begins anew. */
export function endsStep(error: ServiceError): boolean {
  return error.type === "NotAuthorizedException" || error.type === "UserNotFoundException";
}
