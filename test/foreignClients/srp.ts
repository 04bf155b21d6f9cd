/** SRP as three clients that we did not write compute it, for comparison in tests and in the benchmark. */
import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { createSrpSession, signSrpSession } from "cognito-srp-helper";
import type { Ephemeral, PasswordChallenge } from "../../src/core/cognito/srp.ts";

const require = createRequire(import.meta.url);
/** Internals of packages whose `exports` hide them: by file. */
const internal = (path: string) => require(fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url)));

export type ForeignInteger = { toString(radix: number): string };
type ForeignIntegerClass = new (hex: string, radix: number) => ForeignInteger;

interface IdentityHelper {
  N: ForeignInteger;
  smallAValue: ForeignInteger;
  largeAValue: ForeignInteger;
  getLargeAValue(done: (error: unknown, A: ForeignInteger) => void): void;
  getPasswordAuthenticationKey(
    username: string,
    password: string,
    B: ForeignInteger,
    salt: ForeignInteger,
    done: (error: unknown, key: Buffer) => void,
  ): void;
  calculateS(x: ForeignInteger, B: ForeignInteger, done: (error: unknown, S: ForeignInteger) => void): void;
}
export const IdentityHelper: new (poolName: string) => IdentityHelper = internal(
  "amazon-cognito-identity-js/lib/AuthenticationHelper.js",
).default;
export const IdentityInteger: ForeignIntegerClass = internal("amazon-cognito-identity-js/lib/BigInteger.js").default;

interface AmplifyHelper {
  a: ForeignInteger;
  A: ForeignInteger;
  getPasswordAuthenticationKey(input: Record<string, unknown>): Promise<Uint8Array>;
}
const amplify = "@aws-amplify/auth/dist/cjs/providers/cognito/utils/srp";
const amplifyHelper: (poolName: string) => Promise<AmplifyHelper> = internal(
  `${amplify}/getAuthenticationHelper.js`,
).getAuthenticationHelper;
const AmplifyHelperClass: new (values: Record<string, unknown>) => AmplifyHelper = internal(
  `${amplify}/AuthenticationHelper/AuthenticationHelper.js`,
).default;
const AmplifyInteger: ForeignIntegerClass = internal(`${amplify}/BigInteger/index.js`).BigInteger;
const amplifySignature: (input: Record<string, unknown>) => string = internal(
  `${amplify}/getSignatureString.js`,
).getSignatureString;

/** The 3072-bit group's prime, as a foreign client holds it. */
export const N = BigInt(`0x${new IdentityHelper("pool").N.toString(16)}`);

/** PASSWORD_CLAIM_SIGNATURE of each client; without `ephemeral` it makes its own pair, as in a real sign-in. */
export const foreignSignatures: Readonly<
  Record<string, (challenge: PasswordChallenge, ephemeral?: Ephemeral) => Promise<string>>
> = {
  "amazon-cognito-identity-js": async (challenge, ephemeral) => {
    const helper = new IdentityHelper(challenge.poolName);
    if (ephemeral !== undefined) {
      helper.smallAValue = new IdentityInteger(ephemeral.a.toString(16), 16);
      helper.largeAValue = new IdentityInteger(ephemeral.A.toString(16), 16);
    } else {
      await new Promise((resolve) => helper.getLargeAValue(resolve));
    }
    const B = new IdentityInteger(challenge.B, 16);
    const salt = new IdentityInteger(challenge.salt, 16);
    const key = await new Promise<Buffer>((resolve, reject) =>
      helper.getPasswordAuthenticationKey(challenge.userId, challenge.password, B, salt, (error, result) =>
        error ? reject(error) : resolve(result),
      ),
    );
    return createHmac("sha256", key)
      .update(challenge.poolName + challenge.userId)
      .update(Buffer.from(challenge.secretBlock, "base64"))
      .update(challenge.timestamp)
      .digest("base64");
  },

  "@aws-amplify/auth": async (challenge, ephemeral) => {
    const integer = (value: bigint) => new AmplifyInteger(value.toString(16), 16);
    const userPoolName = challenge.poolName;
    const helper =
      ephemeral === undefined
        ? await amplifyHelper(userPoolName)
        : new AmplifyHelperClass({
            userPoolName,
            a: integer(ephemeral.a),
            A: integer(ephemeral.A),
            g: integer(2n),
            N: integer(N),
          });
    const hkdf = await helper.getPasswordAuthenticationKey({
      username: challenge.userId,
      password: challenge.password,
      serverBValue: new AmplifyInteger(challenge.B, 16),
      salt: new AmplifyInteger(challenge.salt, 16),
    });
    return amplifySignature({
      username: challenge.userId,
      userPoolName,
      challengeParameters: { SECRET_BLOCK: challenge.secretBlock },
      dateNow: challenge.timestamp,
      hkdf,
    });
  },

  "cognito-srp-helper": async (challenge, ephemeral) => {
    const session = createSrpSession(challenge.userId, challenge.password, `eu-west-1_${challenge.poolName}`, false);
    const given =
      ephemeral === undefined
        ? {}
        : { smallA: ephemeral.a.toString(16), largeA: ephemeral.A.toString(16), timestamp: challenge.timestamp };
    return signSrpSession(
      { ...session, ...given },
      {
        ChallengeName: "PASSWORD_VERIFIER",
        ChallengeParameters: {
          SALT: challenge.salt,
          SECRET_BLOCK: challenge.secretBlock,
          SRP_B: challenge.B,
          USER_ID_FOR_SRP: challenge.userId,
        },
      },
    ).passwordSignature;
  },
};
