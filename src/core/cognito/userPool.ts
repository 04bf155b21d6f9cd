/** The user pool's API, as far as signing in needs it. Every failure is a GatehouseError. */
import { createHmac } from "node:crypto";
import {
  AssociateSoftwareTokenCommand,
  type AuthenticationResultType,
  CognitoIdentityProviderClient,
  ConfirmForgotPasswordCommand,
  ConfirmSignUpCommand,
  ForgotPasswordCommand,
  type ForgotPasswordCommandOutput,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
  ResendConfirmationCodeCommand,
  RespondToAuthChallengeCommand,
  RevokeTokenCommand,
  VerifySoftwareTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { GatehouseError } from "../errors.ts";
import type { CognitoClock } from "./clock.ts";
import { type CognitoConfiguration, userPoolAddress } from "./configuration.ts";
import { clientOptions, limited, observeDates } from "./transport.ts";
import { isAlreadyConfirmed, type Question, userPoolProblem } from "./userPoolErrors.ts";

/** What Cognito wants to know next. */
export interface Challenge {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Good for one answer and for some minutes (the app client's AuthSessionValidity). */
  readonly session?: string;
}

/** Tokens as received: nothing about them is checked yet. */
export interface ReceivedTokens {
  readonly idToken: string;
  readonly accessToken: string;
  /** Absent at a refresh without rotation. */
  readonly refreshToken?: string;
  /** Of the access token, seconds. */
  readonly expiresIn: number;
}

export type AuthAnswer =
  | { readonly kind: "challenge"; readonly challenge: Challenge }
  | { readonly kind: "tokens"; readonly tokens: ReceivedTokens };

/** The challenges that are answered. */
export type AnswerableChallenge = "PASSWORD_VERIFIER" | "SOFTWARE_TOKEN_MFA" | "NEW_PASSWORD_REQUIRED" | "MFA_SETUP";

/** The masked address that a code was sent to, where Cognito tells it. */
export interface Delivery {
  readonly destination?: string;
}

export interface UserPool {
  /** USER_SRP_AUTH; `A` in hex. */
  initiateSrp(username: string, A: string, signal?: AbortSignal): Promise<AuthAnswer>;
  /** `responses` with USERNAME; the secret's hash is added. */
  respond(
    name: AnswerableChallenge,
    responses: Readonly<Record<string, string>> & { readonly USERNAME: string },
    session?: string,
    signal?: AbortSignal,
  ): Promise<AuthAnswer>;
  associateSoftwareToken(session: string, signal?: AbortSignal): Promise<{ secret: string; session: string }>;
  verifySoftwareToken(session: string, code: string, signal?: AbortSignal): Promise<{ session: string }>;
  /** Fulfilled too where the account is confirmed already. */
  confirmSignUp(username: string, code: string, signal?: AbortSignal): Promise<void>;
  /** `confirmed`: there is nothing to confirm any more. */
  resendConfirmation(username: string, signal?: AbortSignal): Promise<Delivery & { readonly confirmed: boolean }>;
  forgotPassword(username: string, signal?: AbortSignal): Promise<Delivery>;
  confirmForgotPassword(username: string, code: string, password: string, signal?: AbortSignal): Promise<void>;
  /** GetTokensFromRefreshToken: works with rotation and without. */
  refresh(refreshToken: string, signal?: AbortSignal): Promise<ReceivedTokens>;
  revoke(refreshToken: string, signal?: AbortSignal): Promise<void>;
}

export function createUserPool(configuration: CognitoConfiguration, clock: CognitoClock): UserPool {
  const { clientId: ClientId, clientSecret } = configuration;
  const address = userPoolAddress(configuration);
  const client = new CognitoIdentityProviderClient(clientOptions(address));
  observeDates(client.middlewareStack, clock);

  const call = <T>(question: Question, signal: AbortSignal | undefined, send: (signal: AbortSignal) => Promise<T>) =>
    limited(address, signal, send, (error) => userPoolProblem(error, question, address, clock));

  /** SECRET_HASH: https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash */
  const secretHash = (username: string) =>
    clientSecret &&
    createHmac("sha256", clientSecret)
      .update(username + ClientId)
      .digest("base64");
  const withHash = (username: string) => {
    const hash = secretHash(username);
    return hash ? { SECRET_HASH: hash } : {};
  };
  const account = (Username: string) => {
    const hash = secretHash(Username);
    return { ClientId, Username, ...(hash ? { SecretHash: hash } : {}) };
  };
  const secret = clientSecret ? { ClientSecret: clientSecret } : {};

  return {
    initiateSrp: (username, A, signal) =>
      call("InitiateAuth", signal, async (abortSignal) => {
        const AuthParameters = { USERNAME: username, SRP_A: A, ...withHash(username) };
        const command = new InitiateAuthCommand({ ClientId, AuthFlow: "USER_SRP_AUTH", AuthParameters });
        return authAnswer(await client.send(command, { abortSignal }));
      }),

    respond: (ChallengeName, responses, Session, signal) =>
      call(ChallengeName, signal, async (abortSignal) => {
        const ChallengeResponses = { ...responses, ...withHash(responses.USERNAME) };
        const command = new RespondToAuthChallengeCommand({ ClientId, ChallengeName, ChallengeResponses, Session });
        return authAnswer(await client.send(command, { abortSignal }));
      }),

    associateSoftwareToken: (Session, signal) =>
      call("AssociateSoftwareToken", signal, async (abortSignal) => {
        const answer = await client.send(new AssociateSoftwareTokenCommand({ Session }), { abortSignal });
        return { secret: required(answer.SecretCode, "SecretCode"), session: answer.Session ?? Session };
      }),

    verifySoftwareToken: (Session, UserCode, signal) =>
      call("VerifySoftwareToken", signal, async (abortSignal) => {
        const answer = await client.send(new VerifySoftwareTokenCommand({ Session, UserCode }), { abortSignal });
        if (answer.Status !== "SUCCESS") throw new GatehouseError("wrongCode");
        return { session: answer.Session ?? Session };
      }),

    confirmSignUp: (username, ConfirmationCode, signal) =>
      call("ConfirmSignUp", signal, async (abortSignal) => {
        const command = new ConfirmSignUpCommand({ ...account(username), ConfirmationCode });
        await client.send(command, { abortSignal }).catch((error) => {
          if (!isAlreadyConfirmed(error)) throw error;
        });
      }),

    resendConfirmation: (username, signal) =>
      call("ResendConfirmationCode", signal, async (abortSignal) => {
        try {
          const command = new ResendConfirmationCodeCommand(account(username));
          return { ...delivery(await client.send(command, { abortSignal })), confirmed: false };
        } catch (error) {
          if (isAlreadyConfirmed(error)) return { confirmed: true };
          throw error;
        }
      }),

    forgotPassword: (username, signal) =>
      call("ForgotPassword", signal, async (abortSignal) => {
        return delivery(await client.send(new ForgotPasswordCommand(account(username)), { abortSignal }));
      }),

    confirmForgotPassword: (username, ConfirmationCode, Password, signal) =>
      call("ConfirmForgotPassword", signal, async (abortSignal) => {
        const command = new ConfirmForgotPasswordCommand({ ...account(username), ConfirmationCode, Password });
        await client.send(command, { abortSignal });
      }),

    refresh: (RefreshToken, signal) =>
      call("GetTokensFromRefreshToken", signal, async (abortSignal) => {
        const command = new GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken, ...secret });
        return receivedTokens((await client.send(command, { abortSignal })).AuthenticationResult);
      }),

    revoke: (Token, signal) =>
      call("RevokeToken", signal, async (abortSignal) => {
        await client.send(new RevokeTokenCommand({ ClientId, Token, ...secret }), { abortSignal });
      }),
  };
}

function delivery({ CodeDeliveryDetails }: ForgotPasswordCommandOutput): Delivery {
  return CodeDeliveryDetails?.Destination ? { destination: CodeDeliveryDetails.Destination } : {};
}

function authAnswer(answer: InitiateAuthCommandOutput): AuthAnswer {
  if (answer.AuthenticationResult !== undefined) {
    return { kind: "tokens", tokens: receivedTokens(answer.AuthenticationResult) };
  }
  const name = required(answer.ChallengeName, "ChallengeName");
  const parameters = answer.ChallengeParameters ?? {};
  return { kind: "challenge", challenge: { name, parameters, ...(answer.Session && { session: answer.Session }) } };
}

function receivedTokens(result: AuthenticationResultType | undefined): ReceivedTokens {
  return {
    idToken: required(result?.IdToken, "IdToken"),
    accessToken: required(result?.AccessToken, "AccessToken"),
    expiresIn: result?.ExpiresIn ?? 0,
    ...(result?.RefreshToken && { refreshToken: result.RefreshToken }),
  };
}

function required(value: string | undefined, name: string): string {
  if (!value) throw new SyntaxError(`the answer has no ${name}`);
  return value;
}
