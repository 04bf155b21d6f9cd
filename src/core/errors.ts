/**
 * Every failure that a person can be told about, as a code with parameters. Codes cross process borders (agent → editor,
 * agent → CLI); the sentence is made where it is shown, in the reader's language (messages.ts).
 */
export const problemCodes = [
  // input
  "wrongPassword", // user name or password is wrong; Cognito does not say which
  "wrongCode", // params: none
  "usedCode", // the code was accepted once already; params: waitSeconds until the next one
  "passwordPolicy", // params: detail (Cognito's own sentence)
  "missingInput", // params: field
  // the account
  "userDisabled",
  "userNotConfirmed",
  "passwordResetRequired",
  "temporaryPasswordExpired",
  "tooManyAttempts", // params: waitSeconds (an estimate: Cognito does not say)
  "codeExpired", // a mailed code; a new one can be sent
  // the flow
  "flowExpired", // the session string ran out; the flow was or has to be restarted; params: minutes (that a browser was waited for)
  "flowUnknown", // answer to a flow that is not pending (any more)
  "challengeUnsupported", // params: challenge
  "cancelled",
  // by browser
  "browserSignInUnavailable", // params: setting; port when it is taken
  "browserSignInReplaced", // another one was begun: one is pending at a time
  "emailMismatch", // signed in as another person than the one at the gate
  "signInRefused", // params: detail (Cognito's error code)
  // the way to AWS
  "unreachable", // params: endpoint, setting, detail
  "tls", // params: endpoint, setting, detail
  "throttled", // params: endpoint
  "serverError", // params: endpoint, status
  "clockSkew", // params: offsetSeconds (positive: this machine is ahead)
  "tokenInvalid", // params: detail (which check failed; never the token)
  "clientMisconfigured", // params: setting, detail
  "sessionEnded", // refresh token revoked, expired, user signed out everywhere
  // AWS credentials
  "identityPoolMissing", // none configured; params: setting
  "identityPoolRefused", // params: detail
  "noRole", // no role can be assumed
  "ambiguousRole", // several roles and no preference: choose one
  "roleNotAllowed", // params: role
  "signedOut",
  // configuration
  "notConfigured", // params: settings (comma separated)
  "configurationInvalid", // params: key, source, allowed
  // agent
  "agentUnavailable", // params: detail
  "agentTooOld", // params: agent, client
  "socketUnsafe", // params: path, detail
  "commandNotFound", // params: command
  "internal", // params: detail (redacted)
] as const;

export type ProblemCode = (typeof problemCodes)[number];

/** Serializable description of a failure. `params` hold no secret: they are shown, logged and reported. */
export interface Problem {
  readonly code: ProblemCode;
  readonly params?: Readonly<Record<string, string | number>>;
}

/** The one error class. Thrown in core, agent and CLI; turned into a sentence once, at a command's boundary. */
export class GatehouseError extends Error {
  override readonly name = "GatehouseError";
  readonly code: ProblemCode;
  readonly params: Readonly<Record<string, string | number>>;

  constructor(code: ProblemCode, params: Readonly<Record<string, string | number>> = {}, options?: ErrorOptions) {
    super(`${code}${Object.keys(params).length > 0 ? ` ${JSON.stringify(params)}` : ""}`, options);
    this.code = code;
    this.params = params;
  }

  toProblem(): Problem {
    return { code: this.code, params: this.params };
  }
}

/** Any thrown value as a Problem; what is not ours becomes `internal` with its message. */
export function toProblem(error: unknown): Problem {
  // By name: each bundle has a class of its own.
  if (error instanceof Error && error.name === "GatehouseError") return (error as GatehouseError).toProblem();
  return { code: "internal", params: { detail: error instanceof Error ? error.message : String(error) } };
}
