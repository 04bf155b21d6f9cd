import assert from "node:assert/strict";
import {
  AdminSetUserPasswordCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  UpdateUserPoolClientCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { createSecretHash, signSrpSession } from "cognito-srp-helper";
import { N } from "../cognito/auth/srpVerifier.ts";
import { type SignInTarget, signInBySrp, srpSession } from "../cognito/srpSignIn.ts";
import { createPool, type Emulator, email, password, startEmulator, tokensOf } from "./emulator.ts";

const wrong = { name: "NotAuthorizedException", message: "Incorrect username or password." };

describe("password sign-in by cognito-srp-helper and the AWS SDK", () => {
  let emulator: Emulator;
  let target: SignInTarget;
  before(async () => {
    emulator = await startEmulator();
  });
  beforeEach(async () => {
    target = await createPool(emulator);
  });
  after(() => emulator.stop());

  const start = (parameters: Record<string, string>, flow: "USER_SRP_AUTH" | "USER_PASSWORD_AUTH" = "USER_SRP_AUTH") =>
    emulator.userPools.send(
      new InitiateAuthCommand({ ClientId: target.clientId, AuthFlow: flow, AuthParameters: parameters }),
    );

  it("takes the right password, the e-mail address in any case", async () => {
    for (const name of [email, email.toUpperCase()]) {
      const { AuthenticationResult } = await signInBySrp(emulator.userPools, target, name, password);
      assert.equal(AuthenticationResult?.TokenType, "Bearer");
      assert.equal(AuthenticationResult?.ExpiresIn, 3600);
    }
  });

  it("takes the right password under each new salt", async () => {
    for (let n = 0; n < 10; n += 1) {
      await emulator.userPools.send(
        new AdminSetUserPasswordCommand({
          UserPoolId: target.userPoolId,
          Username: email,
          Password: password,
          Permanent: true,
        }),
      );
      assert.ok((await tokensOf(emulator, target)).AccessToken);
    }
  });

  it("refuses a wrong password", async () => {
    await assert.rejects(signInBySrp(emulator.userPools, target, email, `${password}!`), wrong);
  });

  it("refuses A = 0 and every multiple of N, which would make the key known", async () => {
    for (const A of [0n, N, 2n * N]) {
      await assert.rejects(start({ USERNAME: email, SRP_A: A.toString(16) }), { name: "InvalidParameterException" });
    }
  });

  it("answers an unknown user in the same shape, the same each time, and then like a wrong password", async () => {
    const [first, second] = [
      await start({ USERNAME: "nobody@example.com", SRP_A: "abcdef" }),
      await start({ USERNAME: "nobody@example.com", SRP_A: "abcdef" }),
    ];
    const real = await start({ USERNAME: email, SRP_A: "abcdef" });
    assert.deepEqual(Object.keys(first.ChallengeParameters ?? {}), Object.keys(real.ChallengeParameters ?? {}));
    assert.match(first.ChallengeParameters?.["USER_ID_FOR_SRP"] ?? "", /^[0-9a-f-]{36}$/);
    assert.equal(first.ChallengeParameters?.["SALT"], second.ChallengeParameters?.["SALT"]);
    assert.equal(first.ChallengeParameters?.["USER_ID_FOR_SRP"], second.ChallengeParameters?.["USER_ID_FOR_SRP"]);
    await assert.rejects(signInBySrp(emulator.userPools, target, "nobody@example.com", password), wrong);
  });

  it("names an unknown user where the client is set to LEGACY", async () => {
    target = await createPool(emulator, { client: { PreventUserExistenceErrors: "LEGACY" } });
    await assert.rejects(signInBySrp(emulator.userPools, target, "nobody@example.com", password), {
      name: "UserNotFoundException",
      message: "User does not exist.",
    });
  });

  it("takes one proof for each exchange, and none after the exchange has expired", async () => {
    const started = await start({ USERNAME: email, SRP_A: "abcdef" });
    const claim = () =>
      emulator.userPools.send(
        new RespondToAuthChallengeCommand({
          ClientId: target.clientId,
          ChallengeName: "PASSWORD_VERIFIER",
          ChallengeResponses: {
            USERNAME: email,
            PASSWORD_CLAIM_SECRET_BLOCK: started.ChallengeParameters?.["SECRET_BLOCK"] ?? "",
            PASSWORD_CLAIM_SIGNATURE: Buffer.alloc(32).toString("base64"),
            TIMESTAMP: "Sat Nov 1 10:00:00 UTC 2025",
          },
        }),
      );
    await assert.rejects(claim(), wrong);
    await assert.rejects(claim(), { message: "Invalid session for the user, session can only be used once." });
  });

  describe("the time stamp of a proof", () => {
    let then: Emulator;
    before(async () => {
      // A Sunday, and a day of one digit.
      then = await startEmulator({ now: () => Date.UTC(2026, 10, 1, 10) });
    });
    after(() => then.stop());

    const claim = async (timestamp: string) => {
      const { userPoolId, clientId } = await createPool(then);
      const session = srpSession(email, password, userPoolId);
      const started = (await then.userPools.send(
        new InitiateAuthCommand({
          ClientId: clientId,
          AuthFlow: "USER_SRP_AUTH",
          AuthParameters: { USERNAME: email, SRP_A: session.largeA },
        }),
      )) as Parameters<typeof signSrpSession>[1];
      const signed = signSrpSession({ ...session, timestamp }, started);
      return then.userPools.send(
        new RespondToAuthChallengeCommand({
          ClientId: clientId,
          ChallengeName: "PASSWORD_VERIFIER",
          ChallengeResponses: {
            USERNAME: started.ChallengeParameters?.["USER_ID_FOR_SRP"] ?? "",
            PASSWORD_CLAIM_SECRET_BLOCK: signed.secret,
            PASSWORD_CLAIM_SIGNATURE: signed.passwordSignature,
            TIMESTAMP: signed.timestamp,
          },
        }),
      );
    };

    it("is taken as Cognito writes it, and not in another form or as rubbish", async () => {
      assert.ok((await claim("Sun Nov 1 10:00:00 UTC 2026")).AuthenticationResult);
      await assert.rejects(claim("Sun Nov 01 10:00:00 UTC 2026"), wrong);
      await assert.rejects(claim("Mon Nov 1 10:00:00 UTC 2026"), wrong);
      for (const rubbish of ["2026-11-01T10:00:00Z", "Sun Nov 77 10:00:00 UTC 2026", "now"]) {
        await assert.rejects(claim(rubbish), {
          message: "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.",
        });
      }
    });

    it("lies within five minutes of Cognito's time, or the password counts as wrong", async () => {
      for (const near of ["Sun Nov 1 09:55:00 UTC 2026", "Sun Nov 1 10:05:00 UTC 2026"]) {
        assert.ok((await claim(near)).AuthenticationResult, near);
      }
      for (const far of ["Sun Nov 1 09:54:59 UTC 2026", "Sun Nov 1 10:05:01 UTC 2026", "Sat Nov 1 10:00:00 UTC 2025"]) {
        await assert.rejects(claim(far), wrong, far);
      }
    });
  });

  it("locks after five wrong passwords, twice as long after each further one, also for a name that nobody has", async () => {
    for (const name of [email, "nobody@example.com"]) {
      const attempt = (secret: string) => signInBySrp(emulator.userPools, target, name, secret);
      for (let n = 0; n < 5; n += 1) await assert.rejects(attempt("Wrong-Horse-1"), wrong);
      await assert.rejects(attempt(password), {
        name: "NotAuthorizedException",
        message: "Password attempts exceeded",
      });
      await emulator.advance(2);
      await assert.rejects(attempt("Wrong-Horse-1"), wrong);
      await emulator.advance(1);
      await assert.rejects(attempt(password), { message: "Password attempts exceeded" });
    }
    await emulator.advance(2);
    assert.ok((await tokensOf(emulator, target)).IdToken);
  });

  it("takes the plain password only where the client allows that flow", async () => {
    const plain = { USERNAME: email, PASSWORD: password };
    await assert.rejects(start(plain, "USER_PASSWORD_AUTH"), {
      name: "InvalidParameterException",
      message: "USER_PASSWORD_AUTH flow not enabled for this client",
    });
    await emulator.userPools.send(
      new UpdateUserPoolClientCommand({
        UserPoolId: target.userPoolId,
        ClientId: target.clientId,
        ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH"],
      }),
    );
    assert.ok((await start(plain, "USER_PASSWORD_AUTH")).AuthenticationResult?.IdToken);
    await assert.rejects(start({ ...plain, PASSWORD: "Wrong-Horse-1" }, "USER_PASSWORD_AUTH"), wrong);
    await assert.rejects(start({ USERNAME: email, SRP_A: "abcdef" }), {
      name: "InvalidParameterException",
      message: "USER_SRP_AUTH is not enabled for the client.",
    });
  });

  it("demands the right SECRET_HASH of a client with a secret", async () => {
    target = await createPool(emulator, { client: { GenerateSecret: true } });
    assert.ok((await tokensOf(emulator, target)).IdToken);
    const { clientSecret: _, ...bare } = target;
    await assert.rejects(signInBySrp(emulator.userPools, bare, email, password), {
      name: "NotAuthorizedException",
      message: `Client ${target.clientId} is configured with secret but SECRET_HASH was not received`,
    });
    await assert.rejects(
      start({ USERNAME: email, SRP_A: "abcdef", SECRET_HASH: createSecretHash(email, target.clientId, "no") }),
      { name: "NotAuthorizedException", message: `Unable to verify secret hash for client ${target.clientId}` },
    );
  });
});
