import assert from "node:assert/strict";
import { parseApplicable } from "../../../../src/core/host/applicable.ts";
import { type HostFacts, hostValues, isAtLeast } from "../../../../src/core/host/values.ts";
import { goodHostFile } from "./nonsense.ts";

export const debianFacts: HostFacts = {
  nginxVersion: "1.22.1",
  nginx: "/usr/sbin/nginx",
  redisServer: "/usr/bin/redis-server",
  node: "/opt/gatehouse/lib/code-server/lib/node",
  ipv6: true,
  home: "/home/developer",
  group: "developer",
  version: "0.2.0",
};

describe("values of the host's templates", () => {
  const parsed = parseApplicable(JSON.stringify(goodHostFile), "f");
  assert.ok("file" in parsed);
  const { file } = parsed;

  it("come from host.json and the host", () => {
    const values = hostValues(file, debianFacts);
    assert.equal(values.issuer, "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI");
    assert.equal(
      values.logoutUrl,
      "https://login.example.com/logout?client_id=2gate3456789&logout_uri=https%3A%2F%2Fide.example.com%2Fgatehouse%2Fsigned-out",
    );
    assert.equal(values.certificateDirectory, "/etc/letsencrypt/live/ide.example.com");
    assert.equal(values.sessionHours, "72");
    assert.equal(values.sessionSeconds, "259200");
    assert.deepEqual([values.strict, values.developer, values.hasAllowedGroups], [true, false, true]);
  });

  it("know from which version on nginx has a directive for HTTP/2", () => {
    const directive = (nginxVersion: string) => hostValues(file, { ...debianFacts, nginxVersion }).http2Directive;
    assert.deepEqual(["1.22.1", "1.25.0", "1.25.1", "1.30.7", "2.0.0"].map(directive), [
      false,
      false,
      true,
      true,
      true,
    ]);
    assert.ok(isAtLeast("7.15.5", [7, 15, 5]) && !isAtLeast("7.9", [7, 15]) && isAtLeast("8", [7, 15]));
  });
});
