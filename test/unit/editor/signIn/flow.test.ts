import assert from "node:assert/strict";
import {
  type Answer,
  answerSignIn,
  cancelSignIn,
  type SignInStep,
  startSignIn,
} from "../../../../src/agent/protocol.ts";
import type { Prompt } from "../../../../src/core/cognito/prompt.ts";
import type { Problem } from "../../../../src/core/errors.ts";
import { english } from "../../../../src/core/text.ts";
import { runSignIn } from "../../../../src/editor/signIn/flow.ts";
import { type Act, close, FakeAsker } from "../../../fakes/asker.ts";
import { signedIn as sessionOf } from "../../../fakes/session.ts";

const username = "alice@example.com";
const password: Prompt = { kind: "password", username };
const totp: Prompt = { kind: "totp", username };
const enrol: Prompt = { kind: "enrolTotp", username, secret: "JBSWY3DP", uri: "otpauth://totp/x?secret=JBSWY3DP" };
const session = sessionOf({ username });
const signedIn: SignInStep = { state: "signedIn", session };
const ask = (prompt: Prompt, problem?: Problem, notice?: Problem): SignInStep => ({
  state: "prompt",
  flow: "F",
  prompt,
  ...(problem === undefined ? {} : { problem }),
  ...(notice === undefined ? {} : { notice }),
});

function world(steps: readonly (SignInStep | Error)[], acts: readonly Act[]) {
  const asker = new FakeAsker(...acts);
  const left = [...steps];
  const answers: Answer[] = [];
  const seen: string[] = [];
  const request = (type: { method: string }, params: unknown): Promise<unknown> => {
    seen.push(type.method);
    if (type.method === cancelSignIn.method) return Promise.resolve(null);
    if (type.method === answerSignIn.method) answers.push((params as { answer: Answer }).answer);
    const step = left.shift();
    return step instanceof Error ? Promise.reject(step) : Promise.resolve(step);
  };
  const result = runSignIn(
    {
      agent: { request: request as never },
      openInput: () => asker,
      enrolment: { show: async ({ secret }) => void seen.push(`QR ${secret}`), close: () => seen.push("QR gone") },
      copy: (text) => seen.push(`copied ${text}`),
      t: english,
    },
    "",
  );
  return { asker, answers, seen, result };
}

