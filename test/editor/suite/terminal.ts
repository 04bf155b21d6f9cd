import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { settings } from "../../../src/manifest.ts";
import { agent, extension, lab, setSetting, terminalEnvironment, until } from "./lab.ts";

describe("a terminal", () => {
  it("finds the agent's endpoint, the region and gatehouse, and no secret", async () => {
    const client = await agent();
    const { endpoint } = client.hello;
    client.dispose();
    const found = await until("the endpoint in a terminal", async () => {
      const environment = await terminalEnvironment();
      return environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] === endpoint.uri ? environment : undefined;
    });
    assert.equal(found["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"], endpoint.tokenFile);
    assert.equal(found["AWS_REGION"], lab.region);
    const bin = join((await extension()).extensionPath, "dist", "bin");
    assert.equal(found["PATH"]?.split(":")[0], bin);
    assert.ok(existsSync(join(bin, "gatehouse")));
    assert.ok(existsSync(found["GATEHOUSE_NODE"] ?? ""));
    const token = readFileSync(endpoint.tokenFile, "utf8");
    for (const [name, value] of Object.entries(found)) {
      assert.ok(!value.includes(token), name);
      assert.doesNotMatch(name, /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|CONTAINER_AUTHORIZATION_TOKEN)$/);
    }
  });

  it("has nothing of AWS where that is switched off, but still gatehouse", async () => {
    const restore = await setSetting(settings.terminalCredentials, "off");
    try {
      const found = await until("a terminal without the endpoint", async () => {
        const environment = await terminalEnvironment();
        // The editor learns of the variables one after the other: PATH tells that they are there again.
        const complete = environment["PATH"]?.includes("dist/bin") === true;
        return complete && environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] === undefined ? environment : undefined;
      });
      assert.equal(found["AWS_REGION"], undefined);
      assert.match(found["PATH"] ?? "", /dist\/bin/);
    } finally {
      await restore();
    }
  });

  it("has the region but no endpoint where keys are wanted", async () => {
    const restore = await setSetting(settings.terminalCredentials, "environment");
    try {
      const found = await until("a terminal without the endpoint", async () => {
        const environment = await terminalEnvironment();
        const complete = environment["AWS_REGION"] !== undefined;
        return complete && environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] === undefined ? environment : undefined;
      });
      assert.equal(found["AWS_REGION"], lab.region);
    } finally {
      await restore();
    }
  });
});
