import assert from "node:assert/strict";
import { createTokenSource } from "../../../../src/core/cognito/tokens.ts";
import { GatehouseError } from "../../../../src/core/errors.ts";
import { silent } from "../../../../src/core/log.ts";
import { PliantVerifier, RotatingPool } from "../../../fakes/rotation.ts";

const configuration = { region: "eu-west-1", userPoolId: "eu-west-1_P", clientId: "c" };

describe("token source", () => {
  it("doesn't use up a refresh token while the pool's keys can't be fetched", async () => {
    const userPool = new RotatingPool();
    const verifier = new PliantVerifier();
    const source = createTokenSource({ configuration, log: silent, userPool, verifier });
    verifier.prepareError = new GatehouseError("unreachable");
    await assert.rejects(source.refresh("r1"), { code: "unreachable" });
    assert.equal(userPool.current, "r1");
    verifier.prepareError = undefined;
    assert.equal((await source.refresh("r1")).refreshToken, "r2");
  });

  it("goes on with the rotated token when the answer that brought it could not be verified", async () => {
    const userPool = new RotatingPool();
    const verifier = new PliantVerifier();
    const source = createTokenSource({ configuration, log: silent, userPool, verifier });
    for (let i = 0; i < 2; i++) {
      verifier.verifyError = new GatehouseError("unreachable");
      await assert.rejects(source.refresh("r1"), { code: "unreachable" });
    }
    verifier.verifyError = undefined;
    assert.equal((await source.refresh("r1")).refreshToken, "r4");
    assert.equal((await source.refresh("r4")).refreshToken, "r5");
  });

  it("revokes the rotated token when its holder knows only the one before", async () => {
    const userPool = new RotatingPool();
    const verifier = new PliantVerifier();
    const source = createTokenSource({ configuration, log: silent, userPool, verifier });
    verifier.verifyError = new GatehouseError("unreachable");
    await assert.rejects(source.refresh("r1"));
    await source.revoke("r1");
    assert.deepEqual(userPool.revoked, ["r2"]);
  });
});