describe("sign-in in the editor", () => {
  it("asks for user name, password and code, and ends the input", async () => {
    const { asker, answers, result } = world([ask(password), ask(totp), signedIn], [username, "secret", "123 456"]);
    assert.deepEqual(await result, { session, username });
    assert.deepEqual(answers, [
      { kind: "password", password: "secret" },
      { kind: "totp", code: "123456" },
    ]);
    assert.deepEqual(
      asker.questions.map(({ step, totalSteps, secret }) => [step, totalSteps, secret === true]),
      [
        [1, 3, false],
        [2, 3, true],
        [3, 3, true],
      ],
    );
    assert.ok(asker.disposed);
  });

  it("says beside the input what was wrong, keeps what was typed and the user name", async () => {
    const { asker, seen, result } = world(
      [ask(password), ask(password, { code: "wrongPassword" }), ask(totp), ask(totp, { code: "wrongCode" }), signedIn],
      [username, "wrong", "right", "111111", "222222"],
    );
    await result;
    assert.match(asker.questions[2]?.message?.text ?? "", /password is wrong/);
    assert.equal(asker.questions[2]?.value, "wrong");
    assert.match(asker.questions[4]?.message?.text ?? "", /code is wrong/);
    assert.equal(asker.questions[4]?.value, "111111");
    assert.equal(seen.filter((method) => method === startSignIn.method).length, 1);
  });

  it("refuses what cannot be a code, and takes full-width digits", async () => {
    const { asker, answers, result } = world(
      [ask(password), ask(totp), signedIn],
      ["", username, "p", "12345", "１２３４５６"],
    );
    await result;
    assert.equal(asker.refusals.length, 2);
    assert.deepEqual(answers[1], { kind: "totp", code: "123456" });
  });

  it("counts down to the next code after a used one", async () => {
    const used: Problem = { code: "usedCode", params: { waitSeconds: 12 } };
    const { asker, result } = world(
      [ask(password), ask(totp), ask(totp, used), signedIn],
      [username, "p", "111111", "222222"],
    );
    await result;
    const question = asker.questions[3];
    assert.equal(question?.wait?.seconds, 12);
    assert.match(question?.wait?.message(7) ?? "", /7 s/);
    assert.equal(question?.value, "");
  });

  it("shows the QR code beside the input for the code, copies the key, and takes the code away at the end", async () => {
    const { seen, result } = world(
      [ask(password), ask(enrol), signedIn],
      [username, "p", { press: "copyKey" }, { press: "showQrCode" }, "123456"],
    );
    await result;
    assert.deepEqual(
      seen.filter((entry) => /QR|copied/.test(entry)),
      ["QR gone", "QR JBSWY3DP", "copied JBSWY3DP", "QR JBSWY3DP", "QR gone"],
    );
  });

  it("replaces the QR code with a word why when the sign-in had to start again", async () => {
    const other: Prompt = { ...enrol, secret: "OTHER234" };
    const { asker, seen, result } = world(
      [ask(password), ask(enrol), ask(other, undefined, { code: "flowExpired" }), signedIn],
      [username, "p", "123456", "654321"],
    );
    await result;
    assert.ok(seen.includes("QR OTHER234"));
    assert.deepEqual(asker.questions[3]?.message?.severity, "info");
    assert.match(asker.questions[3]?.message?.text ?? "", /started again.*new QR code/);
    assert.equal(asker.questions[3]?.value, "");
  });

  it("asks twice for a new password, and names the policy that refused one", async () => {
    const fresh: Prompt = { kind: "newPassword", username, requiredAttributes: [] };
    const policy: Problem = { code: "passwordPolicy", params: { detail: "Password not long enough" } };
    const { asker, answers, result } = world(
      [ask(password), ask(fresh), ask(fresh, policy), ask(totp), signedIn],
      [username, "p", "short", "other", "short", "long enough", "long enough", "123456"],
    );
    await result;
    assert.deepEqual(asker.refusals, ["This is not the same password as before."]);
    assert.match(asker.questions[4]?.message?.text ?? "", /Password not long enough/);
    assert.deepEqual(answers[2], { kind: "newPassword", password: "long enough" });
    assert.deepEqual(
      asker.questions.map(({ step }) => step),
      [1, 2, 3, 4, 3, 4, 5],
    );
  });

  it("has a mailed code sent again and says so, then goes on with it", async () => {
    const reset: Prompt = { kind: "resetPassword", username, destination: "a***@e***" };
    const { asker, answers, result } = world(
      [ask(password), ask(reset), ask(reset), ask(totp), signedIn],
      [username, "p", { press: "resend" }, "123456", "new pass", "new pass", "654321"],
    );
    await result;
    assert.match(asker.questions[2]?.prompt ?? "", /a\*\*\*@e\*\*\*/);
    assert.equal(asker.questions[3]?.message?.text, "A new code was sent.");
    assert.deepEqual(answers.slice(1, 3), [
      { kind: "resend" },
      { kind: "resetPassword", code: "123456", password: "new pass" },
    ]);
  });

  it("keeps a mailed code when only the new password was refused", async () => {
    const reset: Prompt = { kind: "resetPassword", username };
    const { answers, result } = world(
      [ask(password), ask(reset), ask(reset, { code: "passwordPolicy" }), ask(totp), signedIn],
      [username, "p", "123456", "short", "short", "long enough", "long enough", "654321"],
    );
    await result;
    assert.deepEqual(answers[2], { kind: "resetPassword", code: "123456", password: "long enough" });
  });

  it("goes back from the password to the user name, and from the code to the password", async () => {
    const { asker, seen, result } = world(
      [ask(password), ask(password), ask(totp), ask(password), ask(totp), signedIn],
      ["wrong@example.com", { press: "back" }, username, "p", { press: "back" }, "p", "123456"],
    );
    assert.equal((await result).username, username);
    assert.deepEqual(
      asker.questions.map(({ step }) => step),
      [1, 2, 1, 2, 3, 2, 3],
    );
    assert.equal(asker.questions[2]?.value, "wrong@example.com");
    assert.equal(seen.filter((method) => method === cancelSignIn.method).length, 2);
  });

  it("ends the flow in the agent when the person closes the input, whatever is asked for", async () => {
    for (const acts of [[close], [username, close], [username, "p", close]] satisfies Act[][]) {
      const { asker, seen, result } = world([ask(password), ask(totp)], acts);
      await assert.rejects(result, { code: "cancelled" });
      assert.ok(asker.disposed);
      assert.equal(seen.includes(cancelSignIn.method), acts.length > 1);
    }
  });

  it("fails with what the agent says", async () => {
    const problem: Problem = { code: "unreachable", params: { endpoint: "E", setting: "S" } };
    const { result } = world([{ state: "failed", problem }], [username]);
    await assert.rejects(result, { code: "unreachable", params: problem.params });
  });
});
