import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createClock } from "../../../../src/core/cognito/clock.ts";
import { createTokenVerifier } from "../../../../src/core/cognito/verification.ts";
import { GatehouseError } from "../../../../src/core/errors.ts";
import { startWebServer, type WebServer } from "../../../fakes/webServer.ts";

const userPoolId = "eu-west-1_Ab3dEf9hI";
const clientId = "client-1";
const issuer = `https://cognito-idp.eu-west-1.amazonaws.com/${userPoolId}`;
const start = Math.floor(Date.UTC(2026, 5, 1, 12) / 1000);

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

describe("token verification", function () {
  this.timeout(10_000);
  let keys: Pair;
  let newKeys: Pair;
  let server: WebServer;
  /** What the server answers for the key set. */
  let answer: { status: number; body: string };
  let publicKeys: (pairs: readonly [string, Pair][]) => Promise<string>;
  let paths: string[];

  before(async () => {
    keys = await generateKeyPair("RS256");
    newKeys = await generateKeyPair("RS256");
    publicKeys = async (pairs) =>
      JSON.stringify({
        keys: await Promise.all(
          pairs.map(async ([kid, { publicKey }]) => ({
            ...(await exportJWK(publicKey)),
            kid,
            alg: "RS256",
            use: "sig",
          })),
        ),
      });
  });
  beforeEach(async () => {
    paths = [];
    answer = { status: 200, body: await publicKeys([["k1", keys]]) };
    server = await startWebServer((request, response) => {
      paths.push(request.url ?? "");
      response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
    });
  });
  afterEach(() => server.close());

  const token = (claims: Record<string, unknown> = {}, kid = "k1", pair = keys) =>
    new SignJWT({
      sub: "sub-1",
      aud: clientId,
      iss: issuer,
      token_use: "id",
      iat: start,
      exp: start + 3600,
      auth_time: start - 5,
      "cognito:username": "ada",
      email: "ada@example.com",
      origin_jti: "origin-1",
      "cognito:roles": ["arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b"],
      "cognito:preferred_role": "arn:aws:iam::1:role/b",
      "cognito:groups": ["g"],
      ...claims,
    })
      .setProtectedHeader({ alg: "RS256", kid })
      .sign(pair.privateKey);

  /** A verifier on a machine whose clock shows `at` (seconds), with what Cognito's Date header said. */
  function verifierAt(at = start + 10, cognito?: number) {
    const clock = createClock(() => at * 1000);
    if (cognito !== undefined) clock.observe(new Date(cognito * 1000).toUTCString(), at * 1000, at * 1000);
    const configuration = { region: "eu-west-1", userPoolId, clientId, userPoolEndpoint: `${server.address}/` };
    return createTokenVerifier(configuration, clock);
  }
  const verify = async (idToken: string | Promise<string>, verifier = verifierAt()) =>
    verifier.verify({ idToken: await idToken, accessToken: "access", refreshToken: "refresh", expiresIn: 3600 });
  async function refusal(idToken: string | Promise<string>, verifier = verifierAt()): Promise<GatehouseError> {
    const error: unknown = await verify(idToken, verifier).then(
      () => assert.fail("the token was taken"),
      (error) => error,
    );
    assert.ok(error instanceof GatehouseError, String(error));
    return error;
  }

  it("takes a good token and reads its claims", async () => {
    assert.deepEqual(await verify(token()), {
      idToken: await token(),
      accessToken: "access",
      refreshToken: "refresh",
      expiresAt: (start + 3600) * 1000,
      claims: {
        sub: "sub-1",
        username: "ada",
        email: "ada@example.com",
        roles: ["arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b"],
        preferredRole: "arn:aws:iam::1:role/b",
        groups: ["g"],
        originJti: "origin-1",
        authTime: start - 5,
        exp: start + 3600,
      },
    });
    assert.deepEqual(paths, [`/${userPoolId}/.well-known/jwks.json`]);
  });

  it("takes a token without roles, groups and e-mail", async () => {
    const bare = { "cognito:roles": undefined, "cognito:groups": undefined, email: undefined, origin_jti: undefined };
    const { claims } = await verify(token({ ...bare, "cognito:preferred_role": undefined }));
    assert.deepEqual(claims, {
      sub: "sub-1",
      username: "ada",
      roles: [],
      groups: [],
      authTime: start - 5,
      exp: start + 3600,
    });
  });

  it("takes the issuer of a pool that is replicated over regions", async () => {
    await verify(token({ iss: `https://issuer-cognito-idp.eu-west-1.amazonaws.com/${userPoolId}` }));
  });

  it("counts the access token's end where it is earlier", async () => {
    const received = { idToken: await token(), accessToken: "a", refreshToken: "r", expiresIn: 300 };
    assert.equal((await verifierAt().verify(received)).expiresAt, (start + 300) * 1000);
  });

  for (const [name, claims, detail] of [
    ["another issuer", { iss: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other" }, /issuer/i],
    ["another audience", { aud: "client-2" }, /client/i],
    ["an access token", { token_use: "access", client_id: clientId, aud: undefined }, /use/i],
    ["an expired token", { iat: start - 7200, exp: start - 3600 }, /expired/],
    ["a token from the future", { iat: start + 3600, exp: start + 7200 }, /future/],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const { code, params } = await refusal(token(claims), verifierAt(start + 10, start + 10));
      assert.equal(code, "tokenInvalid");
      assert.match(String(params["detail"]), detail);
    });
  }

  it("refuses a changed token, one without signature, one signed by another key, and what is no token", async () => {
    const good = await token();
    const [head = "", , signature = ""] = good.split(".");
    const payload = Buffer.from(
      JSON.stringify({
        ...JSON.parse(Buffer.from(good.split(".")[1] ?? "", "base64url").toString()),
        email: "eve@example.com",
      }),
    );
    const none = Buffer.from('{"alg":"none","kid":"k1"}').toString("base64url");
    for (const bad of [
      `${head}.${payload.toString("base64url")}.${signature}`,
      `${none}.${good.split(".")[1]}.`,
      await token({}, "k1", newKeys),
      "rubbish",
      "",
    ]) {
      const problem = await refusal(bad);
      assert.equal(problem.code, "tokenInvalid");
      assert.doesNotMatch(JSON.stringify(problem.params), /eyJ/);
    }
  });

  it("fetches the keys once for many tokens, and again for a key that is new", async () => {
    const verifier = verifierAt();
    await Promise.all([verifier.prepare(), verifier.prepare()]);
    await verify(token(), verifier);
    await verify(token(), verifier);
    assert.equal(server.requests(), 1);
    answer.body = await publicKeys([
      ["k1", keys],
      ["k2", newKeys],
    ]);
    await verify(token({}, "k2", newKeys), verifier);
    assert.equal(server.requests(), 2);
  });

  it("doesn't ask again and again for a key that isn't there", async () => {
    const verifier = verifierAt();
    for (let i = 0; i < 5; i++) assert.equal((await refusal(token({}, "k9", newKeys), verifier)).code, "tokenInvalid");
    assert.equal(server.requests(), 1);
  });

  it("says what could not be reached when the keys can't be fetched, and tries again the next time", async () => {
    const verifier = verifierAt();
    answer.status = 503;
    const { code, params } = await refusal(token(), verifier);
    assert.deepEqual([code, params["endpoint"], params["status"]], ["serverError", server.address, 503]);
    await assert.rejects(verifier.prepare(), { code: "serverError" });
    answer.status = 200;
    await verifier.prepare();
    await verify(token(), verifier);
  });

  it("names endpoint and setting when nobody answers for the keys, or somebody sends them elsewhere", async () => {
    for (const userPoolEndpoint of ["http://127.0.0.1:1", server.address]) {
      answer.status = 302;
      const configuration = { region: "eu-west-1", userPoolId, clientId, userPoolEndpoint };
      const { code, params } = await refusal(token(), createTokenVerifier(configuration, createClock()));
      assert.deepEqual(
        [code, params["endpoint"], params["setting"]],
        ["unreachable", userPoolEndpoint, "cognito.userPoolEndpoint"],
      );
    }
  });

  for (const body of ["<html>", "{}", '{"keys":[{"kid":"k1"}]}', "null"]) {
    it(`refuses a key set that is none: ${body}`, async () => {
      answer.body = body;
      assert.ok(["tokenInvalid", "unreachable"].includes((await refusal(token())).code));
      await assert.rejects(verifierAt().prepare(), GatehouseError);
    });
  }

  it("goes by Cognito's clock when this machine's is wrong", async () => {
    for (const offset of [-86_400, -7200, 7200, 86_400]) {
      const { expiresAt } = await verify(token(), verifierAt(start + 10 + offset, start + 10));
      assert.ok(Math.abs(expiresAt / 1000 - (start + 3600 + offset)) < 2);
    }
  });

  it("names the clock when it must be what is wrong", async () => {
    const slow = await refusal(token(), verifierAt(start - 900));
    assert.deepEqual([slow.code, slow.params], ["clockSkew", { offsetSeconds: -900 }]);
    const fast = await refusal(token(), verifierAt(start + 7200));
    assert.deepEqual([fast.code, fast.params], ["clockSkew", { offsetSeconds: 7200 }]);
  });
});
