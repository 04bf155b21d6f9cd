import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../../src/agent/client.ts";
import { runtimePaths } from "../../../src/core/runtimeDirectory.ts";
import { type Emulated, startEmulated } from "../core/cognito/emulated.ts";
import { cliScript, gatehouse } from "./process.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

describe("gatehouse with its agent and the Cognito emulator", function () {
  this.timeout(60_000);
  let emulated: Emulated;
  let scratch: string;
  let env: Record<string, string>;
  let terminal: Terminal | undefined;

  before(async () => {
    emulated = await startEmulated();
  });
  after(() => emulated.stop());

  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), "gatehouse-cli-"));
    env = {
      GATEHOUSE_RUNTIME_DIR: join(scratch, "runtime"),
      GATEHOUSE_CONFIG: join(scratch, "host.json"),
      GATEHOUSE_GRACE: "1000",
    };
  });
  afterEach(async () => {
    terminal?.kill();
    terminal = undefined;
    const pid = await agentPid();
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  });

  const agentPid = async (): Promise<number | undefined> => {
    try {
      const client = await connect({ paths: runtimePaths({ environment: env }), client: "cli", version: "0" });
      client.dispose();
      return client.hello.pid;
    } catch {
      return undefined;
    }
  };
  const configure = (configuration: object) =>
    writeFile(
      join(scratch, "host.json"),
      JSON.stringify({ version: 1, awsRegion: "eu-west-3", cognito: configuration }),
    );
  const login = (user: string) => {
    terminal = openTerminal(
      `'${process.execPath}' '${cliScript}' login ${user}; code=$?; stty -a; echo exit=$code`,
      env,
    );
    return terminal;
  };

  it("enrols a newcomer, gives credentials to commands, survives kill -9 as signed out, and signs out", async () => {
    const pool = await emulated.demoPool();
    await configure(pool.configuration);
    const { username, password } = pool.newcomer;
    const opened = login(username);
    await opened.waitFor(/Password for .*: $/);
    opened.type("Wrong-Horse-1\r");
    await opened.waitFor(/name or the password is wrong[\s\S]*Password for .*: $/);
    opened.type(`${password}\r`);
    const [, key = ""] = await opened.waitFor(/▀[\s\S]*or enter this key:\r\n {2}([A-Z2-7 ]+)\r\n/);
    await opened.waitFor(/app shows: $/);
    opened.type("000000\r");
    await opened.waitFor(/The code is wrong[\s\S]*app shows: $/);
    opened.type(`${emulated.code(key)}\r`);
    await opened.waitFor(/Signed in as bob@example\.com[\s\S]*exit=0/);
    for (const secret of [password, "Wrong-Horse-1"]) assert.ok(!opened.shown.includes(secret));
    assert.match(opened.shown, /\nisig icanon iexten echo /);

    const printed = await gatehouse(["credentials"], { env });
    assert.equal(printed.code, 0, printed.stderr);
    const credentials = JSON.parse(printed.stdout);
    assert.deepEqual(Object.keys(credentials), [
      "Version",
      "AccessKeyId",
      "SecretAccessKey",
      "SessionToken",
      "Expiration",
    ]);
    const executed = await gatehouse(["exec", "--", "/bin/sh", "-c", "echo $AWS_ACCESS_KEY_ID $AWS_REGION"], { env });
    assert.equal(executed.stdout, `${credentials.AccessKeyId} eu-west-3\n`);
    const status = await gatehouse(["status", "--json"], { env });
    assert.equal(status.code, 0, status.stdout);
    assert.equal(JSON.parse(status.stdout).session.email, username);

    process.kill((await agentPid()) ?? assert.fail("no agent runs"), "SIGKILL");
    const afterwards = await gatehouse(["credentials"], { env });
    assert.equal(afterwards.code, 3);
    assert.match(afterwards.stderr, /signed out[\s\S]*gatehouse login/);
    assert.match((await gatehouse(["status"], { env })).stdout, /agent was restarted/);
    assert.equal((await gatehouse(["logout"], { env })).code, 0);
  });

  it("signs in with a code, refuses it again with the time to the next, and is signed out by logout", async () => {
    const pool = await emulated.demoPool();
    await configure(pool.configuration);
    const { username, password, totpSecret } = pool.enrolled;
    const code = await emulated.freshCode(totpSecret);
    const first = await gatehouse(["login", username, "--stdin"], { env, input: `${password}\n${code}\n` });
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /AWS credentials of gatehouse-developer/);
    const again = await gatehouse(["login", username, "--stdin"], { env, input: `${password}\n${code}\n` });
    assert.equal(again.code, 1);
    assert.match(again.stderr, /used already\. Wait/);
    const logout = await gatehouse(["logout"], { env });
    assert.deepEqual([logout.code, logout.stderr], [0, ""]);
    assert.equal((await gatehouse(["exec", "--", "true"], { env })).code, 125);
  });

  it("names every key that is missing or wrong in host.json", async () => {
    await configure({ region: "us east 1", userPoolId: "us-east-1_x", clientId: "c", colour: "red" });
    const status = await gatehouse(["status"], { env });
    assert.equal(status.code, 2);
    assert.match(status.stdout, /cognito\.region in .*host\.json is not valid\. Allowed is: an AWS region/);
    assert.match(status.stdout, /colour/);
    assert.equal((await gatehouse(["login", "a", "--stdin"], { env })).code, 3);
    await rm(join(scratch, "host.json"));
  });

  it("says what could not be reached and where that is configured", async () => {
    const pool = await emulated.demoPool();
    await configure({ ...pool.configuration, userPoolEndpoint: "http://127.0.0.1:9" });
    const outcome = await gatehouse(["login", "a@example.com", "--stdin"], { env, input: "x\n" });
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /http:\/\/127\.0\.0\.1:9\S* could not be reached.*userPoolEndpoint/);
  });
});
