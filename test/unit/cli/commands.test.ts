import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GatehouseError } from "../../../src/core/errors.ts";
import type { Session } from "../../../src/core/session.ts";
import { type FakeAgent, startFakeAgent } from "../../fakes/agentSocket.ts";
import { gatehouse } from "./process.ts";

const hour = 3600 * 1000;
const keys = {
  AccessKeyId: "ASIAEXAMPLE",
  SecretAccessKey: "secret",
  SessionToken: "token",
  Expiration: new Date(Date.now() + hour).toISOString(),
};
const configuration = {
  ok: true,
  source: "host.json",
  region: "eu-west-1",
  userPoolId: "eu-west-1_abc",
  clientId: "c",
};
const role = { arn: "arn:aws:iam::111122223333:role/Developer", name: "Developer" };
const signedIn: Session = {
  state: "signedIn",
  id: "x",
  username: "alice",
  signedInAt: Date.now() - hour,
  roles: [role],
  role,
  credentials: { state: "ready", expiresAt: Date.now() + hour, refreshedAt: Date.now(), account: "111122223333" },
};

describe("gatehouse", function () {
  this.timeout(20_000);
  let agent: FakeAgent | undefined;
  let scratch: string;
  const serve = async (handlers: Parameters<typeof startFakeAgent>[0]) => {
    agent = await startFakeAgent(handlers);
    return agent.env;
  };
  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), "gatehouse-cli-"));
  });
  afterEach(async () => {
    await agent?.close();
    agent = undefined;
    await rm(scratch, { recursive: true, force: true });
  });
  /** An environment in which no agent runs. */
  const nobody = () => ({ GATEHOUSE_RUNTIME_DIR: join(scratch, "runtime") });

  const usage: readonly [readonly string[], number, RegExp][] = [
    [[], 2, /Usage: gatehouse COMMAND/],
    [["--bogus=hunter2"], 2, /There is no option --bogus\.\nSee gatehouse --help/],
    [["frobnicate"], 2, /There is no command frobnicate/],
    [["help", "frobnicate"], 2, /There is no such command/],
    [["login", "--secret=hunter2"], 2, /There is no option --secret\.\nSee gatehouse login --help/],
    [["login", "--password=hunter2"], 2, /--password takes no value\.\nSee gatehouse login --help/],
    [["login", "a", "hunter2"], 2, /too many arguments/],
    [["login", "--role"], 2, /--role needs a value/],
    [["login"], 2, /needs a terminal/],
    [["status", "--xml"], 2, /There is no option --xml/],
    [["exec"], 2, /two hyphens/],
    [["exec", "aws", "s3"], 2, /two hyphens/],
    [["exec", "--"], 2, /two hyphens/],
    [["credentials", "hunter2"], 2, /too many arguments/],
  ];
  for (const [args, code, text] of usage) {
    it(`refuses "${args.join(" ")}" with ${code} and a hint, without repeating a value`, async () => {
      const outcome = await gatehouse(args, { env: nobody() });
      assert.equal(outcome.code, code);
      assert.equal(outcome.stdout, "");
      assert.match(outcome.stderr, text);
      assert.doesNotMatch(outcome.stderr, /hunter2|Error|\bat .*\.ts/);
    });
  }

  for (const args of [
    ["--help"],
    ["-h"],
    ["help"],
    ["login", "--help"],
    ["help", "logout"],
    ["status", "-h"],
    ["credentials", "--help"],
    ["exec", "--help"],
  ]) {
    it(`explains itself on standard output for "${args.join(" ")}"`, async () => {
      const outcome = await gatehouse(args, { env: nobody() });
      assert.deepEqual([outcome.code, outcome.stderr], [0, ""]);
      assert.match(outcome.stdout, /^Usage: gatehouse /);
      assert.match(
        (await gatehouse(args, { env: { ...nobody(), LANG: "ja_JP.UTF-8" } })).stdout,
        /^使い方: gatehouse /,
      );
    });
  }

  it("prints its version", async () => {
    assert.match((await gatehouse(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it("prints credentials in the format of credential_process, and only them", async () => {
    const env = await serve({ "credentials/get": () => keys });
    const outcome = await gatehouse(["credentials"], { env });
    assert.deepEqual([outcome.code, outcome.stderr], [0, ""]);
    assert.deepEqual(JSON.parse(outcome.stdout), { Version: 1, ...keys });
    assert.deepEqual(
      agent?.requests.map(({ method }) => method),
      ["credentials/get"],
    );
  });

  const failures: readonly [GatehouseError, number, RegExp][] = [
    [new GatehouseError("signedOut"), 3, /signed out[\s\S]*gatehouse login/],
    [new GatehouseError("notConfigured", { settings: "cognito.region" }), 3, /cognito\.region/],
    [new GatehouseError("noRole"), 1, /no AWS role/],
    [new GatehouseError("unreachable", { endpoint: "https://x" }), 1, /https:\/\/x could not be reached/],
  ];
  for (const [error, code, text] of failures) {
    it(`ends credentials with ${code} for ${error.code}, says why in the reader's language, and the code with --debug`, async () => {
      const env = await serve({
        "credentials/get": () => {
          throw error;
        },
      });
      const outcome = await gatehouse(["credentials"], { env });
      assert.deepEqual([outcome.code, outcome.stdout], [code, ""]);
      assert.match(outcome.stderr, text);
      assert.match((await gatehouse(["credentials"], { env: { ...env, LC_ALL: "ja_JP.UTF-8" } })).stderr, /[ぁ-ん]/);
      const debug = await gatehouse(["credentials", "--debug"], { env });
      assert.ok(debug.stderr.includes(`"code":"${error.code}"`));
    });
  }

  it("is signed out where no agent runs, and starts none for credentials or logout", async () => {
    assert.equal((await gatehouse(["credentials"], { env: nobody() })).code, 3);
    const outcome = await gatehouse(["logout"], { env: nobody() });
    assert.deepEqual([outcome.code, outcome.stdout], [0, "Nobody was signed in.\n"]);
    await assert.rejects(rm(join(scratch, "runtime")), { code: "ENOENT" });
  });

  it("refuses a runtime directory that others can write to", async () => {
    const env = await serve({ "credentials/get": () => keys });
    await chmod(env.GATEHOUSE_RUNTIME_DIR, 0o777);
    const outcome = await gatehouse(["credentials"], { env });
    assert.deepEqual([outcome.code, outcome.stdout], [1, ""]);
    assert.match(outcome.stderr, /not safe to use/);
  });

  it("signs out, and says when the token could not be revoked", async () => {
    const steps: object[] = [{ step: "dropCredentials" }, { step: "revokeRefreshToken" }];
    const env = await serve({ "session/signOut": () => ({ steps }) });
    assert.deepEqual(await gatehouse(["logout"], { env }), {
      code: 0,
      stdout: "Signed out. Keys that were handed out already stay valid at AWS for up to an hour.\n",
      stderr: "",
    });
    steps[1] = { step: "revokeRefreshToken", problem: { code: "unreachable", params: { endpoint: "https://x" } } };
    const outcome = await gatehouse(["logout"], { env });
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /could not be revoked: https:\/\/x could not be reached/);
    steps[0] = { step: "dropCredentials", problem: { code: "internal", params: { detail: "EROFS" } } };
    assert.match((await gatehouse(["logout"], { env })).stderr, /could not be removed: .*EROFS/);
  });

  describe("exec", () => {
    const handlers = { "credentials/get": () => keys, "configuration/get": () => configuration };
    const shell = (script: string) => ["exec", "--", "/bin/sh", "-c", script];

    it("gives the command keys and a region, and takes away what would be used in their place", async () => {
      const env = await serve(handlers);
      const outcome = await gatehouse(["exec", "--", "env"], {
        env: {
          ...env,
          AWS_PROFILE: "p",
          AWS_SECURITY_TOKEN: "old",
          AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1/",
          AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/t",
          ELECTRON_RUN_AS_NODE: "1",
        },
      });
      const seen = Object.fromEntries(
        outcome.stdout
          .trim()
          .split("\n")
          .map((line) => line.split(/=(.*)/s).slice(0, 2)),
      );
      assert.deepEqual(Object.fromEntries(Object.entries(seen).filter(([name]) => /^(AWS|ELECTRON)/.test(name))), {
        AWS_ACCESS_KEY_ID: keys.AccessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.SecretAccessKey,
        AWS_SESSION_TOKEN: keys.SessionToken,
        AWS_CREDENTIAL_EXPIRATION: keys.Expiration,
        AWS_REGION: "eu-west-1",
        AWS_DEFAULT_REGION: "eu-west-1",
      });
    });

    it("keeps the region that the user's profile names", async () => {
      const env = await serve(handlers);
      await writeFile(join(scratch, "config"), "[profile p]\nregion = ap-northeast-1\n");
      const more = { AWS_CONFIG_FILE: join(scratch, "config"), AWS_PROFILE: "p" };
      const outcome = await gatehouse(shell("echo $AWS_REGION $AWS_DEFAULT_REGION"), { env: { ...env, ...more } });
      assert.equal(outcome.stdout, "ap-northeast-1 ap-northeast-1\n");
    });

    const codes: readonly [string, readonly string[], number, RegExp][] = [
      ["the command's own code", shell("exit 7"), 7, /^$/],
      ["128 + N for a signal", shell("kill -TERM $$"), 143, /^$/],
      [
        "127 for a command that does not exist",
        ["exec", "--", "gatehouse-no-such-command"],
        127,
        /gatehouse-no-such-command was not found/,
      ],
      ["126 for one that can't be run", ["exec", "--", "/etc/passwd"], 126, /could not be started/],
      [
        "what follows the hyphens, options too",
        ["exec", "--", "/bin/sh", "-c", 'test "$1" = --help', "--", "--help"],
        0,
        /^$/,
      ],
    ];
    for (const [name, args, code, text] of codes) {
      it(`passes on ${name}`, async () => {
        const outcome = await gatehouse(args, { env: await serve(handlers) });
        assert.equal(outcome.code, code);
        assert.match(outcome.stderr, text);
      });
    }

    it("passes on input, and signals that are sent to it", async () => {
      const env = await serve(handlers);
      assert.equal((await gatehouse(["exec", "--", "cat"], { env, input: "hello" })).stdout, "hello");
      for (const [signal, code] of [
        ["SIGTERM", 12],
        ["SIGINT", 13],
      ] as const) {
        const outcome = await gatehouse(
          shell("trap 'exit 12' TERM; trap 'exit 13' INT; echo ready; while kill -0 $PPID; do sleep 0.05; done"),
          {
            env,
            onOutput: (stdout, kill) => {
              if (stdout === "ready\n") kill(signal);
            },
          },
        );
        assert.equal(outcome.code, code);
      }
    });

    it("ends with 125 when there are no credentials, and does not start the command", async () => {
      const outcome = await gatehouse(shell("echo started"), { env: nobody() });
      assert.deepEqual([outcome.code, outcome.stdout], [125, ""]);
      assert.match(outcome.stderr, /signed out/);
    });
  });

  describe("status", () => {
    const serveSession = (session: Session, view: object = configuration) =>
      serve({ "session/get": () => session, "configuration/get": () => view });

    it("shows a good session, ends with 0, and colours nothing that is not a terminal", async () => {
      const outcome = await gatehouse(["status"], { env: await serveSession(signedIn) });
      assert.deepEqual([outcome.code, outcome.stderr], [0, ""]);
      assert.match(outcome.stdout, /ok +Signed in as alice\n/);
      assert.match(outcome.stdout, /AWS credentials of Developer\n +Valid for \d+ min/);
      assert.ok(!outcome.stdout.includes("\u001b"));
    });

    it("prints the documented JSON", async () => {
      const outcome = await gatehouse(["status", "--json"], { env: await serveSession(signedIn) });
      const json = JSON.parse(outcome.stdout);
      assert.deepEqual(Object.keys(json), ["schema", "version", "measuredAt", "status", "session", "checks"]);
      assert.deepEqual([json.schema, json.status], [1, "ok"]);
      assert.deepEqual(json.session.role, role.arn);
      assert.equal(
        json.session.credentials.expiresAt,
        new Date((signedIn.credentials as { expiresAt: number }).expiresAt).toISOString(),
      );
      assert.deepEqual(
        json.checks.map((check: { id: string }) => check.id),
        ["session.configuration", "session.signIn", "session.credentials", "session.endpoint"],
      );
      for (const check of json.checks) {
        assert.equal(check.group, "session");
        assert.match(check.measuredAt, /^\d{4}-\d\d-\d\dT/);
      }
    });

    it("ends with 1 when signed out and 2 when the configuration is broken, naming the key", async () => {
      const env = await serveSession({ state: "signedOut", reason: "agentRestarted" });
      const outcome = await gatehouse(["status"], { env });
      assert.equal(outcome.code, 1);
      assert.match(outcome.stdout, /was restarted[\s\S]*gatehouse login/);
      await agent?.close();
      const problems = [
        { code: "configurationInvalid", params: { key: "cognito.region", source: "host.json", allowed: "a region" } },
      ];
      const broken = await gatehouse(["status"], {
        env: await serveSession({ state: "signedOut", reason: "never" }, { ok: false, problems }),
      });
      assert.equal(broken.code, 2);
      assert.match(broken.stdout, /cognito\.region in host\.json is not valid\. Allowed is: a region/);
    });

    it("warns of what shadows the credentials in a terminal that uses them", async () => {
      const env = await serveSession(signedIn);
      const shadowed = { ...env, PATH: "/nonexistent", AWS_ACCESS_KEY_ID: "AKIA1" };
      assert.equal((await gatehouse(["status"], { env: shadowed })).code, 0);
      const uri = { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1:40001/credentials" };
      const outcome = await gatehouse(["status", "--json"], { env: { ...shadowed, ...uri } });
      assert.equal(outcome.code, 1);
      assert.ok(
        JSON.parse(outcome.stdout).checks.some(
          (check: { id: string }) => check.id === "session.shadow.environmentKeys",
        ),
      );
    });
  });
});
