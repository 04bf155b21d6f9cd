import assert from "node:assert/strict";
import { AdminCreateUserCommand } from "@aws-sdk/client-cognito-identity-provider";
import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserPool,
  type CognitoUserSession,
} from "amazon-cognito-identity-js";
import type { SignInTarget } from "../cognito/srpSignIn.ts";
import { totp } from "../cognito/totp.ts";
import { createPool, type Emulator, email, enrol, password, startEmulator } from "./emulator.ts";

type Outcome =
  | { readonly kind: "session"; readonly session: CognitoUserSession }
  | { readonly kind: "mfaSetup" | "totp" | "newPassword" };

describe("amazon-cognito-identity-js", () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.stop());

  const userOf = (target: SignInTarget, Username = email) => {
    const Pool = new CognitoUserPool({
      UserPoolId: target.userPoolId,
      ClientId: target.clientId,
      endpoint: emulator.endpoint,
    });
    return new CognitoUser({ Username, Pool });
  };
  const callbacks = (resolve: (outcome: Outcome) => void, reject: (error: unknown) => void) => ({
    onSuccess: (session: CognitoUserSession) => resolve({ kind: "session", session }),
    onFailure: reject,
    mfaSetup: () => resolve({ kind: "mfaSetup" }),
    totpRequired: () => resolve({ kind: "totp" }),
    newPasswordRequired: () => resolve({ kind: "newPassword" }),
  });
  const signIn = (user: CognitoUser, Password = password) =>
    new Promise<Outcome>((resolve, reject) =>
      user.authenticateUser(
        new AuthenticationDetails({ Username: user.getUsername(), Password }),
        callbacks(resolve, reject),
      ),
    );
  const sendCode = (user: CognitoUser, code: string) =>
    new Promise<Outcome>((resolve, reject) => user.sendMFACode(code, callbacks(resolve, reject), "SOFTWARE_TOKEN_MFA"));
  const associate = (user: CognitoUser) =>
    new Promise<string>((resolve, reject) =>
      user.associateSoftwareToken({ associateSecretCode: resolve, onFailure: reject }),
    );
  const verify = (user: CognitoUser, code: string) =>
    new Promise<CognitoUserSession>((resolve, reject) =>
      user.verifySoftwareToken(code, "phone", { onSuccess: resolve, onFailure: reject }),
    );

  it("signs in with the password, renews the tokens and signs out everywhere", async () => {
    const user = userOf(await createPool(emulator));
    const outcome = await signIn(user);
    assert.ok(outcome.kind === "session");
    assert.equal(outcome.session.getIdToken().payload["email"], email);
    const renew = () =>
      new Promise<CognitoUserSession>((resolve, reject) =>
        user.refreshSession(outcome.session.getRefreshToken(), (error, session) =>
          error ? reject(error) : resolve(session as CognitoUserSession),
        ),
      );
    assert.ok((await renew()).isValid());
    await new Promise((resolve, reject) => user.globalSignOut({ onSuccess: resolve, onFailure: reject }));
    await assert.rejects(renew(), { code: "NotAuthorizedException", message: "Refresh Token has been revoked" });
  });

  it("is refused with a wrong password", async () => {
    await assert.rejects(signIn(userOf(await createPool(emulator)), "Wrong-Horse-1"), {
      code: "NotAuthorizedException",
      message: "Incorrect username or password.",
    });
  });

  it("enrols an authenticator; a wrong code can be followed by the right one", async () => {
    const user = userOf(await createPool(emulator, { mfa: "ON" }));
    assert.equal((await signIn(user)).kind, "mfaSetup");
    const secret = await associate(user);
    const now = await emulator.now();
    await assert.rejects(verify(user, totp(secret, now + 120_000)), { code: "EnableSoftwareTokenMFAException" });
    assert.ok((await verify(user, totp(secret, now))).isValid());
  });

  it("signs in with a code, refuses a wrong one and one that was used", async () => {
    const target = await createPool(emulator, { mfa: "ON" });
    const { secret } = await enrol(emulator, target);
    const now = await emulator.now();
    const user = userOf(target);
    assert.equal((await signIn(user)).kind, "totp");
    await assert.rejects(sendCode(user, totp(secret, now + 120_000)), { code: "CodeMismatchException" });
    assert.equal((await sendCode(user, totp(secret, now))).kind, "session");
    const again = userOf(target);
    await signIn(again);
    await assert.rejects(sendCode(again, totp(secret, now)), {
      code: "ExpiredCodeException",
      message: "Your software token has already been used once.",
    });
  });

  it("replaces a temporary password", async () => {
    const target = await createPool(emulator);
    await emulator.userPools.send(
      new AdminCreateUserCommand({
        UserPoolId: target.userPoolId,
        Username: "erin@example.com",
        TemporaryPassword: "First-Knock-1",
        MessageAction: "SUPPRESS",
      }),
    );
    const user = userOf(target, "erin@example.com");
    assert.equal((await signIn(user, "First-Knock-1")).kind, "newPassword");
    const outcome = await new Promise<Outcome>((resolve, reject) =>
      user.completeNewPasswordChallenge("Second-Knock-2", {}, callbacks(resolve, reject)),
    );
    assert.equal(outcome.kind, "session");
    assert.equal((await signIn(userOf(target, "erin@example.com"), "Second-Knock-2")).kind, "session");
  });
});
