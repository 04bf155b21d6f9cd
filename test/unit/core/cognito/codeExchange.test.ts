import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createCodeExchange, type Grant } from "../../../../src/core/cognito/codeExchange.ts";
import type { CognitoConfiguration } from "../../../../src/core/cognito/configuration.ts";
import { createAuthorization } from "../../../../src/core/cognito/managedLogin.ts";
import { createTokenSource } from "../../../../src/core/cognito/tokens.ts";
import { silent } from "../../../../src/core/log.ts";
import { addBranding, addDomain, oauthSettings } from "../../../cognito/managedLogin/setUp.ts";
import { Visitor } from "../../../cognitoProof/managedLoginSite.ts";
import { type Emulated, startEmulated } from "./emulated.ts";

const redirectUri = "https://ide.example.com/gatehouse/callback";
const password = "Correct-Horse-7";

describe("code exchange", function () {
  this.timeout(30_000);
  let emulated: Emulated;
  /** A token endpoint in front of the emulator's, that a test can spoil. */
  let front: Server;
  let answer: (request: IncomingMessage, body: string, response: ServerResponse) => Promise<void>;
  const bodies: string[] = [];
  /** What the emulator answered last. */
  let issued: Record<string, string> = {};

  before(async () => {
    emulated = await startEmulated();
    front = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request.setEncoding("utf8")) body += chunk;
      bodies.push(body);
      await answer(request, body, response);
    }).listen(0, "127.0.0.1");
    await once(front, "listening");
  });

  after(async () => {
    front.close();
    await emulated.stop();
  });

  const forward = async (
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
    spoil = (text: string) => text,
  ): Promise<void> => {
    const { "content-type": type = "", authorization } = request.headers;
    const headers = { "Content-Type": type, ...(authorization && { Authorization: authorization }) };
    const answered = await fetch(`${emulated.endpoint}/oauth2/token`, { method: "POST", body, headers });
    const text = await answered.text();
    issued = JSON.parse(text) as typeof issued;
    response.writeHead(answered.status, { "Content-Type": "application/json" }).end(spoil(text));
  };

  beforeEach(() => {
    answer = forward;
    issued = {};
    bodies.length = 0;
  });

  let count = 0;
  async function pool(client = {}): Promise<CognitoConfiguration> {
    const settings = { ...oauthSettings, CallbackURLs: [redirectUri], ...client };
    const configuration = await emulated.pool({}, settings);
    await emulated.user(configuration, "yuki", password);
    await addDomain(emulated.userPools, configuration.userPoolId, `exchange-${++count}`);
    await addBranding(emulated.userPools, configuration.userPoolId, configuration.clientId);
    return { ...configuration, domain: `localhost:${(front.address() as AddressInfo).port}` };
  }

  async function grant(configuration: CognitoConfiguration): Promise<Grant> {
    const { url, nonce, verifier } = createAuthorization(configuration, redirectUri, undefined);
    const visitor = new Visitor(emulated, { host: `exchange-${count}.localhost` });
    const { pathname, search } = new URL(url);
    const { location } = await visitor.signIn(pathname + search, "yuki", password);
    return { code: location?.searchParams.get("code") ?? "", nonce, verifier, redirectUri };
  }

  const redeem = (configuration: CognitoConfiguration, asked: Grant, signal?: AbortSignal) =>
    createCodeExchange({ configuration, log: silent }).redeem(asked, signal);

  async function assertRevoked(configuration: CognitoConfiguration): Promise<void> {
    assert.ok(issued["refresh_token"]);
    const source = createTokenSource({ configuration, log: silent });
    await assert.rejects(source.refresh(issued["refresh_token"]), { code: "sessionEnded" });
  }

  for (const secret of [false, true]) {
    it(`brings verified tokens that can be renewed, for a client with${secret ? "" : "out"} a secret`, async () => {
      const configuration = await pool({ GenerateSecret: secret });
      const { tokens } = await redeem(configuration, await grant(configuration));
      assert.equal(tokens.claims.email, "yuki@example.com");
      assert.equal(tokens.claims.emailVerified, true);
      assert.ok(Math.abs(tokens.expiresAt - Date.now() - 3_600_000) < 60_000);
      assert.match(bodies[0] ?? "", /grant_type=authorization_code/);
      const again = await createTokenSource({ configuration, log: silent }).refresh(tokens.refreshToken);
      assert.equal(again.claims.sub, tokens.claims.sub);
    });
  }

  it("takes tokens by Cognito's clock, however wrong this machine's is", async () => {
    const configuration = await pool();
    const exchange = createCodeExchange({ configuration, log: silent, now: () => Date.now() - 7_200_000 });
    const { clockOffsetSeconds } = await exchange.redeem(await grant(configuration));
    assert.ok(Math.abs((clockOffsetSeconds ?? 0) + 7200) < 5);
  });

  it("refuses a code for the second time", async () => {
    const configuration = await pool();
    const asked = await grant(configuration);
    await redeem(configuration, asked);
    const again = redeem(configuration, asked);
    await assert.rejects(again, { code: "signInRefused", params: { detail: "invalid_grant" } });
  });

  it("refuses another verifier and another address", async () => {
    const configuration = await pool();
    for (const change of [{ verifier: "A".repeat(43) }, { redirectUri: `${redirectUri}/` }]) {
      const asked = { ...(await grant(configuration)), ...change };
      await assert.rejects(redeem(configuration, asked), { code: "signInRefused" });
    }
  });

  it("says that the client is wrong where Cognito says so", async () => {
    const configuration = await pool();
    const asked = await grant(configuration);
    const other = redeem({ ...configuration, clientId: "nobody" }, asked);
    await assert.rejects(other, {
      code: "clientMisconfigured",
      params: { setting: "cognito.clientId", detail: "invalid_client" },
    });
  });

  it("revokes what came with another nonce", async () => {
    const configuration = await pool();
    const asked = { ...(await grant(configuration)), nonce: "A".repeat(43) };
    await assert.rejects(redeem(configuration, asked), { code: "tokenInvalid" });
    await assertRevoked(configuration);
  });

  it("revokes what came when nobody waited any more", async () => {
    const configuration = await pool();
    const abort = new AbortController();
    answer = async (request, body, response) => {
      abort.abort();
      await forward(request, body, response);
    };
    await assert.rejects(redeem(configuration, await grant(configuration), abort.signal), { code: "cancelled" });
    await assertRevoked(configuration);
  });

  it("revokes what was signed by nobody it knows", async () => {
    const configuration = await pool();
    answer = (request, body, response) =>
      forward(request, body, response, (text) => {
        const tokens = JSON.parse(text) as { id_token: string };
        const [head, payload, signature = ""] = tokens.id_token.split(".");
        const wrong = `${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
        return JSON.stringify({ ...tokens, id_token: `${head}.${payload}.${wrong}` });
      });
    await assert.rejects(redeem(configuration, await grant(configuration)), { code: "tokenInvalid" });
    await assertRevoked(configuration);
  });

  it("asks nothing of Cognito when it was given up before", async () => {
    const configuration = await pool();
    await assert.rejects(redeem(configuration, await grant(configuration), AbortSignal.abort()), { code: "cancelled" });
    assert.equal(bodies.length, 0);
  });

  for (const [what, status, type, body, code] of [
    ["503", 503, "application/json", "{}", "serverError"],
    ["too many requests", 429, "application/json", "{}", "throttled"],
    ["a page that is not there", 404, "text/html", "<p>", "unreachable"],
    ["a page in place of tokens", 200, "text/html", "<p>", "unreachable"],
    ["something that is no JSON", 200, "application/json", "{", "unreachable"],
    ["no tokens at all", 200, "application/json", "{}", "tokenInvalid"],
    ["no id token", 200, "application/json", '{"access_token":"a","token_type":"Bearer"}', "tokenInvalid"],
    ["a refusal in no known words", 400, "text/plain", "no", "unreachable"],
  ] as const) {
    it(`takes ${what} for what it is`, async () => {
      const configuration = await pool();
      const asked = await grant(configuration);
      answer = async (_request, _body, response) => void response.writeHead(status, { "Content-Type": type }).end(body);
      await assert.rejects(redeem(configuration, asked), (error: { code: string; params: Record<string, string> }) => {
        assert.equal(error.code, code, JSON.stringify(error.params));
        if (code !== "tokenInvalid") assert.match(error.params["endpoint"] ?? "", /^http:\/\/127/);
        return true;
      });
    });
  }

  it("names the setting when nothing answers, and when there is no domain", async () => {
    const configuration = await pool();
    const asked = await grant(configuration);
    const gone = redeem({ ...configuration, domain: "localhost:9" }, asked);
    await assert.rejects(gone, (error: { code: string; params: Record<string, string> }) => {
      assert.equal(error.code, "unreachable");
      assert.equal(error.params["setting"], "cognito.domain");
      return true;
    });
    const { domain: _, ...without } = configuration;
    const unknown = { code: "browserSignInUnavailable", params: { setting: "cognito.domain" } };
    await assert.rejects(redeem(without, asked), unknown);
  });
});
