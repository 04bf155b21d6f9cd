import assert from "node:assert/strict";
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AssociateSoftwareTokenCommand,
  CreateUserPoolClientCommand,
  GetUserCommand,
  SetUserMFAPreferenceCommand,
  VerifySoftwareTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { respond, signInBySrp } from "../cognito/srpSignIn.ts";
import { totp } from "../cognito/totp.ts";
import { createPool, type Emulator, email, enrol, password, startEmulator, tokensOf } from "./emulator.ts";

describe("challenges after the password", () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.stop());

  const code = async (secret: string, offset = 0) => totp(secret, (await emulator.now()) + offset);

  describe("in a pool that demands a second factor", () => {
    it("enrols an authenticator and then asks for its codes", async () => {
      const target = await createPool(emulator, { mfa: "ON" });
      const { secret, finished } = await enrol(emulator, target);
      assert.ok(finished.AuthenticationResult?.RefreshToken);
      const asked = await signInBySrp(emulator.userPools, target, email, password);
      assert.equal(asked.ChallengeName, "SOFTWARE_TOKEN_MFA");
      const done = await respond(emulator.userPools, target, "SOFTWARE_TOKEN_MFA", asked.Session, email, {
        SOFTWARE_TOKEN_MFA_CODE: await code(secret),
      });
      const user = await emulator.userPools.send(
        new GetUserCommand({ AccessToken: done.AuthenticationResult?.AccessToken }),
      );
      assert.deepEqual(user.UserMFASettingList, ["SOFTWARE_TOKEN_MFA"]);
    });

    it("names what can be set up", async () => {
      const target = await createPool(emulator, { mfa: "ON" });
      const asked = await signInBySrp(emulator.userPools, target, email, password);
      assert.equal(asked.ChallengeName, "MFA_SETUP");
      assert.equal(asked.ChallengeParameters?.["MFAS_CAN_SETUP"], '["SOFTWARE_TOKEN_MFA"]');
    });

    it("refuses a wrong code, an old code and a code that was used, and lets the person try again", async () => {
      const target = await createPool(emulator, { mfa: "ON" });
      const { secret } = await enrol(emulator, target);
      const { Session } = await signInBySrp(emulator.userPools, target, email, password);
      const answer = async (value: string) =>
        respond(emulator.userPools, target, "SOFTWARE_TOKEN_MFA", Session, email, { SOFTWARE_TOKEN_MFA_CODE: value });
      const mismatch = { name: "CodeMismatchException", message: "Invalid code received for user" };
      const right = await code(secret);
      await assert.rejects(answer(right === "000000" ? "000001" : "000000"), mismatch);
      await assert.rejects(answer(await code(secret, -90_000)), mismatch);
      await assert.rejects(answer(await code(secret, 90_000)), mismatch);
      await assert.rejects(answer(await code(secret, -30_000)), {
        name: "ExpiredCodeException",
        message: "Your software token has already been used once.",
      });
      assert.ok((await answer(right)).AuthenticationResult);
      const again = await signInBySrp(emulator.userPools, target, email, password);
      await assert.rejects(
        respond(emulator.userPools, target, "SOFTWARE_TOKEN_MFA", again.Session, email, {
          SOFTWARE_TOKEN_MFA_CODE: right,
        }),
        { name: "ExpiredCodeException" },
      );
    });

    it("takes codes of the step before and after", async () => {
      const target = await createPool(emulator, { mfa: "ON" });
      const { secret } = await enrol(emulator, target);
      await emulator.advance(60);
      for (const offset of [-30_000, 0, 30_000]) {
        const { Session } = await signInBySrp(emulator.userPools, target, email, password);
        const SOFTWARE_TOKEN_MFA_CODE = await code(secret, offset);
        await respond(emulator.userPools, target, "SOFTWARE_TOKEN_MFA", Session, email, { SOFTWARE_TOKEN_MFA_CODE });
      }
    });

    it("refuses a session string that was used, that is nobody's, that is another's, another client's or another challenge's", async () => {
      const target = await createPool(emulator, { mfa: "ON" });
      const { secret } = await enrol(emulator, target);
      const { Session } = await signInBySrp(emulator.userPools, target, email, password);
      const answer = async (session: string | undefined, username = email) =>
        respond(emulator.userPools, target, "SOFTWARE_TOKEN_MFA", session, username, {
          SOFTWARE_TOKEN_MFA_CODE: await code(secret),
        });
      const invalid = { name: "NotAuthorizedException", message: "Invalid session for the user." };
      await assert.rejects(answer("A".repeat(100)), invalid);
      await assert.rejects(answer(Session, "mallory@example.com"), invalid);
      await assert.rejects(respond(emulator.userPools, target, "MFA_SETUP", Session, email), invalid);
      const other = await emulator.userPools.send(
        new CreateUserPoolClientCommand({ UserPoolId: target.userPoolId, ClientName: "other" }),
      );
      const elsewhere = { ...target, clientId: other.UserPoolClient?.ClientId ?? "" };
      await assert.rejects(
        respond(emulator.userPools, elsewhere, "SOFTWARE_TOKEN_MFA", Session, email, {
          SOFTWARE_TOKEN_MFA_CODE: await code(secret),
        }),
        invalid,
      );
      await answer(Session);
      await assert.rejects(answer(Session), {
        name: "NotAuthorizedException",
        message: "Invalid session for the user, session can only be used once.",
      });
    });

    it("lets a session string expire after the client's time", async () => {
      for (const [AuthSessionValidity, minutes] of [
        [undefined, 3],
        [5, 5],
      ] as const) {
        const target = await createPool(emulator, { mfa: "ON", client: { AuthSessionValidity } });
        const fresh = await signInBySrp(emulator.userPools, target, email, password);
        await emulator.advance(minutes * 60 - 5);
        const associated = await emulator.userPools.send(new AssociateSoftwareTokenCommand({ Session: fresh.Session }));
        await emulator.advance(minutes * 60 + 1);
        const UserCode = await code(associated.SecretCode ?? "");
        await assert.rejects(
          emulator.userPools.send(new VerifySoftwareTokenCommand({ Session: associated.Session, UserCode })),
          { name: "NotAuthorizedException", message: "Invalid session for the user, session is expired." },
        );
      }
    });

    it("does not enrol with a wrong code, nor finish without a verified authenticator", async () => {
      const target = await createPool(emulator, { mfa: "ON" });
      const asked = await signInBySrp(emulator.userPools, target, email, password);
      const { Session, SecretCode = "" } = await emulator.userPools.send(
        new AssociateSoftwareTokenCommand({ Session: asked.Session }),
      );
      await assert.rejects(emulator.userPools.send(new AssociateSoftwareTokenCommand({ Session: asked.Session })), {
        message: "Invalid session for the user, session can only be used once.",
      });
      await assert.rejects(
        emulator.userPools.send(new VerifySoftwareTokenCommand({ Session, UserCode: await code(SecretCode, 90_000) })),
        { name: "EnableSoftwareTokenMFAException", message: /^Code mismatch/ },
      );
      await assert.rejects(respond(emulator.userPools, target, "MFA_SETUP", Session, email), {
        name: "InvalidParameterException",
      });
      const UserCode = await code(SecretCode);
      assert.equal(
        (await emulator.userPools.send(new VerifySoftwareTokenCommand({ Session, UserCode }))).Status,
        "SUCCESS",
      );
    });
  });

  it("asks for the factor in an optional pool once the user has turned it on", async () => {
    const target = await createPool(emulator, { mfa: "OPTIONAL" });
    const { AccessToken } = await tokensOf(emulator, target);
    const choose = () =>
      emulator.userPools.send(
        new SetUserMFAPreferenceCommand({
          AccessToken,
          SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true },
        }),
      );
    await assert.rejects(choose(), { name: "InvalidParameterException" });
    const { SecretCode = "" } = await emulator.userPools.send(new AssociateSoftwareTokenCommand({ AccessToken }));
    await emulator.userPools.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: await code(SecretCode) }));
    assert.ok((await tokensOf(emulator, target)).AccessToken);
    await choose();
    const asked = await signInBySrp(emulator.userPools, target, email, password);
    assert.equal(asked.ChallengeName, "SOFTWARE_TOKEN_MFA");
  });

  it("has no authenticators in a pool without them", async () => {
    const target = await createPool(emulator);
    const { AccessToken } = await tokensOf(emulator, target);
    await assert.rejects(emulator.userPools.send(new AssociateSoftwareTokenCommand({ AccessToken })), {
      name: "SoftwareTokenMFANotFoundException",
    });
  });

  describe("with a temporary password", () => {
    const invited = "dave@example.com";
    const invite = (UserPoolId: string) =>
      emulator.userPools.send(
        new AdminCreateUserCommand({
          UserPoolId,
          Username: invited,
          UserAttributes: [{ Name: "email_verified", Value: "true" }],
        }),
      );
    const temporary = async () => (await emulator.outbox(invited)).at(-1)?.temporaryPassword ?? "";

    it("mails it, wants a new one within the policy, and goes on to the factor", async () => {
      const target = await createPool(emulator, { mfa: "ON" });
      await invite(target.userPoolId);
      const asked = await signInBySrp(emulator.userPools, target, invited, await temporary());
      assert.equal(asked.ChallengeName, "NEW_PASSWORD_REQUIRED");
      assert.deepEqual(JSON.parse(asked.ChallengeParameters?.["userAttributes"] ?? ""), {
        email: invited,
        email_verified: "true",
      });
      assert.equal(asked.ChallengeParameters?.["requiredAttributes"], "[]");
      const answer = (NEW_PASSWORD: string) =>
        respond(emulator.userPools, target, "NEW_PASSWORD_REQUIRED", asked.Session, invited, { NEW_PASSWORD });
      for (const [weak, reason] of [
        ["Ab1!", "Password not long enough"],
        ["lowercase-only-1", "Password must have uppercase characters"],
        ["UPPERCASE-ONLY-1", "Password must have lowercase characters"],
        ["No-Number-Here", "Password must have numeric characters"],
        ["NoSymbolHere1", "Password must have symbol characters"],
      ] as const) {
        await assert.rejects(answer(weak), {
          name: "InvalidPasswordException",
          message: `Password did not conform with policy: ${reason}`,
        });
      }
      assert.equal((await answer("Fresh-Paint-3")).ChallengeName, "MFA_SETUP");
      const user = await emulator.userPools.send(
        new AdminGetUserCommand({ UserPoolId: target.userPoolId, Username: invited }),
      );
      assert.equal(user.UserStatus, "CONFIRMED");
    });

    it("lets it expire after the policy's days; resending the invitation makes a new one", async () => {
      const target = await createPool(emulator);
      await invite(target.userPoolId);
      const first = await temporary();
      await emulator.advance(7 * 86_400);
      await assert.rejects(signInBySrp(emulator.userPools, target, invited, first), {
        name: "NotAuthorizedException",
        message: "Temporary password has expired and must be reset by an administrator.",
      });
      await emulator.userPools.send(
        new AdminCreateUserCommand({ UserPoolId: target.userPoolId, Username: invited, MessageAction: "RESEND" }),
      );
      const asked = await signInBySrp(emulator.userPools, target, invited, await temporary());
      assert.equal(asked.ChallengeName, "NEW_PASSWORD_REQUIRED");
    });
  });
});
