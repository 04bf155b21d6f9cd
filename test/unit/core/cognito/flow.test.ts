import assert from "node:assert/strict";
import { createClock } from "../../../../src/core/cognito/clock.ts";
import { createFlow } from "../../../../src/core/cognito/flow.ts";
import type { AuthAnswer } from "../../../../src/core/cognito/userPool.ts";
import { GatehouseError } from "../../../../src/core/errors.ts";
import type { Log } from "../../../../src/core/log.ts";
import { PliantVerifier } from "../../../fakes/rotation.ts";
import { ScriptedPool } from "../../../fakes/scriptedPool.ts";
import { brief } from "./emulated.ts";

const configuration = { region: "eu-west-1", userPoolId: "eu-west-1_Pool", clientId: "client" };
const challenge = (name: string, parameters: Record<string, string> = {}): AuthAnswer => ({
  kind: "challenge",
  challenge: { name, parameters, session: "session-of-the-challenge" },
});
const passwordVerifier = challenge("PASSWORD_VERIFIER", {
  USER_ID_FOR_SRP: "sub-1",
  SALT: "0123456789abcdef",
  SRP_B: "abcdef",
  SECRET_BLOCK: "AAAA",
});
const tokens: AuthAnswer = {
  kind: "tokens",
  tokens: { idToken: "the-id-token", accessToken: "the-access-token", refreshToken: "the-refresh-token", expiresIn: 1 },
};

class LogLines implements Log {
  readonly lines: string[] = [];
  readonly debug = (line: string) => void this.lines.push(line);
  readonly info = this.debug;
  readonly warn = this.debug;
  readonly error = this.debug;
}

function flowOver(userPool: ScriptedPool, now = Date.now, verifier = new PliantVerifier()) {
  const log = new LogLines();
  const clock = createClock(now);
  return { clock, log, flow: createFlow({ configuration, log, clock, userPool, verifier }) };
}

describe("sign-in flow", () => {
  it("signs with Cognito's time, as its name for the user, where this machine's clock is wrong", async () => {
    const userPool = new ScriptedPool(passwordVerifier, challenge("SOFTWARE_TOKEN_MFA"));
    const local = Date.UTC(2026, 4, 9, 10, 0, 0);
    const { clock, flow } = flowOver(userPool, () => local);
    clock.observe(new Date(local - 7_200_000).toUTCString(), local, local);
    await flow.start("ada");
    assert.equal(brief(await flow.answer({ kind: "password", password: "secret" })), "totp");
    const { TIMESTAMP, USERNAME } = userPool.asked[1]?.values ?? {};
    assert.match(String(TIMESTAMP), /^Sat May 9 0[78]:(59|00):\d\d UTC 2026$/);
    assert.equal(USERNAME, "sub-1");
  });

  it("revokes tokens that could not be verified, since nobody gets them", async () => {
    const userPool = new ScriptedPool(passwordVerifier, tokens);
    const verifier = new PliantVerifier();
    for (const code of ["tokenInvalid", "cancelled"] as const) {
      verifier.verifyError = new GatehouseError(code);
      const { flow } = flowOver(userPool, Date.now, verifier);
      await flow.start("ada");
      await flow.answer({ kind: "password", password: "secret" });
      assert.deepEqual(userPool.asked.at(-1), { call: "revoke", values: { refreshToken: "the-refresh-token" } });
      userPool.asked.length = 0;
    }
  });

  it("ends in an orderly way when Cognito's values are rubbish", async () => {
    for (const parameters of [{}, { SALT: "xyz", SRP_B: "abc" }, { SALT: "ab", SRP_B: "00" }]) {
      const { flow } = flowOver(new ScriptedPool(challenge("PASSWORD_VERIFIER", parameters)));
      await flow.start("ada");
      assert.equal(brief(await flow.answer({ kind: "password", password: "secret" })), "failed internal");
    }
  });

  it("doesn't go in circles when every session string counts as expired", async () => {
    const userPool = new ScriptedPool(
      passwordVerifier,
      challenge("SOFTWARE_TOKEN_MFA"),
      new GatehouseError("flowExpired"),
      passwordVerifier,
      challenge("SOFTWARE_TOKEN_MFA"),
      new GatehouseError("flowExpired"),
    );
    const { flow } = flowOver(userPool);
    await flow.start("ada");
    await flow.answer({ kind: "password", password: "secret" });
    assert.equal(brief(await flow.answer({ kind: "totp", code: "123456" })), "password !flowExpired");
    assert.equal(userPool.asked.length, 6);
  });

  it("writes no password, code, session string or token into the log", async () => {
    const userPool = new ScriptedPool(
      passwordVerifier,
      challenge("SOFTWARE_TOKEN_MFA"),
      new GatehouseError("wrongCode"),
      tokens,
    );
    const { flow, log } = flowOver(userPool);
    await flow.start("ada");
    await flow.answer({ kind: "password", password: "secret-password" });
    await flow.answer({ kind: "totp", code: "135790" });
    assert.equal(brief(await flow.answer({ kind: "totp", code: "246801" })), "tokens");
    assert.ok(log.lines.length > 0);
    assert.doesNotMatch(log.lines.join("\n"), /secret-password|135790|246801|session-of|the-\w+-token|ada/);
  });

  it("refuses answers before the start", async () => {
    const { flow } = flowOver(new ScriptedPool(tokens));
    assert.equal(brief(await flow.answer({ kind: "password", password: "x" })), "failed flowUnknown");
    assert.equal(brief(await flow.start("ada")), "password");
  });
});
