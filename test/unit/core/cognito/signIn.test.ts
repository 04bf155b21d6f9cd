import assert from "node:assert/strict";
import type { Answer, Prompt } from "../../../../src/core/cognito/prompt.ts";
import { reduce } from "../../../../src/core/cognito/signIn.ts";
import type {
  Asking,
  Effect,
  Known,
  SignInEvent,
  SignInState,
  Transition,
  Working,
} from "../../../../src/core/cognito/signInState.ts";
import type { Tokens } from "../../../../src/core/cognito/verification.ts";
import { type Problem, type ProblemCode, problemCodes } from "../../../../src/core/errors.ts";

const username = "ada@example.com";
const known: Known = { username, userId: "sub-1", password: "old secret", wrongPasswords: 0 };
const session = "session-1";
const tokens = { refreshToken: "r" } as Tokens;
const received = { idToken: "i", accessToken: "a", refreshToken: "r", expiresIn: 3600 };

const prompts = {
  password: { kind: "password", username },
  totp: { kind: "totp", username },
  enrolTotp: { kind: "enrolTotp", username, secret: "ABC", uri: "otpauth://x" },
  newPassword: { kind: "newPassword", username, requiredAttributes: ["name"] },
  confirmAccount: { kind: "confirmAccount", username },
  resetPassword: { kind: "resetPassword", username },
} as const satisfies Record<Prompt["kind"], Prompt>;

const asking = (kind: Prompt["kind"], changes: Partial<Asking> = {}): Asking => ({
  at: "asking",
  known: kind === "password" ? { username, wrongPasswords: 0 } : known,
  prompt: prompts[kind],
  session,
  ...changes,
});

const challenge = { name: "PASSWORD_VERIFIER", parameters: { USER_ID_FOR_SRP: "sub-1" } };
/** Each effect, and the prompt that it comes from. */
const effects: { readonly [kind in Effect["kind"]]: readonly [Effect, Prompt["kind"]] } = {
  startSrp: [{ kind: "startSrp", username }, "password"],
  provePassword: [{ kind: "provePassword", known, challenge }, "password"],
  respond: [{ kind: "respond", challenge: "SOFTWARE_TOKEN_MFA", responses: { USERNAME: "sub-1" }, session }, "totp"],
  associate: [{ kind: "associate", session }, "password"],
  verifyCode: [{ kind: "verifyCode", session, code: "123456" }, "enrolTotp"],
  confirmSignUp: [{ kind: "confirmSignUp", username, code: "1" }, "confirmAccount"],
  resendConfirmation: [{ kind: "resendConfirmation", username }, "confirmAccount"],
  forgotPassword: [{ kind: "forgotPassword", username }, "resetPassword"],
  confirmForgotPassword: [
    { kind: "confirmForgotPassword", username, code: "1", password: "new secret" },
    "resetPassword",
  ],
  verifyTokens: [{ kind: "verifyTokens", received }, "totp"],
};
const working = (kind: Effect["kind"], changes: Partial<Working> = {}): Working => {
  const [effect, from] = effects[kind];
  return { at: "working", known, effect, back: asking(from), ...changes };
};

const states: Readonly<Record<string, SignInState>> = {
  idle: { at: "idle" },
  ...Object.fromEntries(Object.keys(prompts).map((kind) => [`ask ${kind}`, asking(kind as Prompt["kind"])])),
  ...Object.fromEntries(Object.keys(effects).map((kind) => [`on ${kind}`, working(kind as Effect["kind"])])),
  done: { at: "done", tokens },
  failed: { at: "failed", problem: { code: "cancelled" } },
};

const events: { readonly [kind in SignInEvent["kind"]]: SignInEvent } = {
  start: { kind: "start", username: ` ${username} ` },
  answer: { kind: "answer", answer: { kind: "totp", code: "123 456" } },
  cancel: { kind: "cancel" },
  failed: { kind: "failed", problem: { code: "unreachable" } },
  challenged: { kind: "challenged", challenge: { name: "SOFTWARE_TOKEN_MFA", parameters: {}, session: "session-2" } },
  authenticated: { kind: "authenticated", received },
  secretIssued: { kind: "secretIssued", secret: "JBSWY3DP", session: "session-2" },
  codeVerified: { kind: "codeVerified", session: "session-2" },
  accountConfirmed: { kind: "accountConfirmed" },
  codeSent: { kind: "codeSent", destination: "a***@e***" },
  passwordReset: { kind: "passwordReset" },
  verified: { kind: "verified", tokens, clockOffsetSeconds: 3 },
};

