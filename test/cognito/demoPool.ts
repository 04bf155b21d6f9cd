/**
 * A user pool with forced MFA, an identity pool with roles and two people, set up by the calls that set one up in AWS.
 * For tests and `npm start`.
 */
import {
  CognitoIdentityClient,
  CreateIdentityPoolCommand,
  SetIdentityPoolRolesCommand,
} from "@aws-sdk/client-cognito-identity";
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  AssociateSoftwareTokenCommand,
  CognitoIdentityProviderClient,
  CreateGroupCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  CreateUserPoolCommand,
  SetUserPoolMfaConfigCommand,
  VerifySoftwareTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { type AccessKey, QueryError, queryAws } from "./aws.ts";
import { trustPolicyFor } from "./identity/trustPolicy.ts";
import { respond, signInBySrp } from "./srpSignIn.ts";
import { totp } from "./totp.ts";

export interface DemoOptions {
  /** Default `us-east-1`. */
  readonly region?: string;
  /** Refresh-token rotation without a grace period. Default: off. */
  readonly rotation?: boolean;
  /** Minutes that a session string lives, 3 (default) to 15. */
  readonly authSessionValidity?: number;
  /** Whether both of the enrolled person's groups have the same precedence, so that no role is preferred. Default: no. */
  readonly noPreferredRole?: boolean;
  /** What the identity pool does where no role is preferred. Default: the authenticated role. */
  readonly ambiguousRoleResolution?: "AuthenticatedRole" | "Deny";
  /** The newcomer's password has to be changed at the first sign-in. Default: no. */
  readonly newcomerHasTemporaryPassword?: boolean;
  /** More settings of the terminals' client. */
  readonly terminalClient?: Partial<CreateUserPoolClientCommandInput>;
}

export interface DemoUser {
  /** What is typed at sign-in: an e-mail address. */
  readonly username: string;
  readonly password: string;
}

export interface DemoPool {
  readonly region: string;
  readonly userPoolId: string;
  /** The app client of terminals: no secret, SRP and refresh only. */
  readonly clientId: string;
  readonly identityPoolId: string;
  /** ARNs. `member` is the identity pool's authenticated role; the two others come with groups. */
  readonly roles: { readonly member: string; readonly developer: string; readonly administrator: string };
  /** In the groups `developers` (preferred) and `administrators`; has an authenticator, `totpSecret` (base32). */
  readonly enrolled: DemoUser & { readonly totpSecret: string };
  /** In no group; enrols at the first sign-in. */
  readonly newcomer: DemoUser;
}

/** @param endpoint of the emulator, with moto behind it or without */
export async function createDemoPool(endpoint: string, options: DemoOptions = {}): Promise<DemoPool> {
  const region = options.region ?? "us-east-1";
  const administrator = await administratorOf(endpoint);
  const clients = sdkClients(endpoint, region, administrator);
  const { userPools, identityPools } = clients;

  const created = await userPools.send(
    new CreateUserPoolCommand({
      PoolName: "gatehouse-demo",
      UsernameAttributes: ["email"],
      AutoVerifiedAttributes: ["email"],
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
    }),
  );
  const userPoolId = present(created.UserPool?.Id);
  await userPools.send(
    new SetUserPoolMfaConfigCommand({
      UserPoolId: userPoolId,
      MfaConfiguration: "ON",
      SoftwareTokenMfaConfiguration: { Enabled: true },
    }),
  );
  const client = await userPools.send(
    new CreateUserPoolClientCommand({
      UserPoolId: userPoolId,
      ClientName: "terminal",
      ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH", ...(options.rotation ? [] : (["ALLOW_REFRESH_TOKEN_AUTH"] as const))],
      PreventUserExistenceErrors: "ENABLED",
      AuthSessionValidity: options.authSessionValidity,
      ...(options.rotation ? { RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 0 } } : {}),
      ...options.terminalClient,
    }),
  );
  const clientId = present(client.UserPoolClient?.ClientId);

  const provider = `cognito-idp.${region}.amazonaws.com/${userPoolId}`;
  const pool = await identityPools.send(
    new CreateIdentityPoolCommand({
      IdentityPoolName: "gatehouse-demo",
      AllowUnauthenticatedIdentities: false,
      CognitoIdentityProviders: [{ ProviderName: provider, ClientId: clientId, ServerSideTokenCheck: true }],
    }),
  );
  const identityPoolId = present(pool.IdentityPoolId);
  const role = (name: string) => createRole(endpoint, administrator, identityPoolId, name);
  const roles = {
    member: await role("gatehouse-member"),
    developer: await role("gatehouse-developer"),
    administrator: await role("gatehouse-administrator"),
  };
  await identityPools.send(
    new SetIdentityPoolRolesCommand({
      IdentityPoolId: identityPoolId,
      Roles: { authenticated: roles.member },
      RoleMappings: {
        [`${provider}:${clientId}`]: {
          Type: "Token",
          AmbiguousRoleResolution: options.ambiguousRoleResolution ?? "AuthenticatedRole",
        },
      },
    }),
  );

  const alice = await createUser(userPools, userPoolId, "alice@example.com", "Correct-Horse-7", true);
  const newcomer = await createUser(
    userPools,
    userPoolId,
    "bob@example.com",
    "Battery-Staple-8",
    !options.newcomerHasTemporaryPassword,
  );
  for (const [GroupName, RoleArn, Precedence] of [
    ["developers", roles.developer, 1],
    ["administrators", roles.administrator, options.noPreferredRole ? 1 : 2],
  ] as const) {
    await userPools.send(new CreateGroupCommand({ UserPoolId: userPoolId, GroupName, RoleArn, Precedence }));
    await userPools.send(
      new AdminAddUserToGroupCommand({ UserPoolId: userPoolId, GroupName, Username: alice.username }),
    );
  }
  const totpSecret = await enrol(userPools, { userPoolId, clientId }, alice, () => emulatedTime(endpoint));
  return { region, userPoolId, clientId, identityPoolId, roles, enrolled: { ...alice, totpSecret }, newcomer };
}

