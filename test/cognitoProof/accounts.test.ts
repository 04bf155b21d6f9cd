import assert from "node:assert/strict";
import {
  AdminConfirmSignUpCommand,
  AdminCreateUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminResetUserPasswordCommand,
  AdminSetUserPasswordCommand,
  ChangePasswordCommand,
  ConfirmForgotPasswordCommand,
  ConfirmSignUpCommand,
  DescribeUserPoolCommand,
  ForgotPasswordCommand,
  ListUsersCommand,
  ResendConfirmationCodeCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { respond, type SignInTarget, signInBySrp } from "../cognito/srpSignIn.ts";
import { createPool, type Emulator, email, password, startEmulator, tokensOf } from "./emulator.ts";

describe("accounts", () => {
  let emulator: Emulator;
  let target: SignInTarget;
  before(async () => {
    emulator = await startEmulator();
  });
  beforeEach(async () => {
    target = await createPool(emulator, { pool: { AutoVerifiedAttributes: ["email"] } });
  });
  after(() => emulator.stop());

  const code = async (username: string) => (await emulator.outbox(username)).at(-1)?.code ?? "";
  const signIn = (username: string, secret: string) => signInBySrp(emulator.userPools, target, username, secret);
  const wrongCode = (right: string) => (right === "123456" ? "654321" : "123456");

  describe("that people make themselves", () => {
    const Username = "frank@example.com";
    const signUp = (Password = password) =>
      emulator.userPools.send(new SignUpCommand({ ClientId: target.clientId, Username, Password }));
    const confirm = (ConfirmationCode: string) =>
      emulator.userPools.send(new ConfirmSignUpCommand({ ClientId: target.clientId, Username, ConfirmationCode }));

    it("are confirmed by the code that was mailed, and can't be used before", async () => {
      const { CodeDeliveryDetails, UserConfirmed } = await signUp();
      assert.equal(UserConfirmed, false);
      assert.equal(CodeDeliveryDetails?.Destination, "f***@e***");
      await assert.rejects(signIn(Username, password), {
        name: "UserNotConfirmedException",
        message: "User is not confirmed.",
      });
      await assert.rejects(confirm(wrongCode(await code(Username))), {
        name: "CodeMismatchException",
        message: "Invalid verification code provided, please try again.",
      });
      await confirm(await code(Username));
      assert.ok((await signIn(Username, password)).AuthenticationResult);
      await assert.rejects(confirm("123456"), {
        name: "NotAuthorizedException",
        message: "User cannot be confirmed. Current status is CONFIRMED",
      });
    });

    it("wait for a code that has not expired; another one can be had", async () => {
      await signUp();
      const first = await code(Username);
      await emulator.advance(24 * 3600 + 1);
      await assert.rejects(confirm(first), {
        name: "ExpiredCodeException",
        message: "Invalid code provided, please request a code again.",
      });
      await emulator.userPools.send(new ResendConfirmationCodeCommand({ ClientId: target.clientId, Username }));
      await confirm(await code(Username));
    });

    it("can be confirmed by the administrator", async () => {
      await signUp();
      await emulator.userPools.send(new AdminConfirmSignUpCommand({ UserPoolId: target.userPoolId, Username }));
      assert.ok((await signIn(Username, password)).AuthenticationResult);
    });

    it("are refused twice, with a weak password, and where only administrators make them", async () => {
      await assert.rejects(signUp("short"), { name: "InvalidPasswordException" });
      await signUp();
      await assert.rejects(signUp(), { name: "UsernameExistsException" });
      target = await createPool(emulator, { pool: { AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } } });
      await assert.rejects(signUp(), {
        name: "NotAuthorizedException",
        message: "SignUp is not permitted for this user pool",
      });
    });
  });

  describe("whose password is forgotten", () => {
    const forgot = (Username = email) =>
      emulator.userPools.send(new ForgotPasswordCommand({ ClientId: target.clientId, Username }));
    const confirm = (ConfirmationCode: string, Password = "Green-Banana-4") =>
      emulator.userPools.send(
        new ConfirmForgotPasswordCommand({ ClientId: target.clientId, Username: email, ConfirmationCode, Password }),
      );

    it("get a new one by the code that was mailed", async () => {
      await forgot();
      const mailed = await code(email);
      await assert.rejects(confirm(wrongCode(mailed)), { name: "CodeMismatchException" });
      await assert.rejects(confirm(mailed, "weak"), { name: "InvalidPasswordException" });
      await confirm(mailed);
      await assert.rejects(confirm(mailed), { name: "ExpiredCodeException" });
      assert.ok((await signIn(email, "Green-Banana-4")).AuthenticationResult);
      await assert.rejects(signIn(email, password), { name: "NotAuthorizedException" });
    });

    it("have an hour for that and five attempts", async () => {
      await forgot();
      await emulator.advance(3601);
      await assert.rejects(confirm(await code(email)), { name: "ExpiredCodeException" });
      await forgot();
      const mailed = await code(email);
      for (let n = 0; n < 5; n += 1) {
        await assert.rejects(confirm(wrongCode(mailed)), { name: "CodeMismatchException" });
      }
      await assert.rejects(confirm(mailed), {
        name: "LimitExceededException",
        message: "Attempt limit exceeded, please try after some time.",
      });
    });

    it("are answered alike whether they exist or not", async () => {
      const { CodeDeliveryDetails } = await forgot("nobody@example.com");
      assert.deepEqual(CodeDeliveryDetails, {
        Destination: "n***@e***",
        DeliveryMedium: "EMAIL",
        AttributeName: "email",
      });
      assert.deepEqual(await emulator.outbox("nobody@example.com"), []);
    });

    it("must set a new one after the administrator's reset", async () => {
      await emulator.userPools.send(
        new AdminResetUserPasswordCommand({ UserPoolId: target.userPoolId, Username: email }),
      );
      await assert.rejects(signIn(email, password), { name: "PasswordResetRequiredException" });
      await confirm(await code(email));
      assert.ok((await signIn(email, "Green-Banana-4")).AuthenticationResult);
    });
  });

  it("change their password with the old one", async () => {
    const { AccessToken } = await tokensOf(emulator, target);
    const change = (PreviousPassword: string) =>
      emulator.userPools.send(
        new ChangePasswordCommand({ AccessToken, PreviousPassword, ProposedPassword: "Green-Banana-4" }),
      );
    await assert.rejects(change("Wrong-Horse-1"), { name: "NotAuthorizedException" });
    await change(password);
    assert.ok((await signIn(email, "Green-Banana-4")).AuthenticationResult);
  });

  describe("in a pool that remembers passwords", () => {
    const reused = { name: "PasswordHistoryPolicyViolationException" };
    const [second, third] = ["Green-Banana-4", "Brown-Donkey-5"];
    const remembering = (PasswordHistorySize: number) =>
      createPool(emulator, {
        pool: {
          AutoVerifiedAttributes: ["email"],
          Policies: { PasswordPolicy: { MinimumLength: 8, PasswordHistorySize } },
        },
      });
    const change = async (PreviousPassword: string, ProposedPassword: string) => {
      const { AuthenticationResult } = await signIn(email, PreviousPassword);
      await emulator.userPools.send(
        new ChangePasswordCommand({
          AccessToken: AuthenticationResult?.AccessToken,
          PreviousPassword,
          ProposedPassword,
        }),
      );
    };

    it("are told how many; none or zero is not shown, more than 24 are refused", async () => {
      const shown = async ({ userPoolId }: SignInTarget) => {
        const { UserPool } = await emulator.userPools.send(new DescribeUserPoolCommand({ UserPoolId: userPoolId }));
        return UserPool?.Policies?.PasswordPolicy?.PasswordHistorySize;
      };
      assert.equal(await shown(await remembering(24)), 24);
      assert.equal(await shown(await remembering(0)), undefined);
      assert.equal(await shown(target), undefined);
      await assert.rejects(remembering(25), { name: "InvalidParameterException" });
    });

    it("don't change to the current one or to the one before, but to an older one", async () => {
      target = await remembering(2);
      await assert.rejects(change(password, password), reused);
      await change(password, second);
      await assert.rejects(change(second, password), reused);
      await change(second, third);
      await change(third, password);
    });

    it("change to any where nothing is remembered", async () => {
      await change(password, password);
    });

    it("don't get an old one by a mailed code, nor does anybody learn of it without the code; it stays good", async () => {
      target = await remembering(1);
      const named = { ClientId: target.clientId, Username: email };
      const confirm = (ConfirmationCode: string, Password: string) =>
        emulator.userPools.send(new ConfirmForgotPasswordCommand({ ...named, ConfirmationCode, Password }));
      await emulator.userPools.send(new ForgotPasswordCommand(named));
      const mailed = await code(email);
      await assert.rejects(confirm(wrongCode(mailed), password), { name: "CodeMismatchException" });
      await assert.rejects(confirm(mailed, password), reused);
      await confirm(mailed, second);
    });

    it("don't keep the temporary one, and may try another with the same session", async () => {
      target = await remembering(1);
      const set = { UserPoolId: target.userPoolId, Username: email };
      await emulator.userPools.send(new AdminSetUserPasswordCommand({ ...set, Password: second, Permanent: false }));
      const { ChallengeName, Session } = await signIn(email, second);
      assert.equal(ChallengeName, "NEW_PASSWORD_REQUIRED");
      const answer = (NEW_PASSWORD: string) =>
        respond(emulator.userPools, target, "NEW_PASSWORD_REQUIRED", Session, email, { NEW_PASSWORD });
      await assert.rejects(answer(second), reused);
      assert.ok((await answer(third)).AuthenticationResult);
    });

    it("don't get an old one from the administrator", async () => {
      target = await remembering(1);
      const set = { UserPoolId: target.userPoolId, Username: email, Permanent: true };
      const setPassword = (Password: string) =>
        emulator.userPools.send(new AdminSetUserPasswordCommand({ ...set, Password }));
      await assert.rejects(setPassword(password), reused);
      await setPassword(second);
    });
  });

  it("are made by the administrator with an e-mail address, once", async () => {
    const create = (Username: string) =>
      emulator.userPools.send(new AdminCreateUserCommand({ UserPoolId: target.userPoolId, Username }));
    await assert.rejects(create("carol"), {
      name: "InvalidParameterException",
      message: "Username should be an email.",
    });
    await assert.rejects(create(email.toUpperCase()), { name: "UsernameExistsException" });
    const { User } = await create("gina@example.com");
    assert.equal(User?.UserStatus, "FORCE_CHANGE_PASSWORD");
    assert.equal(User?.Username, User?.Attributes?.find(({ Name }) => Name === "sub")?.Value);
    const [invitation] = await emulator.outbox("gina@example.com");
    assert.equal(invitation?.kind, "invitation");
    const { Users } = await emulator.userPools.send(
      new ListUsersCommand({ UserPoolId: target.userPoolId, Filter: 'email ^= "gina@"' }),
    );
    assert.deepEqual(
      Users?.map(({ Username }) => Username),
      [User?.Username],
    );
  });

  it("do not sign in while they are disabled", async () => {
    const named = { UserPoolId: target.userPoolId, Username: email };
    await emulator.userPools.send(new AdminDisableUserCommand(named));
    await assert.rejects(signIn(email, password), { name: "NotAuthorizedException", message: "User is disabled." });
    assert.equal((await emulator.userPools.send(new AdminGetUserCommand(named))).Enabled, false);
    await emulator.userPools.send(new AdminEnableUserCommand(named));
    assert.ok((await signIn(email, password)).AuthenticationResult);
  });
});
