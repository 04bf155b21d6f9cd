/** The lab itself: what its tests lean on. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type HostLab, startHostLab } from "../lab/host/hostLab.ts";
import { instanceRoleKey } from "../lab/host/metadata.ts";

describe("the lab's host", () => {
  let lab: HostLab;
  const machine = () => ({
    links: execFileSync("ip", ["-brief", "link"], { encoding: "utf8" }),
    mounts: readFileSync("/proc/self/mounts", "utf8"),
    firewall: execFileSync("nft", ["list", "ruleset"], { encoding: "utf8" }),
  });
  let untouched: ReturnType<typeof machine>;

  before(async function () {
    this.timeout(30 * 60_000);
    untouched = machine();
    lab = await startHostLab({ progress: (line) => console.error(`      ${line}`) });
  });
  after(() => lab?.close());

  it("changes neither network nor mounts of the machine, with a firewall of its own", async () => {
    assert.match((await lab.run(["nft", "list", "ruleset"])).stdout, /table inet gatehouse/);
    assert.deepEqual(machine(), untouched);
  });

  it("runs commands as asked: user, input, exit code", async () => {
    const result = await lab.run(["sh", "-c", 'id -un; cat; echo "$HOME"; exit 3'], {
      user: "developer",
      input: "given\n",
      check: false,
    });
    assert.deepEqual(result, { code: 3, stdout: "developer\ngiven\n/home/developer\n", stderr: "" });
    await assert.rejects(lab.run(["sh", "-c", "echo why >&2; exit 4"]), /ended with 4.*\nwhy/s);
  });

  it("installs packages without a network", async () => {
    await lab.run(["apt-get", "-qq", "update"]);
    await lab.run(["apt-get", "-qq", "-y", "install", "jq"]);
    assert.equal((await lab.run(["jq", "-n", "1+1"])).stdout, "2\n");
    const { stdout } = await lab.run(["curl", "-sS", "-m", "5", "https://deb.debian.org/"], { check: false });
    assert.equal(stdout, "");
  });

  it("finds AWS under its own names, and the metadata service with the instance's role", async () => {
    const issuer = `https://cognito-idp.${lab.pool.region}.amazonaws.com/${lab.pool.userPoolId}`;
    const discovery = await lab.run(["curl", "-sS", "--fail", `${issuer}/.well-known/openid-configuration`]);
    const { issuer: named, authorization_endpoint } = JSON.parse(discovery.stdout) as Record<string, string>;
    assert.equal(named, issuer);
    assert.equal(authorization_endpoint, "https://login.gatehouse.localhost/oauth2/authorize");
    for (const address of ["169.254.169.254", "[fd00:ec2::254]"]) {
      const script = [
        `token=$(curl -gsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://${address}/latest/api/token)`,
        `curl -gsS -H "X-aws-ec2-metadata-token: $token" http://${address}/latest/meta-data/iam/security-credentials/gatehouse-host`,
      ];
      const { stdout } = await lab.run(["sh", "-ec", script.join("\n")]);
      assert.match(stdout, new RegExp(instanceRoleKey));
    }
  });

  it("is reached from the machine: files, sockets, ports of its loopback", async () => {
    assert.equal(existsSync(join(lab.root, "etc/gatehouse/host.json")), true);
    const editor = await lab.relay("/run/gatehouse-ide/code-server.sock");
    assert.equal((await fetch(`http://127.0.0.1:${editor}/healthz`)).status, 200);
    const endpoint = await lab.relay(47411);
    assert.equal((await fetch(`http://127.0.0.1:${endpoint}/`)).status, 403);
  });

  it("comes back from a reboot with what was written, and nothing else", async () => {
    await lab.run(["sh", "-c", "echo kept > /home/developer/kept; echo lost > /run/lost"]);
    await lab.reboot();
    assert.equal(
      (await lab.run(["sh", "-c", "cat /home/developer/kept; ls /run/lost"], { check: false })).stdout,
      "kept\n",
    );
    assert.equal((await lab.run(["systemctl", "--failed", "--plain", "--no-legend"])).stdout, "");
  });
});
