/** The host's units: what they are allowed, that they come back, and what each profile gives the IDE's user. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root as checkout } from "../lab/cache.ts";
import { type HostLab, startHostLab } from "../lab/host/hostLab.ts";
import { ideUnit, openWays, type Place, type Ways } from "./isolation/places.ts";
import { everyUnit } from "./isolation/requests.ts";
import { until } from "./page.ts";

const fence = "gatehouse-fence.service";
const places: readonly Place[] = ["shell", "sandbox"];

describe("the host's units", () => {
  let lab: HostLab;
  let user: string;
  let home: string;
  let ways: Ways;

  const show = async (unit: string, property: string): Promise<string> =>
    (await lab.run(["systemctl", "show", "--property", property, "--value", unit])).stdout.trim();
  const failed = async () => (await lab.run(["systemctl", "--failed", "--plain", "--no-legend"])).stdout;
  const active = (unit: string, seconds = 30) =>
    until(`${unit} to be active`, async () => (await show(unit, "ActiveState")) === "active", seconds * 1000);
  const answers = async (socket: string, path: string): Promise<void> => {
    const asked = [
      "curl",
      "-s",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code}",
      "--unix-socket",
      socket,
      `http://localhost${path}`,
    ];
    await until(socket, async () => (await lab.run(asked, { check: false })).stdout === "200", 30_000);
  };
  const editorAnswers = () => answers("/run/gatehouse-ide/code-server.sock", "/healthz");
  const setProfile = async (profile: "strict" | "developer"): Promise<void> => {
    const script =
      "import json,sys; p='/etc/gatehouse/host.json'; f=json.load(open(p)); f['profile']=sys.argv[1]; json.dump(f,open(p,'w'))";
    await lab.run(["python3", "-c", script, profile]);
    await lab.run(["gatehouse", "host", "apply"]);
    ways = await openWays(lab, user);
  };

  before(async function () {
    this.timeout(30 * 60_000);
    lab = await startHostLab({ progress: (line) => console.error(`      ${line}`) });
    user = (JSON.parse((await lab.run(["cat", "/etc/gatehouse/host.json"])).stdout) as { user: string }).user;
    home = (await lab.run(["getent", "passwd", user])).stdout.split(":")[5] ?? "";
    ways = await openWays(lab, user);
  });
  after(async () => {
    await lab?.close();
  });

  it("are exposed as little as docs/security.md says (systemd-analyze security)", async () => {
    const table = readFileSync(join(checkout, "docs/security.md"), "utf8");
    const rows = [...table.matchAll(/^\| `(gatehouse-[\w-]+\.service)`.*\| (\d\.\d) \|$/gm)];
    assert.deepEqual(
      rows.map(([, unit]) => unit).sort(),
      (await everyUnit(lab)).filter((unit) => unit.endsWith(".service")).sort(),
    );
    for (const [, unit = "", documented] of rows) {
      const { stdout } = await lab.run(["systemd-analyze", "security", "--no-pager", unit]);
      const measured = /exposure level for \S+: (\d+\.\d)/.exec(stdout)?.[1];
      assert.ok(Number(measured) <= Number(documented), `${unit}: ${measured}, documented ${documented}`);
    }
  });

  it("run sandboxed as the editor's does: no capability, no new privileges, a system call filter", async () => {
    for (const unit of (await everyUnit(lab)).filter((each) =>
      /(proxy|redis|agent|code-server)\.service$/.test(each),
    )) {
      if (unit === "gatehouse-agent.service") await lab.run(["gatehouse", "status"], { user, check: false });
      const status = (await lab.run(["cat", `/proc/${await show(unit, "MainPID")}/status`])).stdout;
      assert.match(status, /^CapBnd:\t0+\n(?:.*\n)*NoNewPrivs:\t1\nSeccomp:\t2$/m, unit);
    }
  });

  it("come back by themselves after kill -9, each without touching another", async () => {
    // The agent runs while somebody talks to it.
    await lab.run(["gatehouse", "status"], { user, check: false });
    await lab.run(["sh", "-c", "echo kept > /run/gatehouse-agent/probe"]);
    const units = ["nginx", "redis", "oauth2-proxy", "code-server", "agent"].map((name) => `gatehouse-${name}.service`);
    for (const unit of units) {
      const pids = () => Promise.all(units.map((each) => show(each, "MainPID")));
      const before = await pids();
      const pid = before[units.indexOf(unit)] ?? "";
      assert.ok(Number(pid) > 1, unit);
      await lab.run(["kill", "-9", pid]);
      const isBack = async () => {
        const now = await show(unit, "MainPID");
        return now !== pid && now !== "0" && (await show(unit, "ActiveState")) === "active";
      };
      await until(`${unit} to be back`, isBack, 5000);
      const changed = (await pids()).flatMap((now, index) => (now === before[index] ? [] : units[index]));
      assert.deepEqual(changed, [unit]);
    }
    assert.equal((await lab.run(["cat", "/run/gatehouse-agent/probe"])).stdout, "kept\n");
    await lab.run(["rm", "/run/gatehouse-agent/probe"]);
    await answers("/run/gatehouse-proxy/oauth2-proxy.sock", "/ready");
    await editorAnswers();
    assert.equal(await failed(), "");
  });

  it("start no editor without the metadata fence, say so, and start it when the fence is back", async () => {
    await lab.run(["nft", "delete", "table", "inet", "gatehouse"]);
    const restarted = await lab.run(["systemctl", "restart", ideUnit], { check: false });
    assert.notEqual(restarted.code, 0);
    assert.notEqual(await show(ideUnit, "ActiveState"), "active");
    const { stdout } = await lab.run(["journalctl", "--no-pager", "--output=cat", "--lines=50", "--unit", ideUnit]);
    assert.match(stdout, /the metadata fence is not up/);
    await lab.run(["systemctl", "reload", fence]);
    await active(ideUnit);
    await editorAnswers();
  });

  it("restart the agent with its sockets in one go, as an upgrade does, and leave none closed", async () => {
    const sockets = (await everyUnit(lab)).filter((unit) => unit.endsWith(".socket"));
    assert.equal(sockets.length, 3);
    for (const socket of sockets) await lab.run(["systemctl", "restart", socket]);
    for (const socket of sockets) await active(socket);
    const { stdout } = await lab.run(["gatehouse", "status", "--json"], { user, check: false });
    assert.notEqual(stdout, "");
    assert.equal(await failed(), "");
  });

  it("write quiet settings once, as the IDE's user, and never through a link", async () => {
    const settings = `${home}/.local/share/code-server/User/settings.json`;
    const owner = async () => (await lab.run(["stat", "-c", "%U %F", settings])).stdout.trim();
    assert.equal(await owner(), `${user} regular file`);
    await lab.run(["sh", "-c", 'echo "{}" > "$1"', "sh", settings]);
    await lab.run(["systemctl", "restart", ideUnit]);
    assert.equal((await lab.run(["cat", settings])).stdout, "{}\n");
    // Where the link leads nowhere, it is not written through either.
    await lab.run(["ln", "-sfn", "/tmp/elsewhere", settings]);
    await lab.run(["systemctl", "restart", ideUnit]);
    assert.equal((await lab.run(["test", "-e", "/tmp/elsewhere"], { check: false })).code, 1);
    assert.equal(await owner(), "root symbolic link");
    await lab.run(["rm", settings]);
    await lab.run(["systemctl", "restart", ideUnit]);
    assert.equal(await owner(), `${user} regular file`);
    await editorAnswers();
  });

  it("are all back after a reboot, and none has failed", async () => {
    await lab.reboot();
    for (const unit of await everyUnit(lab)) if (unit !== "gatehouse-agent.service") await active(unit);
    await editorAnswers();
    assert.equal(await failed(), "");
  });

  describe("with the profile developer", () => {
    before(() => setProfile("developer"));

    for (const place of places) {
      it(`give sudo and user namespaces in ${place === "shell" ? "a shell" : "the editor"}`, async () => {
        const asked = await ways.run(place, [
          "sh",
          "-c",
          "sudo -n id -u; unshare --user --map-root-user id -u; grep NoNewPrivs /proc/self/status",
        ]);
        assert.equal(asked.stdout, "0\n0\nNoNewPrivs:\t0\n", asked.stderr);
      });
    }

    it("run rootless containers where podman is installed", async function () {
      if ((await lab.run(["sh", "-c", "command -v podman"], { check: false })).code !== 0) return this.skip();
      const { stdout, stderr } = await ways.run("sandbox", ["podman", "unshare", "cat", "/proc/self/uid_map"]);
      assert.equal(stdout.trim().split("\n").length, 2, stderr);
    });

    it("have a sudoers file that visudo accepts", async () => {
      assert.match((await lab.run(["visudo", "-c"])).stdout, /sudoers\.d\/gatehouse: parsed OK/);
    });

    it("keep the fence and the agent closed to who doesn't use sudo", async () => {
      const targets = [["169.254.169.254", 80], ["fd00:ec2::254", 80], "/run/gatehouse-callback/callback.sock"];
      const outcomes = await ways.attack("sandbox", "connect", { targets });
      assert.deepEqual(outcomes, ["ECONNREFUSED", "ECONNREFUSED", "EACCES"]);
      const { open } = await ways.attack<{ open: unknown[] }>("sandbox", "processes");
      assert.deepEqual(open, []);
    });

    it("take all of it back with the profile strict", async () => {
      await setProfile("strict");
      await active(ideUnit);
      for (const place of places)
        assert.doesNotMatch((await ways.run(place, ["sudo", "-n", "id", "-u"])).stdout, /^0$/m);
      assert.equal((await lab.run(["test", "-e", "/etc/sudoers.d/gatehouse"], { check: false })).code, 1);
      const lingers = async () =>
        (await lab.run(["test", "-e", `/var/lib/systemd/linger/${user}`], { check: false })).code === 0;
      assert.equal(await lingers(), false);
      // As systemd-tmpfiles-setup.service does at boot, before there is a logind.
      await lab.run(["touch", `/var/lib/systemd/linger/${user}`]);
      await lab.run(["systemd-tmpfiles", "--create", "--remove", "--boot", "/etc/tmpfiles.d/gatehouse.conf"]);
      assert.equal(await lingers(), false);
    });
  });
});
