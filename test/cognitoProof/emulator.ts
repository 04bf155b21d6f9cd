/** The emulator under proof, and pools made in it by the AWS SDK. */
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  AssociateSoftwareTokenCommand,
  type CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  CreateUserPoolCommand,
  type CreateUserPoolCommandInput,
  type RespondToAuthChallengeCommandOutput,
  SetUserPoolMfaConfigCommand,
  VerifySoftwareTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import type { AccessKey } from "../cognito/aws.ts";
import { administratorOf, emulatedTime, sdkClients } from "../cognito/demoPool.ts";
import type { Message } from "../cognito/outbox.ts";
import { type CognitoOptions, startCognito } from "../cognito/server.ts";
import { respond, type SignInTarget, signInBySrp } from "../cognito/srpSignIn.ts";
import { totp } from "../cognito/totp.ts";
import { ensurePython, startMoto } from "../lab/moto.ts";

export const region = "eu-central-1";
export const email = "carol@example.com";
export const password = "Purple-Monkey-9";

export interface Emulator extends ReturnType<typeof sdkClients> {
  readonly endpoint: string;
  readonly administrator: AccessKey;
  now(): Promise<number>;
  advance(seconds: number): Promise<void>;
  outbox(username: string): Promise<readonly Message[]>;
  stop(): Promise<void>;
}

/** With `moto`, the rest of AWS answers as well. */
export async function startEmulator(options: { readonly moto?: boolean } & CognitoOptions = {}): Promise<Emulator> {
  const moto = options.moto ? await startMoto(await ensurePython()) : undefined;
  // Its clock stands unless a test moves it: no code runs out between two lines of a test.
  const start = Date.now();
  const cognito = await startCognito({ now: () => start, ...options, motoEndpoint: moto?.endpoint });
  const { endpoint } = cognito;
  const administrator = await administratorOf(endpoint);
  return {
    ...sdkClients(endpoint, region, administrator),
    endpoint,
    administrator,
    now: () => emulatedTime(endpoint),
    async advance(advanceSeconds) {
      await fetch(`${endpoint}/_control/clock`, { method: "POST", body: JSON.stringify({ advanceSeconds }) });
    },
    async outbox(username) {
      const answer = await fetch(`${endpoint}/_control/outbox?username=${encodeURIComponent(username)}`);
      return ((await answer.json()) as { messages: Message[] }).messages;
    },
    async stop() {
      await cognito.stop();
      await moto?.stop();
    },
  };
}

export interface PoolOptions {
  readonly mfa?: "ON" | "OPTIONAL" | "OFF";
  readonly pool?: Partial<CreateUserPoolCommandInput>;
  readonly client?: Partial<CreateUserPoolClientCommandInput>;
}

/** A pool in which people sign in by e-mail, with one client; `carol@example.com` is in it, confirmed. */
export async function createPool({ userPools }: Emulator, options: PoolOptions = {}): Promise<SignInTarget> {
  const created = await userPools.send(
    new CreateUserPoolCommand({ PoolName: "proof", UsernameAttributes: ["email"], ...options.pool }),
  );
  const userPoolId = created.UserPool?.Id ?? "";
  const mfa = options.mfa ?? "OFF";
  if (mfa !== "OFF") {
    await userPools.send(
      new SetUserPoolMfaConfigCommand({
        UserPoolId: userPoolId,
        MfaConfiguration: mfa,
        SoftwareTokenMfaConfiguration: { Enabled: true },
      }),
    );
  }
  const client = await userPools.send(
    new CreateUserPoolClientCommand({
      UserPoolId: userPoolId,
      ClientName: "proof",
      PreventUserExistenceErrors: "ENABLED",
      ...options.client,
    }),
  );
  const clientSecret = client.UserPoolClient?.ClientSecret;
  await addPerson(userPools, userPoolId, email);
  return {
    userPoolId,
    clientId: client.UserPoolClient?.ClientId ?? "",
    ...(clientSecret === undefined ? {} : { clientSecret }),
  };
}

export async function addPerson(client: CognitoIdentityProviderClient, UserPoolId: string, Username: string) {
  const UserAttributes = [
    { Name: "email", Value: Username },
    { Name: "email_verified", Value: "true" },
  ];
  await client.send(new AdminCreateUserCommand({ UserPoolId, Username, MessageAction: "SUPPRESS", UserAttributes }));
  await client.send(new AdminSetUserPasswordCommand({ UserPoolId, Username, Password: password, Permanent: true }));
}

/** Signs carol in where no second factor is wanted. */
export async function tokensOf(emulator: Emulator, target: SignInTarget, username = email) {
  const { AuthenticationResult } = await signInBySrp(emulator.userPools, target, username, password);
  const { AccessToken = "", IdToken = "", RefreshToken = "" } = AuthenticationResult ?? {};
  return { AccessToken, IdToken, RefreshToken };
}

/** Enrols carol where the pool demands a factor. The code of the step before is used, so that the current one is still good. */
export async function enrol(
  { userPools, now }: Emulator,
  target: SignInTarget,
): Promise<{ readonly secret: string; readonly finished: RespondToAuthChallengeCommandOutput }> {
  const setUp = await signInBySrp(userPools, target, email, password);
  const associated = await userPools.send(new AssociateSoftwareTokenCommand({ Session: setUp.Session }));
  const secret = associated.SecretCode ?? "";
  const UserCode = totp(secret, (await now()) - 30_000);
  const verified = await userPools.send(new VerifySoftwareTokenCommand({ Session: associated.Session, UserCode }));
  return { secret, finished: await respond(userPools, target, "MFA_SETUP", verified.Session, email) };
}