/** A transition in a few words: what is asked with which problem and notice, or what is done next. */
function summary({ state, effects }: Transition, before?: SignInState): string {
  if (state === before && effects.length === 0) return "stays";
  switch (state.at) {
    case "asking": {
      assert.deepEqual(effects, []);
      const { prompt, problem, notice } = state;
      return `ask ${prompt.kind}${problem ? ` !${problem.code}` : ""}${notice ? ` ?${notice.code}` : ""}`;
    }
    case "working":
      assert.deepEqual(effects, [state.effect]);
      return `on ${state.effect.kind}${state.effect.kind === "respond" ? ` ${state.effect.challenge}` : ""}`;
    case "failed":
      assert.deepEqual(effects, []);
      return `failed ${state.problem.code}`;
    default:
      assert.deepEqual(effects, []);
      return state.at;
  }
}

/** What isn't listed stays as it is. */
const table: Readonly<Record<string, Partial<Record<SignInEvent["kind"], string>>>> = {
  idle: { start: "ask password", cancel: "failed cancelled" },
  "ask password": { answer: "ask password !missingInput", cancel: "failed cancelled" },
  "ask totp": { answer: "on respond SOFTWARE_TOKEN_MFA", cancel: "failed cancelled" },
  "ask enrolTotp": { answer: "ask enrolTotp !missingInput", cancel: "failed cancelled" },
  "ask newPassword": { answer: "ask newPassword !missingInput", cancel: "failed cancelled" },
  "ask confirmAccount": { answer: "ask confirmAccount !missingInput", cancel: "failed cancelled" },
  "ask resetPassword": { answer: "ask resetPassword !missingInput", cancel: "failed cancelled" },
  "on startSrp": {
    cancel: "failed cancelled",
    failed: "ask password !unreachable",
    challenged: "ask totp",
    authenticated: "on verifyTokens",
  },
  "on provePassword": {
    cancel: "failed cancelled",
    failed: "ask password !unreachable",
    challenged: "ask totp",
    authenticated: "on verifyTokens",
  },
  "on respond": {
    cancel: "failed cancelled",
    failed: "ask totp !unreachable",
    challenged: "ask totp",
    authenticated: "on verifyTokens",
  },
  "on associate": {
    cancel: "failed cancelled",
    failed: "ask password !unreachable",
    secretIssued: "ask enrolTotp",
  },
  "on verifyCode": {
    cancel: "failed cancelled",
    failed: "ask enrolTotp !unreachable",
    codeVerified: "on respond MFA_SETUP",
  },
  "on confirmSignUp": {
    cancel: "failed cancelled",
    failed: "ask confirmAccount !unreachable",
    accountConfirmed: "on startSrp",
  },
  "on resendConfirmation": {
    cancel: "failed cancelled",
    failed: "ask confirmAccount !unreachable",
    accountConfirmed: "on startSrp",
    codeSent: "ask confirmAccount",
  },
  "on forgotPassword": {
    cancel: "failed cancelled",
    failed: "ask resetPassword !unreachable",
    codeSent: "ask resetPassword",
  },
  "on confirmForgotPassword": {
    cancel: "failed cancelled",
    failed: "ask resetPassword !unreachable",
    passwordReset: "on startSrp",
  },
  "on verifyTokens": { cancel: "failed cancelled", failed: "ask password !unreachable", verified: "done" },
  done: {},
  failed: {},
};

/** For each problem: what follows from an effect of the password step, of the code step, or of any. `back` is the prompt it came from. */
const again = "back";
const afterProblem: { readonly [code in ProblemCode]?: Partial<Record<Effect["kind"] | "any", string>> } = {
  wrongPassword: { any: "ask password !wrongPassword" },
  wrongCode: { any: again, verifyTokens: "ask password !wrongCode" },
  usedCode: { any: again, verifyTokens: "ask password !usedCode" },
  codeExpired: { any: again, verifyTokens: "ask password !codeExpired" },
  passwordPolicy: { any: again, verifyTokens: "ask password !passwordPolicy" },
  missingInput: { any: again, verifyTokens: "ask password !missingInput" },
  tooManyAttempts: { any: again },
  unreachable: { any: again, verifyTokens: "ask password !unreachable" },
  tls: { any: again, verifyTokens: "ask password !tls" },
  throttled: { any: again, verifyTokens: "ask password !throttled" },
  serverError: { any: again, verifyTokens: "ask password !serverError" },
  userNotConfirmed: { any: "ask confirmAccount" },
  passwordResetRequired: { any: "ask resetPassword", forgotPassword: "failed passwordResetRequired" },
  flowExpired: {
    any: "on startSrp",
    startSrp: "ask password !flowExpired",
    provePassword: "ask password !flowExpired",
  },
};

