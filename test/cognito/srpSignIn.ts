/** A sign-in over the AWS SDK with somebody else's SRP (cognito-srp-helper): what sets up the demo pool, and a client for tests. */
import {
  type ChallengeNameType,
  type CognitoIdentityProviderClient,
  InitiateAuthCommand,
  type InitiateAuthCommandInput,
  RespondToAuthChallengeCommand,
  type RespondToAuthChallengeCommandInput,
  type RespondToAuthChallengeCommandOutput,
} from "@aws-sdk/client-cognito-identity-provider";
import {
  createSecretHash,
  createSrpSession,
  signSrpSession,
  wrapAuthChallenge,
  wrapInitiateAuth,
} from "cognito-srp-helper";

export interface SignInTarget {
  readonly userPoolId: string;
  readonly clientId: string;
  readonly clientSecret?: string;
}

/**
 * The helper's own state, with a public value that can be sent. The emulator once said that SRP_A was missing, which the helper's code
 * can't bring about (jsbn writes zero as "0", and the helper refuses that): should it come again, this tells on which side.
 */
export function srpSession(username: string, password: string, userPoolId: string) {
  const session = createSrpSession(username, password, userPoolId, false);
  if (!/^[0-9a-f]+$/.test(session.largeA)) {
    throw new Error(`cognito-srp-helper made '${session.largeA}' of a secret of ${session.smallA.length} digits`);
  }
  return session;
}

/** Proves the password. Answers the next challenge or the tokens. @throws what Cognito answers */
export async function signInBySrp(
  client: CognitoIdentityProviderClient,
  { userPoolId, clientId, clientSecret }: SignInTarget,
  username: string,
  password: string,
): Promise<RespondToAuthChallengeCommandOutput> {
  const secretHash = (name: string) =>
    clientSecret === undefined ? {} : { SECRET_HASH: createSecretHash(name, clientId, clientSecret) };
  const session = srpSession(username, password, userPoolId);
  const initiation: InitiateAuthCommandInput = {
    ClientId: clientId,
    AuthFlow: "USER_SRP_AUTH",
    AuthParameters: { USERNAME: username, ...secretHash(username) },
  };
  const initiate = new InitiateAuthCommand(wrapInitiateAuth(session, initiation as HelperRequest));
  let now = Date.now();
  // The helper stamps its proof by this machine's clock, and the emulator's may have been moved on.
  initiate.middlewareStack.add(
    (next) => async (input) => {
      const result = await next(input);
      now = Date.parse((result.response as { headers: Record<string, string> }).headers["date"] ?? "");
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  const started = await client.send(initiate);
  const name = started.ChallengeParameters?.["USER_ID_FOR_SRP"] ?? username;
  const answer: RespondToAuthChallengeCommandInput = {
    ClientId: clientId,
    ChallengeName: "PASSWORD_VERIFIER",
    ChallengeResponses: { USERNAME: name, ...secretHash(name) },
  };
  const signed = signSrpSession({ ...session, timestamp: timestampOf(now) }, started as HelperAnswer);
  return client.send(new RespondToAuthChallengeCommand(wrapAuthChallenge(signed, answer as HelperResponse)));
}

/** `Sun Nov 1 10:00:00 UTC 2026` */
function timestampOf(time: number): string {
  const [weekday, day, month, year, clock] = new Date(time).toUTCString().replace(",", "").split(" ");
  return `${weekday} ${month} ${Number(day)} ${clock} UTC ${year}`;
}

// The helper's types know no `undefined` in optional fields; the SDK's do.
type HelperRequest = Parameters<typeof wrapInitiateAuth>[1] & InitiateAuthCommandInput;
type HelperAnswer = Parameters<typeof signSrpSession>[1];
type HelperResponse = Parameters<typeof wrapAuthChallenge>[1] & RespondToAuthChallengeCommandInput;

/** Answers a challenge that came with a session string. */
export function respond(
  client: CognitoIdentityProviderClient,
  { clientId, clientSecret }: SignInTarget,
  challenge: ChallengeNameType,
  session: string | undefined,
  username: string,
  responses: Readonly<Record<string, string>> = {},
): Promise<RespondToAuthChallengeCommandOutput> {
  return client.send(
    new RespondToAuthChallengeCommand({
      ClientId: clientId,
      ChallengeName: challenge,
      Session: session,
      ChallengeResponses: {
        USERNAME: username,
        ...responses,
        ...(clientSecret === undefined ? {} : { SECRET_HASH: createSecretHash(username, clientId, clientSecret) }),
      },
    }),
  );
}
