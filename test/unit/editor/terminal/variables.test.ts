import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "../../../../src/agent/client.ts";
import { english } from "../../../../src/core/text.ts";
import { awsRegion, hostRegion, userRegion } from "../../../../src/editor/terminal/awsRegion.ts";
import { registerEnvironment } from "../../../../src/editor/terminal/environment.ts";
import { environmentTerminal } from "../../../../src/editor/terminal/profile.ts";
import { type TerminalInput, terminalVariables } from "../../../../src/editor/terminal/variables.ts";
import { Emitter } from "../../../fakes/inputBox.ts";

const endpoint = { uri: "http://127.0.0.1:40123/credentials", tokenFile: "/run/user/1000/gatehouse/token" };
const input: TerminalInput = {
  mode: "endpoint",
  endpoint,
  region: "eu-central-1",
  node: "/opt/node",
  bin: "/opt/gatehouse/dist/bin",
  delimiter: ":",
};
const names = (more: Partial<TerminalInput>) => terminalVariables({ ...input, ...more }).map(({ name }) => name);

describe("variables of terminals", () => {
  it("name one full URI and one token file, and put gatehouse on the PATH", () => {
    assert.deepEqual(Object.fromEntries(terminalVariables(input).map(({ name, value }) => [name, value])), {
      GATEHOUSE_NODE: "/opt/node",
      PATH: "/opt/gatehouse/dist/bin:",
      AWS_REGION: "eu-central-1",
      AWS_DEFAULT_REGION: "eu-central-1",
      AWS_CONTAINER_CREDENTIALS_FULL_URI: endpoint.uri,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: endpoint.tokenFile,
    });
  });

  it("leave the endpoint out where keys are wanted, and everything of AWS where nothing is", () => {
    assert.deepEqual(names({ mode: "environment" }), ["GATEHOUSE_NODE", "PATH", "AWS_REGION", "AWS_DEFAULT_REGION"]);
    assert.deepEqual(names({ mode: "off" }), ["GATEHOUSE_NODE", "PATH"]);
  });

  it("leave out what is not known", () => {
    assert.deepEqual(names({ endpoint: undefined, region: undefined }), ["GATEHOUSE_NODE", "PATH"]);
  });

  it("hold no key in any mode", () => {
    for (const mode of ["endpoint", "environment", "off"] as const)
      for (const name of names({ mode })) assert.doesNotMatch(name, /KEY|SECRET|SESSION_TOKEN|AUTHORIZATION_TOKEN$/);
  });
});

describe("terminal with keys", () => {
  it("starts the person's shell by gatehouse exec, so that the editor sees no key", () => {
    const options = environmentTerminal({ node: "/opt/node", script: "/opt/cli.js" }, "/bin/zsh", "AWS Keys");
    assert.equal(options.shellPath, "/opt/node");
    assert.deepEqual(options.shellArgs, ["/opt/cli.js", "exec", "--", "/bin/zsh"]);
  });
});

describe("region of terminals", () => {
  it("is left to the user's own configuration where that names one", () => {
    assert.equal(
      awsRegion({ user: "us-west-2", host: "eu-west-1", setting: "eu-west-3", pool: "eu-central-1" }),
      undefined,
    );
  });

  it("comes from host.json, then from the setting, then from the user pool", () => {
    assert.equal(awsRegion({ host: "eu-west-1", setting: "eu-west-3", pool: "eu-central-1" }), "eu-west-1");
    assert.equal(awsRegion({ host: "", setting: "eu-west-3", pool: "eu-central-1" }), "eu-west-3");
    assert.equal(awsRegion({ host: "", setting: "", pool: "eu-central-1" }), "eu-central-1");
    assert.equal(awsRegion({ setting: "" }), undefined);
  });

  describe("in files", () => {
    let directory: string;

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "gatehouse-region-"));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    const write = (name: string, text: string): string => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };

    it("is the one of the profile in use, or of the variable before it", () => {
      const AWS_CONFIG_FILE = write("config", "[default]\nregion = eu-west-1\n[profile dev]\nregion=us-east-2\n");
      const region = (env: Record<string, string>) => userRegion({ env: { AWS_CONFIG_FILE, ...env }, home: directory });
      assert.equal(region({}), "eu-west-1");
      assert.equal(region({ AWS_PROFILE: "dev" }), "us-east-2");
      assert.equal(region({ AWS_PROFILE: "none" }), undefined);
      assert.equal(region({ AWS_DEFAULT_REGION: "sa-east-1" }), "sa-east-1");
      assert.equal(userRegion({ env: {}, home: directory }), undefined);
    });

    it("is taken from host.json as far as that can be read", () => {
      const region = (text: string) => hostRegion({ GATEHOUSE_CONFIG: write("host.json", text) });
      assert.deepEqual(region('{"awsRegion":"eu-west-1","cognito":{"region":"eu-central-1"}}'), {
        host: "eu-west-1",
        pool: "eu-central-1",
      });
      assert.deepEqual(region('{"awsRegion": 7}'), { host: "", pool: "" });
      assert.deepEqual(region("{ broken"), {});
      assert.deepEqual(hostRegion({ GATEHOUSE_CONFIG: join(directory, "none") }), { host: "", pool: "" });
    });
  });
});

describe("environment collection", () => {
  class FakeCollection {
    persistent = true;
    description: string | undefined;
    readonly values = new Map<string, string>();
    changes = 0;
    replace(name: string, value: string): void {
      this.changes++;
      this.values.set(name, value);
    }
    prepend(name: string, value: string): void {
      this.replace(name, value);
    }
    delete(name: string): void {
      this.changes++;
      this.values.delete(name);
    }
    clear(): void {
      this.values.clear();
    }
  }

  function world(known: TerminalInput["endpoint"]) {
    const collection = new FakeCollection();
    const settings = new Emitter<{ affectsConfiguration(section: string): boolean }>();
    const states = new Emitter<Connection>();
    const current = { ...input };
    const disposable = registerEnvironment({
      collection,
      workspace: { onDidChangeConfiguration: settings.event as never },
      agent: { onState: states.event },
      input: () => current,
      endpoint: known,
      t: english,
    });
    const connected = (): void =>
      states.fire({ state: "connected", restarted: false, client: { hello: { endpoint } } as never });
    return { collection, settings, current, connected, disposable, states };
  }

  it("is set at once and never kept by the browser", () => {
    const { collection } = world(endpoint);
    assert.equal(collection.persistent, false);
    assert.equal(collection.values.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"), endpoint.uri);
  });

  it("is not touched when the agent answers with what was known, so that no terminal asks to be relaunched", () => {
    const { collection, connected } = world(endpoint);
    const before = collection.changes;
    connected();
    connected();
    assert.equal(collection.changes, before);
  });

  it("gets the endpoint from the first agent, where none was before", () => {
    const { collection, connected } = world(undefined);
    assert.equal(collection.values.has("AWS_CONTAINER_CREDENTIALS_FULL_URI"), false);
    connected();
    assert.equal(collection.values.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), endpoint.tokenFile);
  });

  it("follows the setting, and lets go of everything when disposed of", () => {
    const { collection, settings, current, disposable, states } = world(endpoint);
    Object.assign(current, { mode: "off" });
    settings.fire({ affectsConfiguration: (section) => section === "gatehouse" });
    assert.deepEqual([...collection.values.keys()], ["GATEHOUSE_NODE", "PATH"]);
    disposable.dispose();
    assert.equal(settings.size + states.size, 0);
  });
});
