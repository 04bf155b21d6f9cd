/** A sign-in over the AWS SDK with somebody else's SRP (cognito-srp-helper): what sets up the demo pool, and a client for tests. */
import {
  type ChallengeNameType,
  type CognitoIdentityProviderClient,
  InitiateAuthCommand,
  type RespondToAuthChallengeCommandOutput,
  RespondToAuthChallengeCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { createSecretHash, createSrpSession, signSrpSession, wrapAuthChallenge, wrapInitiateAuth } from "cognito-srp-helper";

export interface SignInTarget {
  readonly userPoolId: string;
  readonly clientId: string;
  readonly clientSecret?: string;
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
  const session = createSrpSession(username, password, userPoolId, false);
  const started = await client.send(
    new InitiateAuthCommand(
      wrapInitiateAuth(session, {
        ClientId: clientId,
        AuthFlow: "USER_SRP_AUTH",
        AuthParameters: { CHALLENGE_NAME: "SRP_A", USERNAME: username, ...secretHash(username) },
      }),
    ),
  );
  const name = started.ChallengeParameters?.["USER_ID_FOR_SRP"] ?? username;
  return client.send(
    new RespondToAuthChallengeCommand(
      wrapAuthChallenge(signSrpSession(session, started), {
        ClientId: clientId,
        ChallengeName: "PASSWORD_VERIFIER",
        ChallengeResponses: { USERNAME: name, ...secretHash(name) },
      }),
    ),
  );
}

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