const answer = (state: SignInState, given: Answer) => reduce(state, { kind: "answer", answer: given });
const fail = (state: SignInState, problem: Problem | ProblemCode) =>
  reduce(state, { kind: "failed", problem: typeof problem === "string" ? { code: problem } : problem });
const meet = (state: SignInState, name: string, parameters: Record<string, string> = {}, session = "session-2") =>
  reduce(state, { kind: "challenged", challenge: { name, parameters, session } });
/** The state, which must be at work. */
function at(transition: Transition): Working {
  assert.ok(transition.state.at === "working", summary(transition));
  return transition.state;
}
function asked(transition: Transition): Asking {
  assert.ok(transition.state.at === "asking", summary(transition));
  return transition.state;
}

describe("sign-in reducer", () => {
  for (const [name, state] of Object.entries(states)) {
    for (const [kind, event] of Object.entries(events)) {
      const expected = table[name]?.[kind as SignInEvent["kind"]] ?? "stays";
      it(`${name}, ${kind}: ${expected}`, () => assert.equal(summary(reduce(state, event), state), expected));
    }
  }

  for (const code of problemCodes) {
    for (const [kind, [, from]] of Object.entries(effects)) {
      const row = afterProblem[code];
      const found = row?.[kind as Effect["kind"]] ?? row?.any ?? `failed ${code}`;
      const expected = found === again ? `ask ${from} !${code}` : found;
      it(`on ${kind}, ${code}: ${expected}`, () => {
        assert.equal(summary(fail(working(kind as Effect["kind"]), code)), expected);
      });
    }
  }

  it("refuses an empty user name", () => {
    assert.deepEqual(reduce({ at: "idle" }, { kind: "start", username: "  " }).state, {
      at: "failed",
      problem: { code: "missingInput", params: { field: "username" } },
    });
  });

  describe("answers", () => {
    const cases: readonly [string, Asking, Answer, string][] = [
      ["an empty password", asking("password"), { kind: "password", password: "" }, "ask password !missingInput"],
      ["a password", asking("password"), { kind: "password", password: " " }, "on startSrp"],
      ["an empty code", asking("totp"), { kind: "totp", code: " " }, "ask totp !missingInput"],
      ["a code of five digits", asking("totp"), { kind: "totp", code: "12345" }, "ask totp !wrongCode"],
      ["a code of letters", asking("enrolTotp"), { kind: "enrolTotp", code: "abcdef" }, "ask enrolTotp !wrongCode"],
      ["full-width digits", asking("totp"), { kind: "totp", code: "１２３　４５６" }, "on respond SOFTWARE_TOKEN_MFA"],
      ["a first code", asking("enrolTotp"), { kind: "enrolTotp", code: "123456" }, "on verifyCode"],
      [
        "a new password without a required attribute",
        asking("newPassword"),
        { kind: "newPassword", password: "x" },
        "ask newPassword !missingInput",
      ],
      [
        "an empty new password",
        asking("newPassword"),
        { kind: "newPassword", password: "", attributes: { name: "Ada" } },
        "ask newPassword !missingInput",
      ],
      [
        "a new password",
        asking("newPassword"),
        { kind: "newPassword", password: "x", attributes: { name: "Ada" } },
        "on respond NEW_PASSWORD_REQUIRED",
      ],
      ["a mailed code", asking("confirmAccount"), { kind: "confirmAccount", code: "12 34" }, "on confirmSignUp"],
      [
        "no mailed code",
        asking("confirmAccount"),
        { kind: "confirmAccount", code: "" },
        "ask confirmAccount !missingInput",
      ],
      [
        "a reset without code",
        asking("resetPassword"),
        { kind: "resetPassword", code: "", password: "x" },
        "ask resetPassword !missingInput",
      ],
      [
        "a reset without password",
        asking("resetPassword"),
        { kind: "resetPassword", code: "1", password: "" },
        "ask resetPassword !missingInput",
      ],
      [
        "a reset",
        asking("resetPassword"),
        { kind: "resetPassword", code: "1", password: "x" },
        "on confirmForgotPassword",
      ],
      ["resend", asking("confirmAccount"), { kind: "resend" }, "on resendConfirmation"],
      ["resend", asking("resetPassword"), { kind: "resend" }, "on forgotPassword"],
      ["resend", asking("totp"), { kind: "resend" }, "ask totp !missingInput"],
    ];
    for (const [what, state, given, expected] of cases) {
      it(`${what} to ${state.prompt.kind}: ${expected}`, () => assert.equal(summary(answer(state, given)), expected));
    }

    it("sends new password and attributes under the names that Cognito wants", () => {
      const given: Answer = { kind: "newPassword", password: "x", attributes: { name: "Ada" } };
      assert.deepEqual(answer(asking("newPassword"), given).effects, [
        {
          kind: "respond",
          challenge: "NEW_PASSWORD_REQUIRED",
          responses: { USERNAME: "sub-1", NEW_PASSWORD: "x", "userAttributes.name": "Ada" },
          session,
        },
      ]);
    });
  });

  describe("challenges", () => {
    const cases: readonly [Working, string, Record<string, string>, string][] = [
      [working("startSrp"), "PASSWORD_VERIFIER", { USER_ID_FOR_SRP: "sub-1" }, "on provePassword"],
      [working("respond"), "PASSWORD_VERIFIER", {}, "failed challengeUnsupported"],
      [working("provePassword"), "SOFTWARE_TOKEN_MFA", {}, "ask totp"],
      [working("provePassword"), "NEW_PASSWORD_REQUIRED", {}, "ask newPassword"],
      [working("provePassword"), "MFA_SETUP", {}, "on associate"],
      [working("provePassword"), "MFA_SETUP", { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' }, "on associate"],
      [working("provePassword"), "MFA_SETUP", { MFAS_CAN_SETUP: '["SMS_MFA"]' }, "failed challengeUnsupported"],
      ...["SMS_MFA", "EMAIL_OTP", "SELECT_MFA_TYPE", "SELECT_CHALLENGE", "CUSTOM_CHALLENGE", "DEVICE_SRP_AUTH"].map(
        (name): [Working, string, Record<string, string>, string] => [
          working("provePassword"),
          name,
          {},
          "failed challengeUnsupported",
        ],
      ),
    ];
    for (const [state, name, parameters, expected] of cases) {
      it(`${name} ${JSON.stringify(parameters)} on ${state.effect.kind}: ${expected}`, () => {
        assert.equal(summary(meet(state, name, parameters)), expected);
      });
    }

    it("names the challenge that it can't answer", () => {
      const { state } = meet(working("provePassword"), "SMS_MFA");
      assert.deepEqual(state, {
        at: "failed",
        problem: { code: "challengeUnsupported", params: { challenge: "SMS_MFA" } },
      });
    });

    it("asks for the attributes that are missing", () => {
      const requiredAttributes = '["userAttributes.given_name","userAttributes.family_name"]';
      const { prompt } = asked(meet(working("provePassword"), "NEW_PASSWORD_REQUIRED", { requiredAttributes }));
      assert.deepEqual(prompt, { kind: "newPassword", username, requiredAttributes: ["given_name", "family_name"] });
    });

    it("shows the key as text and as the URI that authenticator apps read", () => {
      const { prompt, session } = asked(reduce(working("associate"), events.secretIssued));
      assert.deepEqual(prompt, {
        kind: "enrolTotp",
        username,
        secret: "JBSWY3DP",
        uri: "otpauth://totp/Gatehouse:ada%40example.com?secret=JBSWY3DP&issuer=Gatehouse",
      });
      assert.equal(session, "session-2");
    });
  });

  describe("when the session string expires", () => {
    const restarted = (state: Working) => {
      const start = at(fail(state, "flowExpired"));
      assert.equal(start.effect.kind, "startSrp");
      return at(meet(start, "PASSWORD_VERIFIER", { USER_ID_FOR_SRP: "sub-1" }));
    };

    it("starts again with the password that is known and gives the typed code again, unseen", () => {
      const first = at(answer(asking("totp"), { kind: "totp", code: "123456" }));
      const second = at(meet(restarted(first), "SOFTWARE_TOKEN_MFA"));
      assert.deepEqual(second.effect, {
        kind: "respond",
        challenge: "SOFTWARE_TOKEN_MFA",
        responses: { USERNAME: "sub-1", SOFTWARE_TOKEN_MFA_CODE: "123456" },
        session: "session-2",
      });
      assert.equal(summary(fail(second, "wrongCode")), "ask totp !wrongCode");
      assert.equal(asked(fail(second, "wrongCode")).session, "session-2");
    });

    it("gives a new password again too, and says nothing about it at the next prompt", () => {
      const given: Answer = { kind: "newPassword", password: "new secret", attributes: { name: "Ada" } };
      const second = at(meet(restarted(at(answer(asking("newPassword"), given))), "NEW_PASSWORD_REQUIRED"));
      assert.equal(summary({ state: second, effects: [second.effect] }), "on respond NEW_PASSWORD_REQUIRED");
      const next = asked(meet(second, "SOFTWARE_TOKEN_MFA"));
      assert.equal(next.notice, undefined);
      assert.equal(next.known.password, "new secret");
    });

    it("asks for the password when the session of a flow that was just started again expires too", () => {
      const first = at(answer(asking("totp"), { kind: "totp", code: "123456" }));
      const second = at(meet(restarted(first), "SOFTWARE_TOKEN_MFA"));
      assert.equal(summary(fail(second, "flowExpired")), "ask password !flowExpired");
    });

    it("shows the new key while a phone is enrolled, and says that it is a new one", () => {
      const first = at(answer(asking("enrolTotp"), { kind: "enrolTotp", code: "123456" }));
      const associate = at(meet(restarted(first), "MFA_SETUP"));
      const { prompt, notice, problem } = asked(reduce(associate, events.secretIssued));
      assert.ok(prompt.kind === "enrolTotp" && prompt.secret === "JBSWY3DP");
      assert.deepEqual(notice, { code: "flowExpired", params: { newKey: 1 } });
      assert.equal(problem, undefined);
    });

    it("asks for a code where the phone turns out to be enrolled", () => {
      const first = at(answer(asking("enrolTotp"), { kind: "enrolTotp", code: "123456" }));
      assert.equal(summary(meet(restarted(first), "SOFTWARE_TOKEN_MFA")), "ask totp ?flowExpired");
    });

    it("comes back to the same prompt when the way to Cognito is down, and takes the answer again", () => {
      const first = at(answer(asking("totp"), { kind: "totp", code: "123456" }));
      const down = asked(fail(at(fail(first, "flowExpired")), "unreachable"));
      assert.equal(summary({ state: down, effects: [] }), "ask totp !unreachable");
      const second = at(answer(down, { kind: "totp", code: "654321" }));
      assert.equal(second.known.password, "old secret");
    });

    it("asks for the password when it isn't known", () => {
      const { password: _, ...rest } = known;
      assert.equal(summary(fail(working("respond", { known: rest }), "flowExpired")), "ask password !flowExpired");
    });
  });

  it("signs in by itself with the known password once the account is confirmed", () => {
    const confirm = asked(fail(working("provePassword"), "userNotConfirmed"));
    const work = at(answer(confirm, { kind: "confirmAccount", code: "1234" }));
    const next = at(reduce(work, { kind: "accountConfirmed" }));
    assert.deepEqual([next.effect, next.known.password], [{ kind: "startSrp", username }, "old secret"]);
  });

  it("signs in by itself with the new password once it is reset", () => {
    const reset = asked(fail(working("provePassword"), "passwordResetRequired"));
    assert.equal(reset.known.password, undefined);
    const work = at(answer(reset, { kind: "resetPassword", code: "1234", password: "new secret" }));
    const next = at(reduce(work, { kind: "passwordReset" }));
    assert.deepEqual([next.effect, next.known.password], [{ kind: "startSrp", username }, "new secret"]);
    assert.equal(summary(fail(next, "unreachable")), "ask password !unreachable");
  });

  it("tells where a code was sent", () => {
    const { prompt } = asked(reduce(working("resendConfirmation"), events.codeSent));
    assert.deepEqual(prompt, { ...prompts.confirmAccount, destination: "a***@e***" });
  });

  it("keeps the user name and drops the password when it was wrong, and counts", () => {
    const next = asked(fail(working("provePassword", { known: { ...known, wrongPasswords: 2 } }), "wrongPassword"));
    assert.deepEqual(next.known, { username, wrongPasswords: 3 });
    assert.deepEqual(next.prompt, prompts.password);
  });

  for (const [wrongPasswords, waitSeconds] of [
    [0, 900],
    [4, 900],
    [5, 1],
    [7, 4],
    [20, 900],
  ] as const) {
    it(`estimates a wait of ${waitSeconds} s after ${wrongPasswords} wrong passwords`, () => {
      const state = working("provePassword", { known: { ...known, wrongPasswords } });
      const { problem } = asked(fail(state, { code: "tooManyAttempts", params: { waitSeconds: 900 } }));
      assert.deepEqual(problem, { code: "tooManyAttempts", params: { waitSeconds } });
    });
  }

  it("holds no secret once the flow has ended", () => {
    const verify = at(reduce(working("respond"), events.authenticated));
    assert.equal(verify.known.password, undefined);
    for (const { state } of [fail(working("respond"), "userDisabled"), reduce(asking("totp"), events.cancel)]) {
      assert.doesNotMatch(JSON.stringify(state), /old secret|session-1/);
    }
  });
});
