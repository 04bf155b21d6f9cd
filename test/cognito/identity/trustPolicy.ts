/**
 * Whether a role lets an identity pool assume it: `sts:AssumeRoleWithWebIdentity` for cognito-identity.amazonaws.com, with the
 * conditions on `aud` (the pool) and `amr` (authenticated or not) that AWS's own trust policies have.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
 */
import { z } from "zod";

const oneOrMany = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const document = z.object({
  Statement: z.union([z.looseObject({}), z.array(z.looseObject({}))]).transform((value) => [value].flat()),
});
const statement = z.object({
  Effect: z.literal("Allow"),
  Principal: z.object({ Federated: oneOrMany }),
  Action: oneOrMany,
  Condition: z.record(z.string(), z.record(z.string(), oneOrMany)).default({}),
});

export interface TrustedPool {
  readonly identityPoolId: string;
  readonly authenticated: boolean;
}

/** The document of a role that trusts one identity pool. */
export function trustPolicyFor({ identityPoolId, authenticated }: TrustedPool): object {
  const amr = authenticated ? "authenticated" : "unauthenticated";
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: "cognito-identity.amazonaws.com" },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: { "cognito-identity.amazonaws.com:aud": identityPoolId },
          "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": amr },
        },
      },
    ],
  };
}

export function trustsIdentityPool(policy: unknown, pool: TrustedPool): boolean {
  const values: Readonly<Record<string, string>> = {
    "cognito-identity.amazonaws.com:aud": pool.identityPoolId,
    "cognito-identity.amazonaws.com:amr": pool.authenticated ? "authenticated" : "unauthenticated",
  };
  const parsed = document.safeParse(policy);
  if (!parsed.success) return false;
  return parsed.data.Statement.some((candidate) => {
    const one = statement.safeParse(candidate);
    return (
      one.success &&
      one.data.Principal.Federated.includes("cognito-identity.amazonaws.com") &&
      one.data.Action.includes("sts:AssumeRoleWithWebIdentity") &&
      Object.entries(one.data.Condition).every(([operator, keys]) => holds(operator, keys, values))
    );
  });
}

function holds(
  operator: string,
  keys: Readonly<Record<string, readonly string[]>>,
  values: Readonly<Record<string, string>>,
): boolean {
  const match = operators[operator];
  return (
    match !== undefined &&
    Object.entries(keys).every(([key, wanted]) => {
      const value = values[key];
      return value !== undefined && wanted.some((pattern) => match(value, pattern));
    })
  );
}

const equals = (value: string, wanted: string) => value === wanted;
const like = (value: string, pattern: string) =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  ).test(value);

const operators: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  StringEquals: equals,
  StringLike: like,
  "ForAnyValue:StringEquals": equals,
  "ForAnyValue:StringLike": like,
};
