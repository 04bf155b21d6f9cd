/** Keys of a role: from moto's STS, so that they sign requests which moto checks, or made up where there is no moto. */
import { randomBytes, randomInt } from "node:crypto";
import type { EmulatedAws } from "../aws.ts";
import { invalidConfiguration } from "./roles.ts";
import { trustPolicyFor, trustsIdentityPool } from "./trustPolicy.ts";

export interface RoleRequest {
  /** ARN. */
  readonly role: string;
  readonly identityPoolId: string;
  readonly authenticated: boolean;
  readonly lifetimeSeconds: number;
}

/** As GetCredentialsForIdentity answers them. */
export interface Keys {
  readonly AccessKeyId: string;
  readonly SecretKey: string;
  readonly SessionToken: string;
}

/** @throws InvalidIdentityPoolConfigurationException when the role does not trust the pool */
export type RoleKeys = (request: RoleRequest) => Promise<Keys>;

export function roleKeysFrom(aws: EmulatedAws): RoleKeys {
  return async ({ role, lifetimeSeconds, ...pool }) => {
    const RoleName = role.slice(role.lastIndexOf("/") + 1);
    const policy = await aws.trustPolicy(RoleName);
    if (policy === undefined) {
      // AWS refuses a role that is not there. Here a pool may name roles of an account that is not: they are made as they are needed.
      const AssumeRolePolicyDocument = JSON.stringify(trustPolicyFor(pool));
      await aws.iam({ Action: "CreateRole", RoleName, AssumeRolePolicyDocument });
    } else if (!trustsIdentityPool(policy, pool)) throw invalidConfiguration();
    return aws.assumeRole(role, "CognitoIdentityCredentials", lifetimeSeconds);
  };
}

export const inventedRoleKeys: RoleKeys = async () => {
  const pick = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
  return {
    AccessKeyId: `ASIA${pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)}`,
    SecretKey: randomBytes(30).toString("base64"),
    SessionToken: randomBytes(600).toString("base64"),
  };
};
