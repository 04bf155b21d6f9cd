import assert from "node:assert/strict";
import { findOutdatedTools, findShadows, type ShadowKind } from "../../../../src/core/credentials/shadow.ts";
import { describeOutdated, describeShadow } from "../../../../src/core/credentials/shadowMessages.ts";
import { english } from "../../../../src/core/text.ts";

const endpointUri = "http://127.0.0.1:40001/credentials";
const own = {
  AWS_CONTAINER_CREDENTIALS_FULL_URI: endpointUri,
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/run/user/1000/gatehouse/token",
};

interface Case {
  readonly name: string;
  readonly env?: Record<string, string>;
  readonly config?: string;
  readonly credentials?: string;
  readonly expected: readonly ShadowKind[];
}

const cases: readonly Case[] = [
  { name: "nothing in a clean terminal", expected: [] },
  { name: "nothing for a default profile with a region only", config: "[default]\nregion = eu-west-1\n", expected: [] },
  { name: "keys in the environment", env: { AWS_ACCESS_KEY_ID: "AKIA1" }, expected: ["environmentKeys"] },
  { name: "no empty variable", env: { AWS_ACCESS_KEY_ID: "" }, expected: [] },
  {
    name: "no keys of gatehouse exec",
    env: { AWS_ACCESS_KEY_ID: "ASIA1", GATEHOUSE_ACCESS_KEY_ID: "ASIA1" },
    expected: [],
  },
  {
    name: "keys that replaced those of gatehouse exec",
    env: { AWS_ACCESS_KEY_ID: "AKIA1", GATEHOUSE_ACCESS_KEY_ID: "ASIA1" },
    expected: ["environmentKeys"],
  },
  {
    name: "static keys in the credentials file",
    credentials: "[default]\naws_access_key_id = AKIA1\naws_secret_access_key = x\n",
    expected: ["credentialsFile"],
  },
  { name: "static keys in the config file", config: "[default]\nAWS_ACCESS_KEY_ID=AKIA1\n", expected: ["configFile"] },
  {
    name: "keys under [profile default]",
    config: "[profile default]\naws_access_key_id=AKIA1\n",
    expected: ["configFile"],
  },
  { name: "nothing in another profile", credentials: "[dev]\naws_access_key_id = AKIA1\n", expected: [] },
  {
    name: "the profile that AWS_PROFILE names",
    env: { AWS_PROFILE: "dev" },
    credentials: "[dev]\naws_access_key_id = AKIA1\n",
    expected: ["credentialsFile"],
  },
  {
    name: "the profile that AWS_DEFAULT_PROFILE names",
    env: { AWS_DEFAULT_PROFILE: "dev" },
    config: "[profile dev]\nrole_arn = r\nsource_profile = x\n",
    expected: ["assumeRole"],
  },
  {
    name: "a profile that does not exist",
    env: { AWS_PROFILE: "gone" },
    config: "[default]\nregion = x\n",
    expected: ["missingProfile"],
  },
  {
    name: "a named profile without credentials as none",
    env: { AWS_PROFILE: "dev" },
    config: "[profile dev]\nregion = x\n",
    expected: [],
  },
  {
    name: "a role to assume",
    config: "[default]\nrole_arn = r\ncredential_source = Environment\n",
    expected: ["assumeRole"],
  },
  {
    name: "a web identity in the profile",
    config: "[default]\nrole_arn = r\nweb_identity_token_file = /t\n",
    expected: ["webIdentity"],
  },
  {
    name: "a web identity in the environment",
    env: { AWS_WEB_IDENTITY_TOKEN_FILE: "/t", AWS_ROLE_ARN: "r" },
    expected: ["webIdentity"],
  },
  {
    name: "IAM Identity Center",
    config: "[default]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n",
    expected: ["sso"],
  },
  { name: "aws login", config: "[default]\nlogin_session = arn\n", expected: ["login"] },
  { name: "a credential_process", config: "[default]\ncredential_process = /usr/bin/vault\n", expected: ["process"] },
  {
    name: "no credential_process of Gatehouse's own",
    config: '[default]\ncredential_process = "/a b/gatehouse" credentials\n',
    expected: [],
  },
  { name: "the file of the old EC2 tools", env: { AWS_CREDENTIAL_FILE: "/x" }, expected: ["legacyFile"] },
  {
    name: "a relative URI, even an empty one",
    env: { ...own, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "" },
    expected: ["relativeUri"],
  },
  {
    name: "a token beside the token file",
    env: { ...own, AWS_CONTAINER_AUTHORIZATION_TOKEN: "t" },
    expected: ["tokenVariable"],
  },
  {
    name: "another endpoint",
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.23/v1/credentials" },
    expected: ["otherEndpoint"],
  },
  {
    name: "everything, in botocore's order",
    env: { AWS_ACCESS_KEY_ID: "AKIA1", AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/x" },
    config: "[default]\ncredential_process = x\naws_access_key_id = AKIA2\n",
    credentials: "[default]\naws_access_key_id = AKIA3\n",
    expected: ["environmentKeys", "credentialsFile", "process", "configFile", "relativeUri"],
  },
];

describe("shadowed credentials", () => {
  for (const { name, env = {}, config, credentials, expected } of cases) {
    it(`finds ${name}`, async () => {
      const files: Record<string, string | undefined> = {
        "/home/a/.aws/config": config,
        "/home/a/.aws/credentials": credentials,
      };
      const found = await findShadows({
        env: { ...own, ...env },
        home: "/home/a",
        endpointUri,
        readText: async (path) => files[path],
      });
      assert.deepEqual(
        found.map(({ kind }) => kind),
        expected,
      );
      for (const shadow of found) assert.match(describeShadow(shadow, english), /^[^{}]+[.]$/);
    });
  }

  it("honours AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE", async () => {
    const found = await findShadows({
      env: { AWS_CONFIG_FILE: "~/c", AWS_SHARED_CREDENTIALS_FILE: "/s" },
      home: "/home/a",
      readText: async (path) =>
        path === "/home/a/c"
          ? "[default]\ncredential_process=x"
          : path === "/s"
            ? "[default]\naws_access_key_id=a"
            : undefined,
    });
    assert.deepEqual(
      found.map(({ where }) => where),
      ["/s", "/home/a/c"],
    );
  });

  it("finds nothing in files that can't be read, and does not throw", async () => {
    const found = await findShadows({ env: {}, home: "/nowhere", readText: () => Promise.reject(new Error("EACCES")) });
    assert.deepEqual(found, []);
  });
});

describe("tools that are too old for the token file", () => {
  const versions: readonly [string | undefined, string | undefined, readonly string[]][] = [
    ["aws-cli/2.15.0 Python/3.11.6 Linux/6.1 exe/x86_64", undefined, []],
    ["aws-cli/2.14.6 Python/3.11.6 Linux/6.1 exe/x86_64", undefined, ["awsCli 2.14.6 2.15.0"]],
    ["aws-cli/2.9.19 Python/3.11.2 source/x86_64.debian.12", undefined, ["awsCli 2.9.19 2.15.0"]],
    ["aws-cli/1.32.40 Python/3.9.2 Linux/5.10 botocore/1.34.40", undefined, ["awsCli 1.32.40 1.32.41"]],
    ["aws-cli/1.32.41 Python/3.9.2 Linux/5.10 botocore/1.34.41", undefined, []],
    ["aws-cli/1.46.3 Python/3.11.7 Linux/6.1 botocore/1.43.62", "1.43.62\n", []],
    ["aws-cli/1.18.69", "1.16.19", ["awsCli 1.18.69 1.32.41", "botocore 1.16.19 1.34.41"]],
    [undefined, "1.34.40\n", ["botocore 1.34.40 1.34.41"]],
    ["rubbish", "rubbish", []],
    [undefined, undefined, []],
  ];
  for (const [aws, python, expected] of versions) {
    it(`judges ${aws ?? "no AWS CLI"} and botocore ${python?.trim() ?? "none"}`, async () => {
      const found = await findOutdatedTools({ run: async (command) => (command === "aws" ? aws : python) });
      assert.deepEqual(
        found.map(({ tool, version, needed }) => `${tool} ${version} ${needed}`),
        expected,
      );
      for (const tool of found) assert.ok(describeOutdated(tool, english).includes(tool.needed));
    });
  }

  it("leaves out what does not answer by the deadline", async () => {
    const found = await findOutdatedTools({
      deadline: 10,
      run: (command) => (command === "aws" ? new Promise(() => {}) : Promise.resolve("1.0.0")),
    });
    assert.deepEqual(
      found.map(({ tool }) => tool),
      ["botocore"],
    );
  });

  it("finds nothing where no tool is installed", async () => {
    assert.deepEqual(await findOutdatedTools({ env: { PATH: "/nonexistent" } }), []);
  });
});
