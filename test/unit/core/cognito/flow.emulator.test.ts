import assert from "node:assert/strict";
import {
  AdminDisableUserCommand,
  AdminResetUserPasswordCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import type { FlowStep } from "../../../../src/core/cognito/flow.ts";
import type { Prompt } from "../../../../src/core/cognito/prompt.ts";
import type { Problem } from "../../../../src/core/errors.ts";
import { brief, type Emulated, startEmulated } from "./emulated.ts";

function promptOf(step: FlowStep): Prompt {
  assert.ok(step.state === "prompt", brief(step));
  return step.prompt;
}
function problemOf(step: FlowStep): Problem {
  assert.ok(step.state !== "tokens" && step.problem !== undefined, brief(step));
  return step.problem;
}
function secretOf(step: FlowStep): string {
  const prompt = promptOf(step);
  assert.ok(prompt.kind === "enrolTotp", brief(step));
  return prompt.secret;
}

describe("sign-in against the emulator", function () {
  this.timeout(20_000);
  let cognito: Emulated;
  beforeEach(async () => {
    cognito = await startEmulated();
  });
  afterEach(() => cognito.stop());

  it("signs in with password and code", async () => {
    const { configuration, enrolled, roles } = await cognito.demoPool();
    const flow = cognito.flow(configuration);
    assert.deepEqual(await flow.start(enrolled.username), {
      state: "prompt",
      prompt: { kind: "password", username: enrolled.username },
    });
    assert.equal(brief(await flow.answer({ kind: "password", password: enrolled.password })), "totp");
    const step = await flow.answer({ kind: "totp", code: await cognito.freshCode(enrolled.totpSecret) });
    assert.ok(step.state === "tokens", brief(step));
    const { tokens, clockOffsetSeconds } = step;
    assert.equal(tokens.claims.email, enrolled.username);
    assert.deepEqual([...tokens.claims.roles].sort(), [roles.administrator, roles.developer]);
    assert.equal(tokens.claims.preferredRole, roles.developer);
    assert.deepEqual([...tokens.claims.groups].sort(), ["administrators", "developers"]);
    assert.ok(tokens.refreshToken && tokens.claims.originJti);
    assert.ok(Math.abs(tokens.expiresAt - cognito.now() - 3_600_000) < 5000);
    assert.ok(Math.abs(clockOffsetSeconds ?? Number.NaN) <= 1);
    assert.equal(brief(await flow.answer({ kind: "totp", code: "123456" })), "failed flowUnknown");
  });

  it("keeps the user name after a wrong password, and goes on with the right one", async () => {
    const { configuration, enrolled } = await cognito.demoPool();
    const flow = cognito.flow(configuration);
    await flow.start(enrolled.username);
    const wrong = await flow.answer({ kind: "password", password: "Wrong-Horse-7" });
    assert.equal(brief(wrong), "password !wrongPassword");
    assert.equal(promptOf(wrong).username, enrolled.username);
    assert.equal(brief(await flow.answer({ kind: "password", password: enrolled.password })), "totp");
  });

  it("doesn't tell an unknown user from a wrong password", async () => {
    const { configuration } = await cognito.demoPool();
    const flow = cognito.flow(configuration);
    await flow.start("nobody@example.com");
    assert.equal(brief(await flow.answer({ kind: "password", password: "x" })), "password !wrongPassword");
  });

  it("names the wait after too many wrong passwords", async () => {
    const { configuration, enrolled } = await cognito.demoPool();
    const flow = cognito.flow(configuration);
    await flow.start(enrolled.username);
    let step = await flow.answer({ kind: "password", password: "wrong" });
    for (let i = 0; i < 10 && problemOf(step).code === "wrongPassword"; i++) {
      step = await flow.answer({ kind: "password", password: "wrong" });
    }
    const { code, params } = problemOf(step);
    assert.equal(code, "tooManyAttempts");
    assert.ok(Number(params?.["waitSeconds"]) >= 1);
    await cognito.advance(900);
    assert.equal(brief(await flow.answer({ kind: "password", password: enrolled.password })), "totp");
  });

  it("takes another code after a wrong one", async () => {
    const { configuration, enrolled } = await cognito.demoPool();
    const flow = cognito.flow(configuration);
    await flow.start(enrolled.username);
    await flow.answer({ kind: "password", password: enrolled.password });
    const right = await cognito.freshCode(enrolled.totpSecret);
    const wrong = right === "000000" ? "111111" : "000000";
    assert.equal(brief(await flow.answer({ kind: "totp", code: wrong })), "totp !wrongCode");
    assert.equal(brief(await flow.answer({ kind: "totp", code: "12" })), "totp !wrongCode");
    assert.equal(brief(await flow.answer({ kind: "totp", code: ` ${right.slice(0, 3)} ${right.slice(3)}` })), "tokens");
  });

  it("says how long to wait for the next code when one is used twice", async () => {
    const { configuration, enrolled } = await cognito.demoPool();
    const code = await cognito.freshCode(enrolled.totpSecret);
    for (const expected of ["tokens", "totp !usedCode"]) {
      const flow = cognito.flow(configuration);
      await flow.start(enrolled.username);
      await flow.answer({ kind: "password", password: enrolled.password });
      const step = await flow.answer({ kind: "totp", code });
      assert.equal(brief(step), expected);
      if (step.state === "tokens") continue;
      const waitSeconds = Number(problemOf(step).params?.["waitSeconds"]);
      assert.ok(waitSeconds >= 1 && waitSeconds <= 30, String(waitSeconds));
      await cognito.advance(waitSeconds);
      assert.equal(brief(await flow.answer({ kind: "totp", code: cognito.code(enrolled.totpSecret) })), "tokens");
    }
  });

  it("signs in unseen when the session string expires while the code is typed", async () => {
    const { configuration, enrolled } = await cognito.demoPool();
    const flow = cognito.flow(configuration);
    await flow.start(enrolled.username);
    await flow.answer({ kind: "password", password: enrolled.password });
    await cognito.advance(200);
    assert.equal(brief(await flow.answer({ kind: "totp", code: cognito.code(enrolled.totpSecret) })), "tokens");
  });

  it("enrols a phone, with a second try after a wrong code", async () => {
    const { configuration, newcomer } = await cognito.demoPool();
    const flow = cognito.flow(configuration);
    await flow.start(newcomer.username);
    const enrol = await flow.answer({ kind: "password", password: newcomer.password });
    const secret = secretOf(enrol);
    assert.match(secret, /^[A-Z2-7]{32,}$/);
    assert.equal(brief(await flow.answer({ kind: "enrolTotp", code: "000000" })), "enrolTotp !wrongCode");
    assert.equal(brief(await flow.answer({ kind: "enrolTotp", code: cognito.code(secret) })), "tokens");
  });

  it("starts again by itself when the session string expires while a phone is enrolled, and shows the new key", async () => {
    const { configuration, newcomer } = await cognito.demoPool();
    const flow = cognito.flow(configuration);
    await flow.start(newcomer.username);
    const old = secretOf(await flow.answer({ kind: "password", password: newcomer.password }));
    await cognito.advance(181);
    const step = await flow.answer({ kind: "enrolTotp", code: cognito.code(old) });
    assert.equal(brief(step), "enrolTotp ?flowExpired");
    assert.deepEqual(step.state === "prompt" && step.notice, { code: "flowExpired", params: { newKey: 1 } });
    const secret = secretOf(step);
    assert.notEqual(secret, old);
    assert.equal(brief(await flow.answer({ kind: "enrolTotp", code: cognito.code(secret) })), "tokens");
  });

  it("asks for a new password, names the policy that it breaks, and goes on to the phone", async () => {
    const { configuration, newcomer } = await cognito.demoPool({ newcomerHasTemporaryPassword: true });
    const flow = cognito.flow(configuration);
    await flow.start(newcomer.username);
    assert.equal(brief(await flow.answer({ kind: "password", password: newcomer.password })), "newPassword");
    const short = await flow.answer({ kind: "newPassword", password: "short" });
    assert.equal(brief(short), "newPassword !passwordPolicy");
    assert.match(String(problemOf(short).params?.["detail"]), /password/i);
    const enrol = await flow.answer({ kind: "newPassword", password: "Fresh-Horse-99" });
    const secret = secretOf(enrol);
    await cognito.advance(200);
    // Started again with the new password: the temporary one is gone.
    const again = secretOf(await flow.answer({ kind: "enrolTotp", code: cognito.code(secret) }));
    assert.equal(brief(await flow.answer({ kind: "enrolTotp", code: cognito.code(again) })), "tokens");
  });

  it("sets the new password unseen when the session string expires meanwhile", async () => {
    const { configuration, newcomer } = await cognito.demoPool({ newcomerHasTemporaryPassword: true });
    const flow = cognito.flow(configuration);
    await flow.start(newcomer.username);
    await flow.answer({ kind: "password", password: newcomer.password });
    await cognito.advance(200);
    assert.equal(brief(await flow.answer({ kind: "newPassword", password: "Fresh-Horse-99" })), "enrolTotp");
  });

  it("asks for the attributes that the pool requires", async () => {
    const configuration = await cognito.pool({ Schema: [{ Name: "given_name", Required: true, Mutable: true }] });
    await cognito.user(configuration, "grace", "Correct-Horse-7", true);
    const flow = cognito.flow(configuration);
    await flow.start("grace");
    const step = await flow.answer({ kind: "password", password: "Correct-Horse-7" });
    assert.deepEqual(promptOf(step), { kind: "newPassword", username: "grace", requiredAttributes: ["given_name"] });
    const empty = await flow.answer({ kind: "newPassword", password: "Fresh-Horse-99" });
    assert.deepEqual(problemOf(empty), { code: "missingInput", params: { field: "given_name" } });
    const attributes = { given_name: "Grace" };
    assert.equal(brief(await flow.answer({ kind: "newPassword", password: "Fresh-Horse-99", attributes })), "tokens");
  });

  it("says that a temporary password has expired", async () => {
    const { configuration, newcomer } = await cognito.demoPool({ newcomerHasTemporaryPassword: true });
    await cognito.advance(8 * 86_400);
    const flow = cognito.flow(configuration);
    await flow.start(newcomer.username);
    const step = await flow.answer({ kind: "password", password: newcomer.password });
    assert.equal(brief(step), "failed temporaryPasswordExpired");
  });

  it("says that a user is disabled", async () => {
    const { configuration, userPoolId, enrolled } = await cognito.demoPool();
    await cognito.userPools.send(new AdminDisableUserCommand({ UserPoolId: userPoolId, Username: enrolled.username }));
    const flow = cognito.flow(configuration);
    await flow.start(enrolled.username);
    assert.equal(brief(await flow.answer({ kind: "password", password: enrolled.password })), "failed userDisabled");
  });

  it("offers a reset that an administrator asked for, then signs in with the new password", async () => {
    const { configuration, userPoolId, enrolled } = await cognito.demoPool();
    const { username } = enrolled;
    await cognito.userPools.send(new AdminResetUserPasswordCommand({ UserPoolId: userPoolId, Username: username }));
    const flow = cognito.flow(configuration);
    await flow.start(username);
    assert.equal(brief(await flow.answer({ kind: "password", password: enrolled.password })), "resetPassword");
    const password = "Fresh-Horse-99";
    const wrong = await flow.answer({ kind: "resetPassword", code: "000000", password });
    assert.equal(brief(wrong), "resetPassword !wrongCode");
    const sent = promptOf(await flow.answer({ kind: "resend" }));
    assert.ok(sent.kind === "resetPassword" && sent.destination?.includes("@"), JSON.stringify(sent));
    const code = await cognito.mailedCode(username);
    const weak = await flow.answer({ kind: "resetPassword", code, password: "weak" });
    assert.equal(brief(weak), "resetPassword !passwordPolicy");
    assert.equal(brief(await flow.answer({ kind: "resetPassword", code, password })), "totp");
    const totp = await cognito.freshCode(enrolled.totpSecret);
    assert.equal(brief(await flow.answer({ kind: "totp", code: totp })), "tokens");
  });

  it("says that the code of a reset has expired, and sends another", async () => {
    const { configuration, userPoolId, enrolled } = await cognito.demoPool();
    const { username } = enrolled;
    await cognito.userPools.send(new AdminResetUserPasswordCommand({ UserPoolId: userPoolId, Username: username }));
    const flow = cognito.flow(configuration);
    await flow.start(username);
    await flow.answer({ kind: "password", password: enrolled.password });
    const password = "Fresh-Horse-99";
    const old = await cognito.mailedCode(username);
    await cognito.advance(2 * 86_400);
    const step = await flow.answer({ kind: "resetPassword", code: old, password });
    assert.equal(brief(step), "resetPassword !codeExpired");
    await flow.answer({ kind: "resend" });
    const code = await cognito.mailedCode(username);
    assert.equal(brief(await flow.answer({ kind: "resetPassword", code, password })), "totp");
  });

  describe("of somebody who has not confirmed the account", () => {
    const password = "Correct-Horse-7";
    async function signedUp() {
      const configuration = await cognito.pool({ AutoVerifiedAttributes: ["email"], totp: "ON" });
      const UserAttributes = [{ Name: "email", Value: "lin@example.com" }];
      const { clientId: ClientId } = configuration;
      await cognito.userPools.send(
        new SignUpCommand({ ClientId, Username: "lin", Password: password, UserAttributes }),
      );
      const flow = cognito.flow(configuration);
      await flow.start("lin");
      assert.equal(brief(await flow.answer({ kind: "password", password })), "confirmAccount");
      return { configuration, flow };
    }

    it("takes the mailed code and goes on with the password that is known", async () => {
      const { flow } = await signedUp();
      const code = await cognito.mailedCode("lin");
      const wrong = code === "000000" ? "111111" : "000000";
      assert.equal(brief(await flow.answer({ kind: "confirmAccount", code: wrong })), "confirmAccount !wrongCode");
      assert.equal(brief(await flow.answer({ kind: "confirmAccount", code })), "enrolTotp");
    });

    it("sends the code again", async () => {
      const { flow } = await signedUp();
      const sent = promptOf(await flow.answer({ kind: "resend" }));
      assert.ok(sent.kind === "confirmAccount" && sent.destination?.includes("@"), JSON.stringify(sent));
      const code = await cognito.mailedCode("lin");
      assert.equal(brief(await flow.answer({ kind: "confirmAccount", code })), "enrolTotp");
    });

    it("says that the code has expired", async () => {
      const { flow } = await signedUp();
      const code = await cognito.mailedCode("lin");
      await cognito.advance(2 * 86_400);
      assert.equal(brief(await flow.answer({ kind: "confirmAccount", code })), "confirmAccount !codeExpired");
    });

    for (const kind of ["confirmAccount", "resend"] as const) {
      it(`goes on after ${kind} when the account was confirmed elsewhere meanwhile`, async () => {
        const { configuration, flow } = await signedUp();
        const other = cognito.flow(configuration);
        await other.start("lin");
        await other.answer({ kind: "password", password });
        const code = await cognito.mailedCode("lin");
        await other.answer({ kind: "confirmAccount", code });
        const answer = kind === "resend" ? ({ kind } as const) : ({ kind, code } as const);
        assert.equal(brief(await flow.answer(answer)), "enrolTotp");
      });
    }
  });

  it("signs in without a second factor where the pool asks for none", async () => {
    const configuration = await cognito.pool();
    await cognito.user(configuration, "kim", "Correct-Horse-7");
    const flow = cognito.flow(configuration);
    await flow.start("kim");
    assert.equal(brief(await flow.answer({ kind: "password", password: "Correct-Horse-7" })), "tokens");
  });

  describe("with a wrong configuration", () => {
    const password = "Correct-Horse-7";
    const attempt = async (configuration: Parameters<Emulated["flow"]>[0]) => {
      const flow = cognito.flow(configuration);
      await flow.start("kim");
      return flow.answer({ kind: "password", password });
    };

    it("names the client that doesn't exist", async () => {
      const configuration = await cognito.pool();
      const { code, params } = problemOf(await attempt({ ...configuration, clientId: "1234567890abcdefghijklmnop" }));
      assert.deepEqual([code, params?.["setting"]], ["clientMisconfigured", "cognito.clientId"]);
    });

    it("names the client that wants a secret, and works with it", async () => {
      const { clientSecret = "", ...configuration } = await cognito.pool({ totp: "ON" }, { GenerateSecret: true });
      await cognito.user(configuration, "kim", password);
      const { code, params } = problemOf(await attempt(configuration));
      assert.deepEqual([code, params?.["setting"]], ["clientMisconfigured", "cognito.clientId"]);
      assert.equal(problemOf(await attempt({ ...configuration, clientSecret: "wrong" })).code, "clientMisconfigured");
      assert.equal(brief(await attempt({ ...configuration, clientSecret })), "enrolTotp");
    });

    it("names the client that doesn't allow SRP", async () => {
      const configuration = await cognito.pool({}, { ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH"] });
      await cognito.user(configuration, "kim", password);
      const { code, params } = problemOf(await attempt(configuration));
      assert.deepEqual([code, params?.["setting"]], ["clientMisconfigured", "cognito.clientId"]);
      assert.match(String(params?.["detail"]), /SRP/);
    });

    it("finds the password wrong where another pool is configured", async () => {
      const configuration = await cognito.pool();
      const other = await cognito.pool();
      await cognito.user(configuration, "kim", password);
      await cognito.user(other, "kim", password);
      const step = await attempt({ ...configuration, userPoolId: other.userPoolId });
      // The pool's name is part of what the password is hashed with.
      assert.equal(brief(step), "password !wrongPassword");
    });
  });

  for (const skew of [-86_400, -600, 600, 86_400]) {
    it(`signs in on a machine whose clock is ${skew} s off, and tells the offset`, async () => {
      const { configuration, enrolled } = await cognito.demoPool();
      const flow = cognito.flow(configuration, skew);
      await flow.start(enrolled.username);
      await flow.answer({ kind: "password", password: enrolled.password });
      const step = await flow.answer({ kind: "totp", code: await cognito.freshCode(enrolled.totpSecret) });
      assert.ok(step.state === "tokens", brief(step));
      assert.ok(Math.abs((step.clockOffsetSeconds ?? Number.NaN) - skew) <= 1, String(step.clockOffsetSeconds));
      // In this machine's time, so that a schedule by its clock is right.
      assert.ok(Math.abs(step.tokens.expiresAt - (cognito.now() + skew * 1000) - 3_600_000) < 5000);
    });
  }

  it("ends when it is cancelled, and answers nothing more", async () => {
    const { configuration, enrolled } = await cognito.demoPool();
    const flow = cognito.flow(configuration);
    await flow.start(enrolled.username);
    const controller = new AbortController();
    const step = flow.answer({ kind: "password", password: enrolled.password }, controller.signal);
    controller.abort();
    assert.equal(brief(await step), "failed cancelled");
    assert.equal(brief(await flow.answer({ kind: "password", password: "x" })), "failed flowUnknown");
  });

  it("takes answers one after the other when two come at once", async () => {
    const { configuration, enrolled } = await cognito.demoPool();
    const flow = cognito.flow(configuration);
    await flow.start(enrolled.username);
    const answer = { kind: "password", password: enrolled.password } as const;
    const steps = await Promise.all([flow.answer(answer), flow.answer(answer)]);
    assert.deepEqual(steps.map(brief), ["totp", "totp !missingInput"]);
  });

  it("comes back to the same prompt while the way to Cognito is down, and goes on when it is up", async () => {
    const { configuration, enrolled } = await cognito.demoPool();
    const flow = cognito.flow(configuration);
    await flow.start(enrolled.username);
    await flow.answer({ kind: "password", password: enrolled.password });
    const port = Number(new URL(cognito.endpoint).port);
    const code = await cognito.freshCode(enrolled.totpSecret);
    await cognito.stop();
    const step = await flow.answer({ kind: "totp", code });
    assert.equal(brief(step), "totp !unreachable");
    assert.equal(problemOf(step).params?.["setting"], "cognito.userPoolEndpoint");
    assert.equal(problemOf(step).params?.["endpoint"], `http://127.0.0.1:${port}`);
    cognito = await startEmulated();
  });
});
