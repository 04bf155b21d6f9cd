import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createMetadata, instanceRoleKey } from "../../lab/host/metadata.ts";

describe("the stand-in for the instance metadata service", () => {
  let server: Server;
  let base: string;
  let time = 0;

  before(async () => {
    server = createServer(createMetadata("eu-central-1", () => time)).listen(0, "127.0.0.1");
    await once(server, "listening");
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/latest`;
  });
  after(() => server.close());

  const token = async (seconds: string) =>
    fetch(`${base}/api/token`, { method: "PUT", headers: { "X-aws-ec2-metadata-token-ttl-seconds": seconds } });
  const get = (path: string, value: string) =>
    fetch(`${base}${path}`, { headers: { "X-aws-ec2-metadata-token": value } });

  it("answers nothing without a token", async () => {
    assert.equal((await fetch(`${base}/meta-data/iam/security-credentials/`)).status, 401);
    assert.equal((await get("/meta-data/instance-id", "made up")).status, 401);
  });

  it("answers the role's recognisable key to who has a token, until that expires", async () => {
    const value = await (await token("60")).text();
    const role = await (await get("/meta-data/iam/security-credentials/", value)).text();
    const answer = await get(`/meta-data/iam/security-credentials/${role}`, value);
    assert.equal(((await answer.json()) as { AccessKeyId: string }).AccessKeyId, instanceRoleKey);
    assert.equal((await get("/meta-data/nothing", value)).status, 404);
    time += 61_000;
    assert.equal((await get("/meta-data/instance-id", value)).status, 401);
  });

  it("gives no token to a proxy's request, nor for a wrong time", async () => {
    for (const seconds of ["0", "21601", "x"]) assert.equal((await token(seconds)).status, 400);
    const forwarded = await fetch(`${base}/api/token`, {
      method: "PUT",
      headers: { "X-aws-ec2-metadata-token-ttl-seconds": "60", "X-Forwarded-For": "192.0.2.1" },
    });
    assert.equal(forwarded.status, 403);
  });
});
