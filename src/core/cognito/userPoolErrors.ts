/**
 * The user pool's refusals as Problems. Cognito packs very different things into one exception, so the message decides where
 * the name doesn't; the messages are those that Cognito is seen to send (they are not documented).
 */
import { GatehouseError, type ProblemCode } from "../errors.ts";
import type { CognitoClock } from "./clock.ts";
import { configurationKeys, type ServiceAddress } from "./configuration.ts";

/** What was asked: the operation, or the challenge that was answered. */
export type Question =
  | "InitiateAuth"
  | "PASSWORD_VERIFIER"
  | "SOFTWARE_TOKEN_MFA"
  | "NEW_PASSWORD_REQUIRED"
  | "MFA_SETUP"
  | "AssociateSoftwareToken"
  | "VerifySoftwareToken"
  | "ConfirmSignUp"
  | "ResendConfirmationCode"
  | "ForgotPassword"
  | "ConfirmForgotPassword"
  | "GetTokensFromRefreshToken"
  | "RevokeToken";

/** Seconds. Cognito locks a user for 1 s after five wrong passwords and doubles that up to about 15 minutes; it doesn't say where it stands. */
export const longestLockout = 900;
/** Seconds of one code of an authenticator app (RFC 6238). */
const totpStep = 30;

/** A refusal by the user pool, or undefined where the error is none (the way to it failed). */
export function userPoolProblem(
  error: unknown,
  question: Question,
  { endpoint }: ServiceAddress,
  clock: CognitoClock,
): GatehouseError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name } = error;
  const detail = error.message;
  const problem = (code: ProblemCode, params: Record<string, string | number> = {}) =>
    new GatehouseError(code, params, { cause: error });
  const misconfigured = (setting: string) => problem("clientMisconfigured", { setting, detail });
  const byToken = question === "GetTokensFromRefreshToken" || question === "RevokeToken";
  const byCode = question === "SOFTWARE_TOKEN_MFA" || question === "VerifySoftwareToken" || question === "MFA_SETUP";

  switch (name) {
    case "NotAuthorizedException":
      if (/secret/i.test(detail)) return misconfigured(configurationKeys.clientId);
      if (byToken) return problem("sessionEnded", { detail });
      if (/session/i.test(detail)) return problem("flowExpired");
      if (/disabled/i.test(detail)) return problem("userDisabled");
      if (/attempts exceeded/i.test(detail)) return problem("tooManyAttempts", { waitSeconds: longestLockout });
      if (/expired/i.test(detail)) return problem("temporaryPasswordExpired");
      if (/timestamp|clock/i.test(detail)) return problem("clockSkew", { offsetSeconds: clock.offsetSeconds() ?? 0 });
      if (question === "InitiateAuth" || question === "PASSWORD_VERIFIER") return problem("wrongPassword");
      // A user with a temporary password, for example, can't reset it.
      if (question === "ForgotPassword") return problem("passwordResetRequired", { detail });
      return problem("internal", { detail });
    case "UserNotFoundException":
      return problem(byToken ? "sessionEnded" : "wrongPassword");
    case "UserNotConfirmedException":
      return problem(byToken ? "sessionEnded" : "userNotConfirmed");
    case "PasswordResetRequiredException":
      return problem(byToken ? "sessionEnded" : "passwordResetRequired");
    case "RefreshTokenReuseException":
    case "UnauthorizedException":
      return problem("sessionEnded", { detail });
    case "CodeMismatchException":
      return problem(/session/i.test(detail) ? "flowExpired" : "wrongCode");
    case "EnableSoftwareTokenMFAException":
      return problem("wrongCode");
    case "ExpiredCodeException":
      if (!byCode) return problem("codeExpired");
      return problem("usedCode", { waitSeconds: totpStep - (Math.floor(clock.cognito() / 1000) % totpStep) });
    case "InvalidPasswordException":
    case "PasswordHistoryPolicyViolationException":
      return problem("passwordPolicy", { detail });
    case "TooManyFailedAttemptsException":
    case "LimitExceededException":
      return problem("tooManyAttempts", { waitSeconds: longestLockout });
    case "InvalidParameterException":
      return problem(...invalidParameter(detail, question));
    case "ResourceNotFoundException":
      return misconfigured(/client/i.test(detail) ? configurationKeys.clientId : configurationKeys.userPoolId);
    case "InvalidUserPoolConfigurationException":
    case "SoftwareTokenMFANotFoundException":
      return misconfigured(configurationKeys.userPoolId);
    case "UnsupportedOperationException":
    case "UnsupportedTokenTypeException":
    case "FeatureUnavailableInTierException":
      return misconfigured(configurationKeys.clientId);
    case "InternalErrorException":
      return problem("serverError", { endpoint, status: 500 });
    case "UserLambdaValidationException":
    case "UnexpectedLambdaException":
    case "InvalidLambdaResponseException":
    case "CodeDeliveryFailureException":
    case "ForbiddenException":
    case "AliasExistsException":
      return problem("internal", { detail });
    default:
      return undefined;
  }
}

function invalidParameter(detail: string, question: Question): [ProblemCode, Record<string, string>] {
  const missing = /(?:^|[\s,.])([\w:]+) is missing/.exec(detail)?.[1];
  switch (question) {
    case "SOFTWARE_TOKEN_MFA":
    case "VerifySoftwareToken":
    case "ConfirmSignUp":
      return ["wrongCode", {}];
    case "NEW_PASSWORD_REQUIRED":
      return missing === undefined ? ["passwordPolicy", { detail }] : ["missingInput", { field: missing }];
    case "ConfirmForgotPassword":
      return /password/i.test(detail) ? ["passwordPolicy", { detail }] : ["wrongCode", {}];
    case "ForgotPassword":
      // No verified address that a code could be sent to: an administrator has to help.
      return ["passwordResetRequired", { detail }];
    default:
      // Mostly a flow that the app client doesn't allow.
      return ["clientMisconfigured", { setting: configurationKeys.clientId, detail }];
  }
}

/** ConfirmSignUp and ResendConfirmationCode for an account that is confirmed: the aim is reached. */
export function isAlreadyConfirmed(error: unknown): boolean {
  return error instanceof Error && /already confirmed|current status is confirmed/i.test(error.message);
}
