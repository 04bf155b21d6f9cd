import assert from "node:assert/strict";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addGatehouseProfile, parseAwsFile, readUserRegion } from "../../../../src/core/credentials/awsFiles.ts";
import { processCommand, processCredentials } from "../../../../src/core/credentials/processCredentials.ts";

describe("the user's AWS configuration", () => {
  let home: string;
  let config: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "gatehouse-aws-"));
    config = join(home, ".aws", "config");
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const write = async (text: string) => {
    await mkdir(join(home, ".aws"), { recursive: true });
    await writeFile(config, text);
  };
  const add = (
    options: { readonly command?: readonly string[]; readonly region?: string; readonly replace?: boolean } = {},
  ) => addGatehouseProfile({ env: {}, home, command: ["/opt/gatehouse/bin/gatehouse", "credentials"], ...options });
  const section = "[profile gatehouse]\ncredential_process = /opt/gatehouse/bin/gatehouse credentials\n";

  it("is read with comments, nested settings, colons and half lines", () => {
    const sections = parseAwsFile(
      "x = outside\n# c\n[ default ]\r\nRegion = eu-west-1\ns3 =\n  max = 3\n; c\nbroken\n[profile  'a b']\noutput : json\n[default]\nregion=us-east-1",
    );
    assert.deepEqual(
      [...sections].map(([name, values]) => [name, Object.fromEntries(values)]),
      [
        ["default", { region: "us-east-1", s3: "" }],
        ["profile a b", { output: "json" }],
      ],
    );
  });

  const regions: readonly [string, Record<string, string>, string, string | undefined][] = [
    ["the default profile's", {}, "[default]\nregion = eu-west-1\n", "eu-west-1"],
    ["that of AWS_PROFILE", { AWS_PROFILE: "dev" }, "[default]\nregion = a\n[profile dev]\nregion = b\n", "b"],
    ["AWS_REGION first", { AWS_REGION: "c", AWS_DEFAULT_REGION: "d" }, "[default]\nregion = a\n", "c"],
    ["AWS_DEFAULT_REGION", { AWS_DEFAULT_REGION: "d" }, "", "d"],
    ["none", {}, "[default]\noutput = json\n", undefined],
    ["none of a section that is not a profile", { AWS_PROFILE: "dev" }, "[dev]\nregion = a\n", undefined],
  ];
  for (const [name, env, text, expected] of regions) {
    it(`names ${name} as the region`, async () => {
      await write(text);
      assert.equal(await readUserRegion({ env, home }), expected);
    });
  }

  it("names no region when there is no file, and that of AWS_CONFIG_FILE where it is set", async () => {
    assert.equal(await readUserRegion({ env: {}, home }), undefined);
    await writeFile(join(home, "other"), "[default]\nregion = x\n");
    assert.equal(await readUserRegion({ env: { AWS_CONFIG_FILE: join(home, "other") }, home }), "x");
  });

  it("gets the profile in a new file that only its owner can read", async () => {
    assert.deepEqual(await add(), { outcome: "added", path: config });
    assert.equal(await readFile(config, "utf8"), section);
    assert.equal((await stat(config)).mode & 0o777, 0o600);
    assert.equal((await stat(join(home, ".aws"))).mode & 0o777, 0o700);
  });

  const files: readonly [string, string, string][] = [
    ["after other sections", "# mine\n[default]\nregion=a\n", `# mine\n[default]\nregion=a\n\n${section}`],
    ["after a last line without an end", "[default]\nregion=a", `[default]\nregion=a\n\n${section}`],
    ["with the file's line ends", "[default]\r\n", `[default]\r\n\r\n${section.replaceAll("\n", "\r\n")}`],
  ];
  for (const [name, before, after] of files) {
    it(`gets the profile ${name}, once, and keeps everything else and the mode`, async () => {
      await write(before);
      await chmod(config, 0o644);
      assert.equal((await add()).outcome, "added");
      assert.equal(await readFile(config, "utf8"), after);
      assert.equal((await add()).outcome, "unchanged");
      assert.equal(await readFile(config, "utf8"), after);
      assert.equal((await stat(config)).mode & 0o777, 0o644);
      assert.deepEqual(await readdir(join(home, ".aws")), ["config"]);
    });
  }

  it("gets a region with the profile where one is given", async () => {
    await add({ region: "eu-west-1" });
    assert.equal(await readFile(config, "utf8"), `${section}region = eu-west-1\n`);
  });

  it("is changed through a link, which stays one", async () => {
    await mkdir(join(home, ".aws"));
    await writeFile(join(home, "dotfile"), "");
    await symlink(join(home, "dotfile"), config);
    await add();
    assert.ok((await lstat(config)).isSymbolicLink());
    assert.equal(await readFile(join(home, "dotfile"), "utf8"), section);
  });

  it("has an own profile brought up to date, with what the user added to it", async () => {
    const before =
      "[profile gatehouse]\n# note\ncredential_process = /old/1.0/bin/gatehouse credentials\noutput = json\n[profile z]\nrole_arn = r\n";
    await write(before);
    assert.equal((await add()).outcome, "updated");
    assert.equal(
      await readFile(config, "utf8"),
      "[profile gatehouse]\ncredential_process = /opt/gatehouse/bin/gatehouse credentials\n# note\noutput = json\n[profile z]\nrole_arn = r\n",
    );
  });

  it("keeps a profile of the same name that somebody else wrote, until told to replace it", async () => {
    const before = "[profile gatehouse]\nrole_arn = r\nsource_profile = s\ns3 =\n  max = 3\nregion = x\n";
    await write(before);
    assert.equal((await add()).outcome, "different");
    assert.equal(await readFile(config, "utf8"), before);
    assert.equal((await add({ replace: true })).outcome, "updated");
    assert.equal(await readFile(config, "utf8"), `${section}s3 =\n  max = 3\nregion = x\n`);
  });

  it("does not touch the file when it cannot be replaced", async () => {
    await mkdir(config, { recursive: true });
    await assert.rejects(add(), { code: "EISDIR" });
    assert.deepEqual(await readdir(join(home, ".aws")), ["config"]);
  });
});

describe("credential_process", () => {
  it("prints version 1 with an expiration and nothing else", () => {
    const given = {
      AccessKeyId: "a",
      SecretAccessKey: "b",
      SessionToken: "c",
      Expiration: "2026-01-01T00:00:00.000Z",
      other: 1,
    };
    assert.deepEqual(processCredentials(given), {
      Version: 1,
      AccessKeyId: "a",
      SecretAccessKey: "b",
      SessionToken: "c",
      Expiration: "2026-01-01T00:00:00.000Z",
    });
  });

  it("quotes what a shell and botocore read the same, and refuses the rest", () => {
    assert.equal(processCommand(["/a b/gatehouse", "credentials"]), '"/a b/gatehouse" credentials');
    assert.equal(processCommand(["/usr/bin/env", "A=/x", "/ü/g"]), '/usr/bin/env A=/x "/ü/g"');
    for (const bad of ['a"b', "a$b", "a`b", "a\\b", "a\nb", "a #b", "a ;b", "", "a!b"])
      assert.throws(() => processCommand([bad]), RangeError);
  });
});