/** SDK clients of both services that talk to the emulator as its administrator. */
export function sdkClients(
  endpoint: string,
  region: string,
  credentials: AccessKey,
): { readonly userPools: CognitoIdentityProviderClient; readonly identityPools: CognitoIdentityClient } {
  const configuration = { endpoint, region, credentials };
  return {
    userPools: new CognitoIdentityProviderClient(configuration),
    identityPools: new CognitoIdentityClient(configuration),
  };
}

/** Keys to set things up with; without moto nobody looks at them. */
export async function administratorOf(endpoint: string): Promise<AccessKey> {
  const answer = await fetch(`${endpoint}/_control/administrator`);
  if (!answer.ok) return unchecked;
  return (await answer.json()) as AccessKey;
}

/** The emulator's time, milliseconds since 1970. */
export async function emulatedTime(endpoint: string): Promise<number> {
  const answer = await fetch(`${endpoint}/_control/clock`);
  return ((await answer.json()) as { now: number }).now;
}

/** A role in moto that the identity pool may assume, with rights to look at things. Answers the ARN. */
export async function createRole(
  endpoint: string,
  administrator: AccessKey,
  identityPoolId: string,
  name: string,
): Promise<string> {
  const trust = trustPolicyFor({ identityPoolId, authenticated: true });
  const rights = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["s3:List*", "s3:Get*", "ec2:Describe*"], Resource: "*" }],
  };
  const arnOf = (role: string) => `arn:aws:iam::123456789012:role/${role}`;
  if (administrator.secretAccessKey === unchecked.secretAccessKey) return arnOf(name);
  const iam = (parameters: Readonly<Record<string, string>>) => queryAws(endpoint, administrator, "iam", parameters);
  const create = (RoleName: string) =>
    iam({ Action: "CreateRole", RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) });
  // A second pool of the same emulator finds the name taken, by a role that trusts the first.
  let RoleName = name;
  await create(RoleName).catch((error: unknown) => {
    if (!(error instanceof QueryError && error.status === 409)) throw error;
    RoleName = `${name}-${identityPoolId.slice(-12)}`;
    return create(RoleName);
  });
  await iam({ Action: "PutRolePolicy", RoleName, PolicyName: "look", PolicyDocument: JSON.stringify(rights) });
  return arnOf(RoleName);
}

const unchecked: AccessKey = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "unchecked" };

/** A person whose e-mail address is verified; `permanent` says whether the password stays as it is. */
export async function createUser(
  client: CognitoIdentityProviderClient,
  userPoolId: string,
  username: string,
  password: string,
  permanent: boolean,
): Promise<DemoUser> {
  await client.send(
    new AdminCreateUserCommand({
      UserPoolId: userPoolId,
      Username: username,
      TemporaryPassword: password,
      MessageAction: "SUPPRESS",
      UserAttributes: [
        { Name: "email", Value: username },
        { Name: "email_verified", Value: "true" },
      ],
    }),
  );
  if (permanent) {
    await client.send(
      new AdminSetUserPasswordCommand({
        UserPoolId: userPoolId,
        Username: username,
        Password: password,
        Permanent: true,
      }),
    );
  }
  return { username, password };
}

/** Enrols an authenticator as a person does, with the code before the current one, so that the current one is still good. */
export async function enrol(
  client: CognitoIdentityProviderClient,
  target: { readonly userPoolId: string; readonly clientId: string },
  { username, password }: DemoUser,
  now: () => Promise<number>,
): Promise<string> {
  const setUp = await signInBySrp(client, target, username, password);
  const associated = await client.send(new AssociateSoftwareTokenCommand({ Session: setUp.Session }));
  const secret = present(associated.SecretCode);
  const verify = async () => {
    const UserCode = totp(secret, (await now()) - 30_000);
    return client.send(new VerifySoftwareTokenCommand({ Session: associated.Session, UserCode }));
  };
  // Once more where the next step began between the two calls: that code is then too old.
  const verified = await verify().catch(verify);
  await respond(
    client,
    target,
    "MFA_SETUP",
    verified.Session,
    setUp.ChallengeParameters?.["USER_ID_FOR_SRP"] ?? username,
  );
  return secret;
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("AWS left out a field that it always answers");
  return value;
}
