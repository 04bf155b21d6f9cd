import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClock } from "../../../../src/core/cognito/clock.ts";
import { createUserPool } from "../../../../src/core/cognito/userPool.ts";
import { GatehouseError } from "../../../../src/core/errors.ts";
import { startWebServer, type WebServer } from "../../../fakes/webServer.ts";

const setting = "cognito.userPoolEndpoint";

function userPoolAt(endpoint: string, now: () => number = Date.now) {
  const clock = createClock(now);
  const configuration = {
    region: "eu-west-1",
    userPoolId: "eu-west-1_Pool",
    clientId: "client",
    userPoolEndpoint: endpoint,
  };
  return { clock, pool: createUserPool(configuration, clock) };
}

/** The problem that a call ends in. */
async function problemOf(call: Promise<unknown>): Promise<GatehouseError> {
  const error = await call.then(
    () => assert.fail("the call succeeded"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof GatehouseError, String(error));
  return error;
}

/** An answer as Cognito gives it. */
function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1", ...headers }).end(JSON.stringify(body));
}

describe("the way to the user pool", function () {
  this.timeout(15_000);
  const servers: WebServer[] = [];
  const serve = async (answer: (request: IncomingMessage, response: ServerResponse, count: number) => void) => {
    const server = await startWebServer(answer);
    servers.push(server);
    return server;
  };
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

  it("names endpoint and setting when nobody listens", async () => {
    const server = await startWebServer(() => {});
    await server.close();
    const { code, params } = await problemOf(userPoolAt(server.address).pool.initiateSrp("ada", "02"));
    assert.equal(code, "unreachable");
    assert.equal(params["endpoint"], server.address);
    assert.equal(params["setting"], setting);
    assert.match(String(params["detail"]), /ECONNREFUSED/);
  });

  it("names the region where the address is AWS's own and its name is not known", async () => {
    const configuration = { region: "eu-nowhere-1", userPoolId: "eu-nowhere-1_P", clientId: "c" };
    const pool = createUserPool(configuration, createClock());
    const { code, params } = await problemOf(pool.initiateSrp("ada", "02"));
    assert.equal(code, "unreachable");
    assert.equal(params["endpoint"], "https://cognito-idp.eu-nowhere-1.amazonaws.com");
    assert.equal(params["setting"], "cognito.region");
  });

  it("gives up within about ten seconds when the server never answers", async () => {
    const server = await serve(() => {});
    const before = Date.now();
    const { code, params } = await problemOf(userPoolAt(server.address).pool.initiateSrp("ada", "02"));
    assert.equal(code, "unreachable");
    assert.match(String(params["detail"]), /no answer/);
    assert.ok(Date.now() - before < 12_000);
  });

  it("stops at once when it is cancelled", async () => {
    const controller = new AbortController();
    const server = await serve(() => controller.abort());
    const { code } = await problemOf(userPoolAt(server.address).pool.initiateSrp("ada", "02", controller.signal));
    assert.equal(code, "cancelled");
    assert.equal(server.requests(), 1);
    const { code: again } = await problemOf(
      userPoolAt(server.address).pool.initiateSrp("ada", "02", controller.signal),
    );
    assert.equal(again, "cancelled");
    assert.equal(server.requests(), 1);
  });

  it("tries again after a 500 and goes on", async () => {
    const server = await serve((_, response, count) => {
      if (count < 3) answerJson(response, 500, { __type: "InternalErrorException", message: "oops" });
      else answerJson(response, 200, { ChallengeName: "PASSWORD_VERIFIER", ChallengeParameters: { SALT: "1" } });
    });
    const answer = await userPoolAt(server.address).pool.initiateSrp("ada", "02");
    assert.deepEqual(answer, {
      kind: "challenge",
      challenge: { name: "PASSWORD_VERIFIER", parameters: { SALT: "1" } },
    });
    assert.equal(server.requests(), 3);
  });

  for (const [what, body, type] of [
    ["Cognito's 500", '{"__type":"InternalErrorException","message":"oops"}', "application/x-amz-json-1.1"],
    ["a gateway's 502 page", "<html>Bad gateway</html>", "text/html"],
    ["an empty 503", "", "text/plain"],
  ] as const) {
    it(`reports ${what} after three attempts`, async () => {
      const status = Number(/\d{3}/.exec(what)?.[0]);
      const server = await serve((_, response) => response.writeHead(status, { "content-type": type }).end(body));
      const { code, params } = await problemOf(userPoolAt(server.address).pool.initiateSrp("ada", "02"));
      assert.deepEqual([code, params["status"], params["endpoint"]], ["serverError", status, server.address]);
      assert.equal(server.requests(), 3);
    });
  }

  for (const [type, status] of [
    ["TooManyRequestsException", 400],
    ["ThrottlingException", 400],
    ["", 429],
  ] as const) {
    it(`reports throttling (${type || status}) after three attempts`, async () => {
      const server = await serve((_, response) =>
        answerJson(response, status, { __type: type, message: "Rate exceeded" }),
      );
      const { code, params } = await problemOf(userPoolAt(server.address).pool.initiateSrp("ada", "02"));
      assert.deepEqual([code, params["endpoint"]], ["throttled", server.address]);
      assert.equal(server.requests(), 3);
    });
  }

  for (const [what, status, type, body] of [
    ["a web page", 200, "text/html", "<!doctype html><title>Welcome</title>"],
    ["a 404 page", 404, "text/html", "<html>Not found</html>"],
    ["JSON of something else", 404, "application/json", '{"error":"no such route"}'],
    ["nothing", 200, "application/x-amz-json-1.1", ""],
    ["a 403 of a private API", 403, "application/json", '{"message":"Forbidden"}'],
  ] as const) {
    it(`says that something else than Cognito answers: ${what}`, async () => {
      const server = await serve((_, response) => response.writeHead(status, { "content-type": type }).end(body));
      const { code, params } = await problemOf(userPoolAt(server.address).pool.initiateSrp("ada", "02"));
      assert.deepEqual([code, params["setting"]], ["unreachable", setting], JSON.stringify(params));
    });
  }

  it("tries again when the connection breaks", async () => {
    const server = await serve((request, response, count) => {
      if (count === 1) request.socket.destroy();
      else answerJson(response, 200, { ChallengeName: "SMS_MFA", Session: "s" });
    });
    const answer = await userPoolAt(server.address).pool.initiateSrp("ada", "02");
    assert.equal(answer.kind, "challenge");
  });

  it("says that plain http is spoken where TLS is expected", async () => {
    const server = await serve((_, response) => response.end());
    const address = server.address.replace("http:", "https:");
    const { code, params } = await problemOf(userPoolAt(address).pool.initiateSrp("ada", "02"));
    assert.equal(code, "tls");
    assert.deepEqual([params["endpoint"], params["setting"]], [address, setting]);
  });

  it("reports a server that is no HTTP server", async () => {
    const server = createTcpServer((socket) =>
      socket.on("error", () => {}).write("SSH-2.0-OpenSSH\r\n", () => socket.destroySoon()),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code } = await problemOf(userPoolAt(address).pool.initiateSrp("ada", "02"));
    assert.equal(code, "unreachable");
    await new Promise((resolve) => server.close(resolve));
  });

  describe("with a certificate that nobody signed", () => {
    let directory: string;
    let tls: { key: string; cert: string };
    before(() => {
      directory = mkdtempSync(join(tmpdir(), "gatehouse-tls-"));
      const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")] as const;
      const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost";
      execFileSync("openssl", [...request.split(" "), "-keyout", key, "-out", cert], { stdio: "ignore" });
      tls = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
    });
    after(() => rmSync(directory, { recursive: true, force: true }));

    it("reports TLS with the reason, endpoint and setting", async () => {
      const server = await startWebServer(() => {}, tls);
      servers.push(server);
      const { code, params } = await problemOf(userPoolAt(server.address).pool.initiateSrp("ada", "02"));
      assert.equal(code, "tls");
      assert.deepEqual([params["endpoint"], params["setting"]], [server.address, setting]);
      assert.match(String(params["detail"]), /self-signed certificate.*DEPTH_ZERO_SELF_SIGNED_CERT/);
      assert.equal(server.requests(), 0);
    });
  });

  it("looks for no AWS credentials, no region and no profile", async () => {
    const home = mkdtempSync(join(tmpdir(), "gatehouse-home-"));
    let headers: IncomingMessage["headers"] = {};
    const server = await serve((request, response) => {
      headers = request.headers;
      answerJson(response, 200, { ChallengeName: "SMS_MFA", Session: "s" });
    });
    const saved = { ...process.env };
    Object.assign(process.env, {
      HOME: home,
      AWS_PROFILE: "missing",
      AWS_ENDPOINT_URL: "http://127.0.0.1:1",
      AWS_USE_FIPS_ENDPOINT: "true",
      AWS_MAX_ATTEMPTS: "nonsense",
    });
    try {
      await userPoolAt(server.address).pool.initiateSrp("ada", "02");
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
      Object.assign(process.env, saved);
      rmSync(home, { recursive: true, force: true });
    }
    assert.equal(headers.authorization, undefined);
    assert.equal(headers["x-amz-target"], "AWSCognitoIdentityProviderService.InitiateAuth");
  });

  for (const offset of [-7200, 0, 1, 400, 86_400]) {
    it(`measures a clock that is ${offset} s off from a refusal's Date header`, async () => {
      const now = () => Date.now() + offset * 1000;
      const server = await serve((_, response) => {
        const headers = { date: new Date().toUTCString() };
        answerJson(response, 400, { __type: "UserNotFoundException", message: "User does not exist." }, headers);
      });
      const { clock, pool } = userPoolAt(server.address, now);
      assert.equal(clock.offsetSeconds(), undefined);
      await problemOf(pool.initiateSrp("ada", "02"));
      assert.ok(Math.abs((clock.offsetSeconds() ?? Number.NaN) - offset) <= 1, String(clock.offsetSeconds()));
      assert.ok(Math.abs(clock.cognito() - Date.now()) < 2000);
    });
  }
});
