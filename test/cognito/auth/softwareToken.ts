/** Authenticator apps: association, verification, and codes that work once. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { invalidParameter, notAuthorized, ServiceError } from "../errors.ts";
import type { User, UserPool } from "../model.ts";
import { type Context, type Operations, operation } from "../operation.ts";
import { encodeBase32, matchingStep } from "../totp.ts";
import { authorise } from "./tokens.ts";

const bySessionOrToken = z.object({
  Session: z.string().min(20).max(2048).optional(),
  AccessToken: z.string().optional(),
});

export const softwareTokenOperations: Operations = {
  AssociateSoftwareToken: operation("public", bySessionOrToken, (request, context) => {
    if (request.Session !== undefined) return associateInSession(context, request.Session);
    const secret = newSecret();
    const { pool, user } = authorise(context, accessToken(request.AccessToken));
    requireSoftwareTokens(pool);
    user.pendingSecret = secret;
    return { SecretCode: secret };
  }),

  VerifySoftwareToken: operation(
    "public",
    bySessionOrToken.extend({ UserCode: z.string(), FriendlyDeviceName: z.string().optional() }),
    (request, context) => {
      if (request.Session !== undefined) {
        return { Status: "SUCCESS", Session: verifyInSession(context, request.Session, request.UserCode) };
      }
      const { user } = authorise(context, accessToken(request.AccessToken));
      enrol(user, user.pendingSecret, request.UserCode, context.clock.now());
      user.pendingSecret = undefined;
      return { Status: "SUCCESS" };
    },
  ),

  SetUserMFAPreference: operation(
    "public",
    z.object({
      AccessToken: z.string(),
      SoftwareTokenMfaSettings: z
        .object({ Enabled: z.boolean().default(false), PreferredMfa: z.boolean().default(false) })
        .optional(),
      SMSMfaSettings: z.looseObject({ Enabled: z.boolean().default(false) }).optional(),
    }),
    (request, context) => {
      const { pool, user } = authorise(context, request.AccessToken);
      if (request.SMSMfaSettings?.Enabled) throw invalidParameter("SMS MFA is not configured for the user pool.");
      const enabled = request.SoftwareTokenMfaSettings?.Enabled;
      if (enabled) {
        requireSoftwareTokens(pool);
        if (user.softwareToken === undefined) throw invalidParameter("User has not verified software token mfa");
      }
      user.softwareTokenEnabled = enabled ?? user.softwareTokenEnabled;
      return {};
    },
  ),
};

/** A secret for somebody who enrols while signing in, and the session string to go on with. */
export function associateInSession(context: Context, token: string): { SecretCode: string; Session: string } {
  const session = context.sessions.peek(token);
  if (session.pending.challenge !== "MFA_SETUP") throw notAuthorized("Invalid session for the user.");
  context.sessions.close(session);
  const { id: _, ...rest } = session;
  const secret = newSecret();
  return {
    SecretCode: secret,
    Session: context.sessions.open({ ...rest, pending: { challenge: "MFA_SETUP", secret } }),
  };
}

/** Enrols the secret of the session. Answers the session string to go on with. @throws EnableSoftwareTokenMFAException */
export function verifyInSession(context: Context, token: string, code: string): string {
  const session = context.sessions.peek(token);
  const user = session.pool.users.get(session.username);
  if (user === undefined || session.pending.challenge !== "MFA_SETUP") {
    throw notAuthorized("Invalid session for the user.");
  }
  enrol(user, session.pending.secret, code, context.clock.now());
  // The factor that a pool demands is on as soon as it is there.
  user.softwareTokenEnabled = true;
  context.sessions.close(session);
  const { id: _, ...rest } = session;
  return context.sessions.open({ ...rest, pending: { challenge: "MFA_SETUP", verified: true } });
}

function newSecret(): string {
  return encodeBase32(randomBytes(32));
}

/** Takes a code at sign-in. @throws CodeMismatchException, or ExpiredCodeException for a code that was taken before */
export function acceptCode(user: User, code: string, now: number): void {
  const token = user.softwareToken;
  if (token === undefined) {
    throw new ServiceError("SoftwareTokenMFANotFoundException", "Software Token MFA does not exist for the user.");
  }
  const step = matchingStep(token.secret, code, now);
  if (step === undefined) throw new ServiceError("CodeMismatchException", "Invalid code received for user");
  if (token.usedSteps.has(step)) {
    throw new ServiceError("ExpiredCodeException", "Your software token has already been used once.");
  }
  token.usedSteps.add(step);
}

function enrol(user: User, secret: string | undefined, code: string, now: number): void {
  const step = secret === undefined ? undefined : matchingStep(secret, code, now);
  if (secret === undefined || step === undefined) {
    throw new ServiceError("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA");
  }
  user.softwareToken = { secret, usedSteps: new Set([step]) };
}

function requireSoftwareTokens(pool: UserPool): void {
  if (pool.softwareTokenMfa) return;
  throw new ServiceError(
    "SoftwareTokenMFANotFoundException",
    "Software token MFA has not been enabled by the userPool",
  );
}

function accessToken(token: string | undefined): string {
  if (token === undefined) throw invalidParameter("Either a Session or an AccessToken is required.");
  return token;
}
