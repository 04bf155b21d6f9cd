import { randomBytes } from "node:crypto";
import type { Cognito } from "../../src/agent/cognito.ts";
import type { CognitoConfiguration } from "../../src/core/cognito/configuration.ts";
import type { FlowStep } from "../../src/core/cognito/flow.ts";
import type { AwsCredentials } from "../../src/core/cognito/identityPool.ts";
import type { Answer } from "../../src/core/cognito/prompt.ts";
import type { Tokens } from "../../src/core/cognito/verification.ts";
import { GatehouseError } from "../../src/core/errors.ts";

export const configuration: CognitoConfiguration = {
  region: "us-east-1",
  userPoolId: "us-east-1_Fake00000",
  clientId: "fakeclient",
  identityPoolId: "us-east-1:01234567-89ab-cdef-0123-456789abcdef",
};

export const roles = ["arn:aws:iam::123456789012:role/Developer", "arn:aws:iam::123456789012:role/Reader"];

/** Cognito as the agent sees it: one person, password "Right-Password-1", code "123456"; refresh tokens rotate. */
export class FakeCognito {
  now: () => number;
  /** What the next calls of that kind throw, first in first out. */
  readonly failures: { refresh: unknown[]; credentials: unknown[]; revoke: unknown[]; redeem: unknown[] } = {
    refresh: [],
    credentials: [],
    revoke: [],
    redeem: [],
  };
  readonly calls: string[] = [];
  readonly revoked: string[] = [];
  /** Every secret that was given out. */
  readonly secrets: string[] = [];
  lifetime = 3_600_000;
  preferredRole: string | undefined = roles[0];
  loads = 0;
  /** Answers come although nobody waits for them any more. */
  stubborn = false;
  /** What each token source and identity pool was made with. */
  readonly made: { readonly kind: "tokens" | "identityPool"; readonly configuration: CognitoConfiguration }[] = [];
  /** When set, calls wait for it. */
  gate: Promise<void> | undefined;
  /** When set, calls of that kind wait for it. */
  readonly gates: {
    refresh?: Promise<void>;
    credentials?: Promise<void>;
    revoke?: Promise<void>;
    redeem?: Promise<void>;
  } = {};
  #valid = "";
  #count = 0;

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  load = async (): Promise<Cognito> => {
    this.loads++;
    return {
      createFlow: () => ({
        start: async (username): Promise<FlowStep> => {
          this.calls.push("start");
          return { state: "prompt", prompt: { kind: "password", username } };
        },
        answer: (answer, signal) => this.#answer(answer, signal),
      }),
      createTokenSource: ({ configuration }) => {
        this.made.push({ kind: "tokens", configuration });
        return {
          refresh: async (refreshToken, signal) => {
            await this.#call("refresh", signal);
            if (refreshToken !== this.#valid)
              throw new GatehouseError("sessionEnded", { detail: "Refresh Token has been revoked" });
            return this.tokens();
          },
          revoke: async (refreshToken, signal) => {
            await this.#call("revoke", signal);
            this.revoked.push(refreshToken);
          },
          clockOffsetSeconds: () => undefined,
        };
      },
      createCodeExchange: () => ({
        redeem: async ({ code }, signal) => {
          await this.#call("redeem", signal);
          if (code !== "right-code") throw new GatehouseError("signInRefused", { detail: "invalid_grant" });
          return { tokens: this.tokens() };
        },
      }),
      createIdentityPool: ({ configuration }) => {
        this.made.push({ kind: "identityPool", configuration });
        return {
          credentials: async (_idToken, role, signal) => {
            if (!configuration.identityPoolId) throw new GatehouseError("identityPoolMissing");
            await this.#call("credentials", signal);
            return this.credentials(role);
          },
        };
      },
    };
  };

  tokens(): Tokens {
    const [idToken, accessToken, refreshToken] = [secret("id"), secret("access"), secret("refresh")];
    this.#valid = refreshToken;
    this.secrets.push(idToken, accessToken, refreshToken);
    return {
      idToken,
      accessToken,
      refreshToken,
      expiresAt: this.now() + this.lifetime,
      claims: {
        sub: "00000000-0000-0000-0000-000000000000",
        username: "yuki",
        email: "yuki@example.com",
        emailVerified: true,
        roles,
        ...(this.preferredRole === undefined ? {} : { preferredRole: this.preferredRole }),
        groups: [],
        authTime: Math.floor(this.now() / 1000),
        exp: Math.floor((this.now() + this.lifetime) / 1000),
      },
    };
  }

  credentials(role: string | undefined): AwsCredentials {
    const [secretAccessKey, sessionToken] = [secret("key"), secret("session")];
    this.secrets.push(secretAccessKey, sessionToken);
    return {
      accessKeyId: `ASIA${(role ?? "default").slice(-4).toUpperCase()}${String(++this.#count).padStart(8, "0")}`,
      secretAccessKey,
      sessionToken,
      expiresAt: this.now() + this.lifetime,
      identityId: "us-east-1:11111111-1111-1111-1111-111111111111",
    };
  }

  async #answer(answer: Answer, signal: AbortSignal | undefined): Promise<FlowStep> {
    this.calls.push(answer.kind);
    await this.gate;
    if (signal?.aborted === true && !this.stubborn) throw new GatehouseError("cancelled");
    if (answer.kind === "password") {
      const right = answer.password === "Right-Password-1";
      return right
        ? { state: "prompt", prompt: { kind: "totp", username: "yuki" } }
        : { state: "prompt", prompt: { kind: "password", username: "yuki" }, problem: { code: "wrongPassword" } };
    }
    if (answer.kind === "totp" && answer.code === "123456") return { state: "tokens", tokens: this.tokens() };
    return { state: "prompt", prompt: { kind: "totp", username: "yuki" }, problem: { code: "wrongCode" } };
  }

  async #call(kind: "refresh" | "credentials" | "revoke" | "redeem", signal: AbortSignal | undefined): Promise<void> {
    this.calls.push(kind);
    await this.gate;
    await this.gates[kind];
    if (signal?.aborted === true && !this.stubborn) throw new GatehouseError("cancelled");
    const failure = this.failures[kind].shift();
    if (failure !== undefined) throw failure;
  }
}

function secret(kind: string): string {
  return `${kind}-${randomBytes(24).toString("hex")}`;
}
