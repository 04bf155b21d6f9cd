// provision.sh cut off and run again, upgraded, rolled back; the secret and host.json.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { chownSync, lchownSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { record } from "../host/counts.ts";
import { makeHost, type TestHost } from "./host.ts";

/** How many places it is cut off at; all of them where there is time. */
const cuts = Number(process.env["GATEHOUSE_CUTS"] ?? 3);

describe("provisioning again", () => {
  let host: TestHost;
  beforeEach(() => {
    host = makeHost("debian");
  });
  afterEach(() => host.close());

  const upgrade = ["--vsix", "/input/newer.vsix", "--host-file", "/input/host.json"];
  /** The same tree, however it came to be: without times, and without what a cut leaves to be wiped by the next run. */
  const shape = (): Record<string, string> =>
    Object.fromEntries(
      [...host.snapshot()].map(([path, entry]) => [path, entry.replace(/^(file \d+ \d+:\d+) \S+ /, "$1 ")]),
    );

  it("completes what was cut off at any command", async function () {
    this.timeout(60_000 + Math.min(cuts, 200) * 30_000);
    equal((await host.provision()).code, 0);
    const whole = shape();
    const total = host.calls().length;
    ok(total > 40, `${total} commands`);
    host.close();
    for (const number of spread(total, cuts)) {
      host = makeHost("debian");
      host.write("state/kill-at", String(number));
      equal((await host.provision()).code, 137, `cut at ${number}`);
      const where = `cut at command ${number}: ${host.read("state/killed")}`;
      ok(leadsSomewhere(), where);
      host.forget();
      const { code, output } = await host.provision();
      equal(code, 0, `${where}${output}`);
      deepEqual(shape(), whole, where);
      if (number !== total) host.close();
    }
    record({ provisionCuts: Math.min(cuts, total) });
  });

  it("serves one version whole wherever an upgrade is cut off, and completes it", async function () {
    this.timeout(60_000 + Math.min(cuts, 200) * 30_000);
    const prepare = async (): Promise<void> => {
      equal((await host.provision()).code, 0);
      host.vsix("newer.vsix", "0.3.0");
      host.hostFile({ pins: { codeServer: host.makeCodeServer("4.146.0"), oauth2Proxy: host.oauth2Proxy } });
      host.forget();
    };
    await prepare();
    equal((await host.provision(upgrade)).code, 0);
    const whole = shape();
    const total = host.calls().length;
    for (const number of spread(total, cuts)) {
      host.close();
      host = makeHost("debian");
      await prepare();
      host.write("state/kill-at", String(number));
      equal((await host.provision(upgrade)).code, 137);
      const where = `cut at command ${number}: ${host.read("state/killed")}`;
      ok(host.exists("opt/gatehouse/current/dist/cli.js"), where);
      ok(host.exists("opt/gatehouse/lib/code-server/lib/node"), where);
      ok(host.exists("opt/gatehouse/lib/code-server/lib/vscode/extensions/gatehouse"), where);
      host.forget();
      const { code, output } = await host.provision(upgrade);
      equal(code, 0, `${where}${output}`);
      deepEqual(shape(), whole, where);
    }
    record({ upgradeCuts: Math.min(cuts, total) });
  });

  it("upgrades with a newer VSIX, keeps the version before, and removes older ones", async () => {
    equal((await host.provision()).code, 0);
    for (const [version, previous, gone] of [
      ["0.3.0", "0.2.0", "0.1.0"],
      ["0.4.0", "0.3.0", "0.2.0"],
    ] as const) {
      host.vsix("newer.vsix", version);
      const codeServer = host.makeCodeServer(`4.146.${version.split(".")[1]}`);
      host.hostFile({ pins: { codeServer, oauth2Proxy: host.oauth2Proxy } });
      const { code, output } = await host.provision(upgrade);
      equal(code, 0, output);
      equal(host.link("opt/gatehouse/current"), version);
      equal(host.link("opt/gatehouse/previous"), previous);
      ok(host.exists(`opt/gatehouse/${previous}/dist/cli.js`));
      equal(host.exists(`opt/gatehouse/${gone}`), false);
      equal(host.link("opt/gatehouse/lib/code-server"), `code-server-${codeServer.version}`);
    }
    ok(host.exists("opt/gatehouse/lib/code-server-4.146.3/lib/node"));
    equal(host.exists("opt/gatehouse/lib/code-server-4.145.2"), false);
  });

  it("goes back by the script of the version before, and forth again", async () => {
    equal((await host.provision()).code, 0);
    host.vsix("newer.vsix", "0.3.0");
    equal((await host.provision(upgrade)).code, 0);
    for (const [now, before] of [
      ["0.2.0", "0.3.0"],
      ["0.3.0", "0.2.0"],
    ] as const) {
      const { code, output } = await host.provision(
        ["--host-file", "/etc/gatehouse/host.json"],
        "/opt/gatehouse/previous/deploy/host/provision.sh",
      );
      equal(code, 0, output);
      equal(host.link("opt/gatehouse/current"), now);
      equal(host.link("opt/gatehouse/previous"), before);
    }
  });

  it("replaces a build of the same version, and goes on from the script in the VSIX", async () => {
    equal((await host.provision()).code, 0);
    host.vsix("newer.vsix", "0.2.0", "another build");
    host.write("input/host/pins.json", "not JSON: the script beside it isn't the one that counts");
    equal((await host.provision(upgrade)).code, 0);
    match(host.read("opt/gatehouse/current/dist/cli.js"), /another build/);
    equal(host.link("opt/gatehouse/current"), "0.2.0");
    equal(host.link("opt/gatehouse/previous"), "");
    equal(host.exists("opt/gatehouse/.vsix"), false);
  });

  it("ends with host apply's exit code, and host.json is then the one that is served by", async () => {
    equal((await host.provision()).code, 0);
    const served = host.read("etc/gatehouse/host.json");
    host.write("state/apply-fails", "3");
    host.hostFile({ domain: "other.example.com" });
    const { code, output } = await host.provision();
    equal(code, 3, output);
    match(output, /apply: refused\nProvisioning failed in step 9 of 9 \(host apply\), which ended with 3/);
    equal(host.read("etc/gatehouse/host.json"), served);
    match(host.read("var/log/gatehouse/provision.log"), /apply: refused/);
  });

  describe("the client secret", () => {
    const secret = "s3cr3t-of-the-gate";
    it("is moved to its place, without its line break, and is in no argument list, log or output", async () => {
      const { code, output } = await host.provision();
      equal(code, 0, output);
      equal(host.read("etc/gatehouse/secrets/client-secret"), secret);
      equal(host.exists("input/secret"), false);
      const seen = [output, host.read("var/log/gatehouse/provision.log"), ...host.calls()].join("\n");
      equal(seen.includes(secret), false);
      match([...host.snapshot("var/log")].join("\n"), /provision\.log.*file 640 0:0/);
    });

    it("has to be given once", async () => {
      const { code, output } = await host.provision([
        "--vsix",
        "/input/gatehouse.vsix",
        "--host-file",
        "/input/host.json",
      ]);
      equal(code, 1, output);
      match(output, /step 8 of 9 \(Secrets\): the gate's client secret is missing/);
    });

    it("is replaced by another one", async () => {
      equal((await host.provision()).code, 0);
      host.write("input/secret", "another");
      equal((await host.provision()).code, 0);
      equal(host.read("etc/gatehouse/secrets/client-secret"), "another");
    });

    it("is refused where it is more than one line", async () => {
      host.write("input/secret", "one\ntwo\n");
      const { code, output } = await host.provision();
      equal(code, 1, output);
      match(output, /does not hold one secret on one line/);
      ok(host.exists("input/secret"));
    });
  });

  for (const [name, content, reason] of [
    ["no JSON", "{", /cannot be read as JSON/],
    ["a list", "[]", /must hold one JSON object/],
    ["a user with a shell character", '{"user":"a;b"}', /user must be the name/],
    ["root as its user", '{"user":"root"}', /user must not be root/],
    ["an option among its packages", '{"user":"dev","packages":["--allow-unauthenticated"]}', /packages\[0\] must be/],
    ["a folder that is relative", '{"user":"dev","folder":"environment"}', /folder must be an absolute path/],
    ["a folder that goes up", '{"user":"dev","folder":"/home/../etc"}', /folder must not contain/],
    ["another profile", '{"user":"dev","profile":"lax"}', /profile must be/],
  ] as const) {
    it(`refuses a host.json that is or has ${name}, before anything is installed`, async () => {
      host.write("input/host.json", content);
      const { code, output } = await host.provision();
      equal(code, 1, output);
      match(output, /step 1 of 9 \(Host\)/);
      match(output, reason);
      equal(host.calls().filter((call) => call.startsWith("apt-get")).length, 0);
    });
  }

  it("makes the home directory that a useradd cut short has left out", async () => {
    host.write("etc/passwd", `${host.read("etc/passwd")}developer:x:1000:1000::/home/developer:/bin/bash\n`);
    host.write("etc/group", `${host.read("etc/group")}developer:x:1000:\n`);
    const { code, output } = await host.provision();
    equal(code, 0, output);
    match(host.snapshot().get("/home/developer") ?? "", /^directory 700 1000:1000/);
  });

  it("leaves a home directory that there is as it is", async () => {
    host.write("etc/passwd", `${host.read("etc/passwd")}developer:x:1000:1000::/home/developer:/bin/bash\n`);
    host.write("etc/group", `${host.read("etc/group")}developer:x:1000:\n`);
    mkdirSync(join(host.root, "home/developer"), { mode: 0o750 });
    chownSync(join(host.root, "home/developer"), 1000, 1000);
    const { code, output } = await host.provision();
    equal(code, 0, output);
    match(host.snapshot().get("/home/developer") ?? "", /^directory 750 1000:1000/);
    equal(host.calls().filter((call) => call.startsWith("useradd")).length, 0);
  });

  it("makes the workspace's folder for the user where only root can, and follows no link of the user's for it", async () => {
    const at = (path: string) => join(host.root, path);
    host.hostFile({ folder: "/srv/work/environment" });
    equal((await host.provision()).code, 0);
    match(host.snapshot().get("/srv/work/environment") ?? "", /^directory 755 1000:1000/);
    match(host.snapshot().get("/srv/work") ?? "", /^directory 755 0:0/);
    // Leads out of the home directory, to where the user itself can make nothing.
    symlinkSync("/etc", at("home/developer/projects"));
    lchownSync(at("home/developer/projects"), 1000, 1000);
    host.hostFile({ folder: "/home/developer/projects/environment" });
    const { code, output } = await host.provision();
    equal(code, 1, output);
    match(output, /the folder \/home\/developer\/projects\/environment cannot be made/);
    equal(host.exists("etc/environment"), false);
  });

  it("refuses to run out of a checkout", async () => {
    const { code, output } = await host.provision(["--host-file", "/input/host.json"]);
    equal(code, 1, output);
    match(output, /no unpacked VSIX/);
  });

  function leadsSomewhere(): boolean {
    return ["current", "lib/code-server", "lib/oauth2-proxy", "lib/aws-cli"].every(
      (link) => host.link(`opt/gatehouse/${link}`) === "" || host.exists(`opt/gatehouse/${link}/.`),
    );
  }
});

/** `count` numbers from 1 to `total`, the first and the last among them. */
function spread(total: number, count: number): number[] {
  if (count >= total) return Array.from({ length: total }, (_, index) => index + 1);
  return Array.from({ length: count }, (_, index) => 1 + Math.round((index * (total - 1)) / (count - 1)));
}
