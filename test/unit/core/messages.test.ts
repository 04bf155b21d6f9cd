import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type ProblemCode, problemCodes } from "../../../src/core/errors.ts";
import { describe as describeProblem, duration, remedy } from "../../../src/core/messages.ts";
import { english, fill, type Translate } from "../../../src/core/text.ts";

const bundle = JSON.parse(
  readFileSync(new URL("../../../l10n/bundle.l10n.ja.json", import.meta.url), "utf8"),
) as Record<string, string>;

/** Every parameter that some code documents, with a value a person would recognise in the sentence. */
const everything = {
  waitSeconds: 17,
  detail: "Password must have numbers",
  field: "user name",
  challenge: "CUSTOM_CHALLENGE",
  endpoint: "https://cognito-idp.eu-west-1.amazonaws.com",
  setting: "cognito.userPoolEndpoint",
  status: 503,
  offsetSeconds: 600,
  role: "arn:aws:iam::111122223333:role/Developer",
  settings: "cognito.region, cognito.userPoolId",
  key: "cognito.region",
  source: "/etc/gatehouse/host.json",
  allowed: "a region such as eu-west-1",
  path: "/run/user/1000/gatehouse",
  agent: 2,
  client: 1,
  command: "terraform",
  port: 14283,
  minutes: 10,
};

const mentioned: Partial<Record<ProblemCode, readonly string[]>> = {
  usedCode: ["17 s"],
  passwordPolicy: ["Password must have numbers."],
  missingInput: ["user name"],
  tooManyAttempts: ["17 s"],
  challengeUnsupported: ["CUSTOM_CHALLENGE"],
  unreachable: [everything.endpoint, everything.setting],
  tls: [everything.endpoint, everything.setting],
  throttled: [everything.endpoint],
  serverError: [everything.endpoint, "503"],
  clockSkew: ["10 min ahead"],
  clientMisconfigured: [everything.setting],
  identityPoolMissing: [everything.setting],
  roleNotAllowed: [everything.role],
  notConfigured: [everything.settings],
  configurationInvalid: [everything.key, everything.source, everything.allowed],
  socketUnsafe: [everything.path],
  commandNotFound: ["terraform"],
  browserSignInUnavailable: ["14283", everything.setting],
  signInRefused: [everything.detail],
};

/** Fails for a string that the bundle has not, as a missing translation would show English. */
const japanese: Translate = (message, args) => {
  const translated = bundle[message];
  assert.ok(translated, `no Japanese for: ${message}`);
  return fill(translated, args);
};

describe("messages", () => {
  for (const code of problemCodes) {
    it(`says what happened and what to do for ${code}, with and without parameters`, () => {
      for (const params of [undefined, {}, everything, { ...everything, offsetSeconds: -600 }]) {
        const text = describeProblem({ code, ...(params ? { params } : {}) }, english);
        assert.match(text, /^\S.*[.!?]$/s);
        assert.doesNotMatch(text, /[{}\n]|undefined|null|NaN| {2}|\.\.|\s\./);
        const local = describeProblem({ code, ...(params ? { params } : {}) }, japanese);
        assert.match(local, /[ぁ-んァ-ヶ一-龠]/);
        assert.doesNotMatch(local, /[{}]|undefined/);
      }
      const full = describeProblem({ code, params: everything }, english);
      for (const part of mentioned[code] ?? []) assert.ok(full.includes(part), `${full} lacks ${part}`);
    });
  }

  it("keeps foreign text on one line, short and without anything that looks like a placeholder", () => {
    const text = describeProblem(
      { code: "internal", params: { detail: `{setting}\n\u001b[31m${"x".repeat(1000)}` } },
      english,
    );
    assert.doesNotMatch(text, /[{}]|\p{Cc}/u);
    assert.ok(text.length < 450);
  });

  it("describes a code of a newer agent without failing", () => {
    const text = describeProblem({ code: "fromTheFuture" as ProblemCode }, english);
    assert.match(text, /fromTheFuture/);
  });

  it("says lengths of time as people do", () => {
    const table: readonly [number, string][] = [
      [0, "0 s"],
      [-3, "0 s"],
      [89, "89 s"],
      [90, "2 min"],
      [3599, "60 min"],
      [5400, "2 h"],
    ];
    for (const [seconds, text] of table) assert.equal(duration(seconds, english), text);
  });

  it("names what helps where a command can", () => {
    assert.equal(remedy({ code: "signedOut" }), "signIn");
    assert.equal(remedy({ code: "ambiguousRole" }), "chooseRole");
    assert.equal(remedy({ code: "notConfigured" }), "configure");
    assert.equal(remedy({ code: "wrongCode" }), undefined);
  });
});
