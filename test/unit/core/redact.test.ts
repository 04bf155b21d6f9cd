import assert from "node:assert/strict";
import { createRedactor } from "../../../src/core/redact.ts";

const jwt = "eyJraWQiOiJhYmMifQ.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXNpZ25hdHVyZQ";
const jwe = "eyJjdHkiOiJKV1QiLCJlbmMi.dGVzdA.aXY.Y2lwaGVydGV4dA.dGFn";
const secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const totp = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPAAAA";
const long = "AYABe".padEnd(400, "Ab1-_");

describe("redactor", () => {
  const table: readonly [name: string, text: string, secret: string][] = [
    ["a JWT", `token ${jwt} end`, jwt],
    ["an encrypted refresh token", `got ${jwe}.`, jwe],
    ["an access key id", "key ASIAIOSFODNN7EXAMPLE used", "ASIAIOSFODNN7EXAMPLE"],
    ["a secret access key", `x ${secretKey} y`, secretKey],
    ["a secret access key in JSON", `{"SecretAccessKey":"${secretKey}"}`, secretKey],
    ["a secret access key in an environment", `AWS_SECRET_ACCESS_KEY=${secretKey}`, secretKey],
    ["a session token", `AWS_SESSION_TOKEN=${long}`, long],
    ["a session string", `{"Session":"${long}"}`, long],
    ["a short session string", `Session=${"Ab1-_".repeat(4)}`, "Ab1-_Ab1"],
    ["a long string of any kind", `(${long})`, long],
    ["a password in JSON", '{"PASSWORD":"p a\\"ss, word"}', "ss, word"],
    ["a short password in a form", "user=a&password=abc&x=1", "abc"],
    ["a password in an argument", "--password='a b'", "a b"],
    ["a secret hash", "SECRET_HASH: abc=", "abc="],
    ["a code in JSON", '{"SOFTWARE_TOKEN_MFA_CODE":"123456"}', "123456"],
    ["a user code", '{"UserCode": "654321"}', "654321"],
    ["a code in a question", "https://host/callback?code=AbC-1&state=xyz", "AbC-1"],
    ["a TOTP key", `key ${totp}`, totp],
    ["an otpauth URI", `otpauth://totp/a:b?secret=${totp}&issuer=x`, totp],
    ["an Authorization header", "Authorization: Basic dXNlcjpw", "dXNlcjpw"],
    ["a Cookie header", "cookie: a=b; __Host-session=xyz", "xyz"],
    ["a header in JSON", '{"authorization":"tok en"}', "tok en"],
    ["a proxy's password", "connect to http://user:pw1@proxy:3128", "pw1"],
    ["a refresh token by its name", "refresh_token=abc", "abc"],
  ];
  for (const [name, text, secret] of table) {
    it(`takes out ${name}`, () => {
      const clean = createRedactor().redact(text);
      assert.ok(!clean.includes(secret), clean);
    });
  }

  const harmless = [
    "session: renewed",
    "session: signed in",
    "session: renewal failed (unreachable), next attempt in 4 s",
    "agent: 0.1.0 started as user, process 15413",
    'snapshot: refused: {"code":"socketUnsafe","params":{"path":"/run/user/1000/gatehouse","detail":"is open to others"}}',
    "arn:aws:iam::123456789012:role/Developer",
    "eu-central-1:01234567-89ab-cdef-0123-456789abcdef",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI",
  ];
  for (const text of harmless) {
    it(`leaves as it is: ${text.slice(0, 50)}`, () => {
      assert.equal(createRedactor().redact(text), text);
    });
  }

  it("takes out what it was told, also as JSON and URLs write it, until it is forgotten", () => {
    const redactor = createRedactor();
    const secret = 'pä"ss w/ord';
    const forget = redactor.remember(secret);
    const again = redactor.remember(secret);
    for (const text of [secret, JSON.stringify(secret), encodeURIComponent(secret)]) {
      assert.ok(!redactor.redact(`x${text}x`).includes(text.slice(1, -1)), text);
    }
    forget();
    forget();
    assert.equal(redactor.redact(secret), "[secret]", "someone else remembers it still");
    again();
    assert.equal(redactor.redact(secret), secret);
  });

  it("takes out the longer of two secrets of which one is in the other, and no ordinary short words", () => {
    const redactor = createRedactor();
    redactor.remember("hunter");
    redactor.remember("hunter-two-and-more");
    redactor.remember("a");
    assert.equal(redactor.redact("a hunter-two-and-more"), "a [secret]");
  });

  it("is quick with a long line", () => {
    const redactor = createRedactor();
    const pieces = [
      "a",
      "A1b/",
      "code=",
      "eyJ.",
      "eyJa",
      "://",
      "://a:",
      'password="',
      "token=",
      "Session",
      "x_",
      "'",
      " ",
      "A2",
    ];
    for (const piece of pieces) {
      const text = piece.repeat(100_000 / piece.length);
      const before = performance.now();
      redactor.redact(text);
      assert.ok(performance.now() - before < 1000, piece);
    }
  });
});
