import type { CognitoIdentityClient } from "@aws-sdk/client-cognito-identity";
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  type CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  CreateUserPoolCommand,
  type CreateUserPoolCommandInput,
  SetUserPoolMfaConfigCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import type { CognitoConfiguration } from "../../../../src/core/cognito/configuration.ts";
import { createFlow, type Flow, type FlowStep } from "../../../../src/core/cognito/flow.ts";
import type { Answer } from "../../../../src/core/cognito/prompt.ts";
import type { Tokens } from "../../../../src/core/cognito/verification.ts";
import { silent } from "../../../../src/core/log.ts";
import { createDemoPool, type DemoOptions, type DemoPool, sdkClients } from "../../../cognito/demoPool.ts";
import type { Message } from "../../../cognito/outbox.ts";
import { startCognito } from "../../../cognito/server.ts";
import { totp } from "../../../cognito/totp.ts";

/** One emulator with its clock, and what tests do with it. */
export interface Emulated {
  readonly endpoint: string;
  /** Cognito's time, milliseconds. */
  now(): number;
  advance(seconds: number): Promise<void>;
  /** The code that an authenticator shows now; by `fresh` after going on to the next step, so that it can't be used yet. */
  code(secret: string): string;
  freshCode(secret: string): Promise<string>;
  demoPool(options?: DemoOptions): Promise<DemoPool & { readonly configuration: CognitoConfiguration }>;
  /** A pool and client with other settings; MFA off unless asked for. */
  pool(
    settings?: Omit<CreateUserPoolCommandInput, "PoolName"> & { readonly totp?: "ON" | "OPTIONAL" },
    client?: Partial<CreateUserPoolClientCommandInput>,
  ): Promise<CognitoConfiguration>;
  user(configuration: CognitoConfiguration, username: string, password: string, temporary?: boolean): Promise<void>;
  readonly userPools: CognitoIdentityProviderClient;
  readonly identityPools: CognitoIdentityClient;
  /** The code that was mailed last. */
  mailedCode(username: string): Promise<string>;
  flow(configuration: CognitoConfiguration, skewSeconds?: number): Flow;
  stop(): Promise<void>;
}

const region = "us-east-1";

export async function startEmulated(): Promise<Emulated> {
  const { endpoint, stop } = await startCognito();
  const { userPools, identityPools } = sdkClients(endpoint, region, { accessKeyId: "AKIA", secretAccessKey: "x" });
  let advanced = 0;
  const now = () => Date.now() + advanced * 1000;
  const advance = async (advanceSeconds: number) => {
    const body = JSON.stringify({ advanceSeconds });
    const answer = await fetch(`${endpoint}/_control/clock`, { method: "POST", body });
    if (!answer.ok) throw new Error(await answer.text());
    advanced += advanceSeconds;
  };
  const atEndpoint = (
    values: Pick<CognitoConfiguration, "userPoolId" | "clientId" | "clientSecret" | "identityPoolId">,
  ) => ({
    region,
    userPoolEndpoint: endpoint,
    identityPoolEndpoint: endpoint,
    ...values,
  });

  return {
    endpoint,
    now,
    advance,
    userPools,
    identityPools,
    code: (secret) => totp(secret, now()),
    async freshCode(secret) {
      await advance(60);
      return totp(secret, now());
    },
    async demoPool(options) {
      const pool = await createDemoPool(endpoint, { region, ...options });
      const { userPoolId, clientId, identityPoolId } = pool;
      return { ...pool, configuration: atEndpoint({ userPoolId, clientId, identityPoolId }) };
    },
    async pool({ totp: mfa, ...settings } = {}, client = {}) {
      const created = await userPools.send(new CreateUserPoolCommand({ PoolName: "test", ...settings }));
      const userPoolId = created.UserPool?.Id ?? "";
      if (mfa !== undefined) {
        const SoftwareTokenMfaConfiguration = { Enabled: true };
        await userPools.send(
          new SetUserPoolMfaConfigCommand({
            UserPoolId: userPoolId,
            MfaConfiguration: mfa,
            SoftwareTokenMfaConfiguration,
          }),
        );
      }
      const { UserPoolClient } = await userPools.send(
        new CreateUserPoolClientCommand({
          UserPoolId: userPoolId,
          ClientName: "test",
          ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
          ...client,
        }),
      );
      const clientSecret = UserPoolClient?.ClientSecret;
      return atEndpoint({
        userPoolId,
        clientId: UserPoolClient?.ClientId ?? "",
        ...(clientSecret && { clientSecret }),
      });
    },
    async user({ userPoolId: UserPoolId }, Username, Password, temporary = false) {
      const UserAttributes = [
        { Name: "email", Value: `${Username}@example.com` },
        { Name: "email_verified", Value: "true" },
      ];
      await userPools.send(
        new AdminCreateUserCommand({ UserPoolId, Username, UserAttributes, TemporaryPassword: Password }),
      );
      if (!temporary) {
        await userPools.send(new AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent: true }));
      }
    },
    async mailedCode(username) {
      const answer = await fetch(`${endpoint}/_control/outbox?username=${encodeURIComponent(username)}`);
      const { messages } = (await answer.json()) as { messages: readonly Message[] };
      const code = messages.findLast((message) => message.code !== undefined)?.code;
      if (code === undefined) throw new Error(`no code was mailed to ${username}`);
      return code;
    },
    flow: (configuration, skewSeconds = 0) =>
      createFlow({ configuration, log: silent, now: () => now() + skewSeconds * 1000 }),
    stop,
  };
}

/** A step in a few words: `totp !wrongCode`, `enrolTotp ?flowExpired`, `tokens`, `failed userDisabled`. */
export function brief(step: FlowStep): string {
  switch (step.state) {
    case "prompt": {
      const { prompt, problem, notice } = step;
      return `${prompt.kind}${problem ? ` !${problem.code}` : ""}${notice ? ` ?${notice.code}` : ""}`;
    }
    case "failed":
      return `failed ${step.problem.code}`;
    case "tokens":
      return "tokens";
  }
}

/** Starts a flow and gives the answers one after the other; fails when it doesn't end in tokens. */
export async function signIn(flow: Flow, username: string, ...answers: readonly Answer[]): Promise<Tokens> {
  let step = await flow.start(username);
  for (const answer of answers) step = await flow.answer(answer);
  if (step.state !== "tokens") throw new Error(`the sign-in ended in ${JSON.stringify(step)}`);
  return step.tokens;
}
