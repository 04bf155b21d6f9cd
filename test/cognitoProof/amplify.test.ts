import assert from "node:assert/strict";
import { confirmSignIn, fetchUserAttributes, signIn, signOut } from "@aws-amplify/auth";
import {
  CognitoAWSCredentialsAndIdentityIdProvider,
  cognitoUserPoolsTokenProvider,
  DefaultIdentityIdStore,
} from "@aws-amplify/auth/cognito";
import { Amplify, defaultStorage, fetchAuthSession } from "@aws-amplify/core";
import { createDemoPool, type DemoPool } from "../cognito/demoPool.ts";
import { totp } from "../cognito/totp.ts";
import { type Emulator, startEmulator } from "./emulator.ts";

describe("@aws-amplify/auth", () => {
  let emulator: Emulator;
  let pool: DemoPool;
  before(async () => {
    emulator = await startEmulator();
    pool = await createDemoPool(emulator.endpoint, { newcomerHasTemporaryPassword: true });
    const Auth = {
      Cognito: {
        userPoolId: pool.userPoolId,
        userPoolClientId: pool.clientId,
        identityPoolId: pool.identityPoolId,
        userPoolEndpoint: emulator.endpoint,
        identityPoolEndpoint: emulator.endpoint,
      },
    };
    // What the package aws-amplify, which puts these parts together, does.
    cognitoUserPoolsTokenProvider.setAuthConfig(Auth);
    cognitoUserPoolsTokenProvider.setKeyValueStorage(defaultStorage);
    const credentialsProvider = new CognitoAWSCredentialsAndIdentityIdProvider(
      new DefaultIdentityIdStore(defaultStorage),
    );
    Amplify.configure({ Auth }, { Auth: { tokenProvider: cognitoUserPoolsTokenProvider, credentialsProvider } });
  });
  afterEach(() => signOut());
  after(() => emulator.stop());

  it("signs in with password and code and gets AWS credentials", async () => {
    const { username, password, totpSecret } = pool.enrolled;
    const { nextStep } = await signIn({ username, password });
    assert.equal(nextStep.signInStep, "CONFIRM_SIGN_IN_WITH_TOTP_CODE");
    const now = await emulator.now();
    await assert.rejects(confirmSignIn({ challengeResponse: totp(totpSecret, now + 120_000) }), {
      name: "CodeMismatchException",
    });
    const confirmed = await confirmSignIn({ challengeResponse: totp(totpSecret, now) });
    assert.equal(confirmed.nextStep.signInStep, "DONE");
    assert.equal((await fetchUserAttributes()).email, username);
    const session = await fetchAuthSession();
    assert.match(session.identityId ?? "", /^us-east-1:/);
    assert.match(session.credentials?.accessKeyId ?? "", /^ASIA/);
    const renewed = await fetchAuthSession({ forceRefresh: true });
    assert.notEqual(renewed.tokens?.idToken?.toString(), session.tokens?.idToken?.toString());
  });

  it("is refused with a wrong password and with a code that was used", async () => {
    const { username, password, totpSecret } = pool.enrolled;
    await assert.rejects(signIn({ username, password: "Wrong-Horse-1" }), {
      name: "NotAuthorizedException",
      message: "Incorrect username or password.",
    });
    await emulator.advance(60);
    const code = totp(totpSecret, await emulator.now());
    await signIn({ username, password });
    await confirmSignIn({ challengeResponse: code });
    await signOut();
    await signIn({ username, password });
    await assert.rejects(confirmSignIn({ challengeResponse: code }), { name: "ExpiredCodeException" });
  });

  it("replaces a temporary password and then enrols an authenticator", async () => {
    const { username, password } = pool.newcomer;
    const first = await signIn({ username, password });
    assert.equal(first.nextStep.signInStep, "CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED");
    const { nextStep } = await confirmSignIn({ challengeResponse: "Third-Knock-3" });
    assert.ok(nextStep.signInStep === "CONTINUE_SIGN_IN_WITH_TOTP_SETUP");
    const secret = nextStep.totpSetupDetails.sharedSecret;
    const done = await confirmSignIn({ challengeResponse: totp(secret, await emulator.now()) });
    assert.equal(done.nextStep.signInStep, "DONE");
  });
});
