import assert from "node:assert/strict";
import { createClock } from "../../../../src/core/cognito/clock.ts";
import { type Question, userPoolProblem } from "../../../../src/core/cognito/userPoolErrors.ts";

const address = { region: "eu-west-1", endpoint: "https://cognito.example", setting: "cognito.userPoolEndpoint" };
/** 7 s into a step of 30 s. */
const clock = createClock(() => Date.UTC(2026, 0, 1, 12, 0, 37));

/** Name and message as Cognito sends them; what was asked; the problem. */
const cases: readonly [string, string, Question, string, Record<string, unknown>?][] = [
  ["NotAuthorizedException", "Incorrect username or password.", "PASSWORD_VERIFIER", "wrongPassword"],
  ["UserNotFoundException", "User does not exist.", "InitiateAuth", "wrongPassword"],
  ["NotAuthorizedException", "User is disabled.", "InitiateAuth", "userDisabled"],
  [
    "NotAuthorizedException",
    "Password attempts exceeded",
    "PASSWORD_VERIFIER",
    "tooManyAttempts",
    { waitSeconds: 900 },
  ],
  [
    "NotAuthorizedException",
    "Temporary password has expired and must be reset by an administrator.",
    "PASSWORD_VERIFIER",
    "temporaryPasswordExpired",
  ],
  [
    "NotAuthorizedException",
    "User account has expired, it must be reset by an administrator.",
    "PASSWORD_VERIFIER",
    "temporaryPasswordExpired",
  ],
  ["NotAuthorizedException", "Invalid session for the user.", "SOFTWARE_TOKEN_MFA", "flowExpired"],
  ["NotAuthorizedException", "Invalid session for the user, session is expired.", "VerifySoftwareToken", "flowExpired"],
  [
    "NotAuthorizedException",
    "Invalid session for the user, session can only be used once.",
    "NEW_PASSWORD_REQUIRED",
    "flowExpired",
  ],
  ["CodeMismatchException", "Invalid session for the user, session is expired.", "SOFTWARE_TOKEN_MFA", "flowExpired"],
  [
    "NotAuthorizedException",
    "Client c1 is configured with secret but SECRET_HASH was not received",
    "InitiateAuth",
    "clientMisconfigured",
    { setting: "cognito.clientId" },
  ],
  [
    "NotAuthorizedException",
    "Unable to verify secret hash for client c1",
    "InitiateAuth",
    "clientMisconfigured",
    { setting: "cognito.clientId" },
  ],
  [
    "InvalidParameterException",
    "USER_SRP_AUTH is not enabled for the client.",
    "InitiateAuth",
    "clientMisconfigured",
    { setting: "cognito.clientId", detail: "USER_SRP_AUTH is not enabled for the client." },
  ],
  [
    "ResourceNotFoundException",
    "User pool client c1 does not exist.",
    "InitiateAuth",
    "clientMisconfigured",
    { setting: "cognito.clientId" },
  ],
  [
    "ResourceNotFoundException",
    "User pool eu-west-1_x does not exist.",
    "InitiateAuth",
    "clientMisconfigured",
    { setting: "cognito.userPoolId" },
  ],
  ["UserNotConfirmedException", "User is not confirmed.", "PASSWORD_VERIFIER", "userNotConfirmed"],
  [
    "PasswordResetRequiredException",
    "Password reset required for the user",
    "PASSWORD_VERIFIER",
    "passwordResetRequired",
  ],
  ["CodeMismatchException", "Invalid code received for user", "SOFTWARE_TOKEN_MFA", "wrongCode"],
  [
    "EnableSoftwareTokenMFAException",
    "Code mismatch and fail enable Software Token MFA",
    "VerifySoftwareToken",
    "wrongCode",
  ],
  ["InvalidParameterException", "1 validation error detected", "SOFTWARE_TOKEN_MFA", "wrongCode"],
  [
    "ExpiredCodeException",
    "Your software token has already been used once.",
    "SOFTWARE_TOKEN_MFA",
    "usedCode",
    { waitSeconds: 23 },
  ],
  ["ExpiredCodeException", "Invalid code provided, please request a code again.", "ConfirmSignUp", "codeExpired"],
  [
    "ExpiredCodeException",
    "Invalid code provided, please request a code again.",
    "ConfirmForgotPassword",
    "codeExpired",
  ],
  ["CodeMismatchException", "Invalid verification code provided, please try again.", "ConfirmSignUp", "wrongCode"],
  [
    "InvalidPasswordException",
    "Password did not conform with policy: Password not long enough",
    "NEW_PASSWORD_REQUIRED",
    "passwordPolicy",
    { detail: "Password did not conform with policy: Password not long enough" },
  ],
  [
    "PasswordHistoryPolicyViolationException",
    "Password has previously been used",
    "ConfirmForgotPassword",
    "passwordPolicy",
  ],
  [
    "InvalidParameterException",
    "Invalid attributes given, name is missing",
    "NEW_PASSWORD_REQUIRED",
    "missingInput",
    { field: "name" },
  ],
  [
    "LimitExceededException",
    "Attempt limit exceeded, please try after some time.",
    "ForgotPassword",
    "tooManyAttempts",
  ],
  [
    "InvalidParameterException",
    "Cannot reset password for the user as there is no registered/verified email or phone_number",
    "ForgotPassword",
    "passwordResetRequired",
  ],
  ["NotAuthorizedException", "Refresh Token has been revoked", "GetTokensFromRefreshToken", "sessionEnded"],
  ["NotAuthorizedException", "Refresh Token has expired", "GetTokensFromRefreshToken", "sessionEnded"],
  ["NotAuthorizedException", "User is disabled.", "GetTokensFromRefreshToken", "sessionEnded"],
  ["RefreshTokenReuseException", "Refresh token reused", "GetTokensFromRefreshToken", "sessionEnded"],
  ["UserNotFoundException", "User does not exist.", "GetTokensFromRefreshToken", "sessionEnded"],
  [
    "NotAuthorizedException",
    "Unable to verify client secret",
    "GetTokensFromRefreshToken",
    "clientMisconfigured",
    { setting: "cognito.clientId" },
  ],
  ["InternalErrorException", "oops", "InitiateAuth", "serverError", { endpoint: address.endpoint, status: 500 }],
  ["UserLambdaValidationException", "PreAuthentication failed with error no.", "PASSWORD_VERIFIER", "internal"],
];

describe("the user pool's refusals", () => {
  for (const [name, message, question, code, params] of cases) {
    it(`${question}: ${name}, ${message}: ${code}`, () => {
      const error = Object.assign(new Error(message), { name });
      const problem = userPoolProblem(error, question, address, clock);
      assert.equal(problem?.code, code);
      assert.equal(problem?.cause, error);
      for (const [key, value] of Object.entries(params ?? {})) assert.equal(problem?.params[key], value);
    });
  }

  it("leaves what is no refusal to others", () => {
    assert.equal(userPoolProblem(new Error("connect ECONNREFUSED"), "InitiateAuth", address, clock), undefined);
    assert.equal(userPoolProblem("text", "InitiateAuth", address, clock), undefined);
  });
});
