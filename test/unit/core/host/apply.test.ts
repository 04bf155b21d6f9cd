import assert from "node:assert/strict";
import { FakeHost } from "./fakeHost.ts";
import { nonsense, nonsenseText } from "./nonsense.ts";

const nginx = "gatehouse-nginx.service";
const proxy = "gatehouse-oauth2-proxy.service";

describe("host apply", () => {
  let host: FakeHost;
  beforeEach(() => {
    host = new FakeHost();
  });
  afterEach(() => host.remove());

  async function applied(): Promise<void> {
    const report = await host.apply();
    assert.deepEqual([report.outcome, report.problems], ["applied", []]);
  }

  it("makes everything on a new host: users before owners, validation before the first file, units at last", async () => {
    const report = await host.apply();
    assert.deepEqual(report.problems, []);
    assert.equal(report.outcome, "applied");
    assert.ok(report.files.created.includes("/etc/gatehouse/nginx.conf"));
    assert.deepEqual(
      [report.files.changed, report.files.removed],
      [["/etc/gatehouse/secrets", "/etc/gatehouse/secrets/client-secret"], []],
    );
    assert.ok(report.files.created.includes("/etc/gatehouse/secrets/cookie-secret"));
    assert.ok(report.units.started.includes(nginx) && report.units.enabled.includes(proxy));
    const order = [
      "systemd-sysusers",
      "systemd-tmpfiles",
      "nginx -t",
      "--config-test",
      "daemon-reload",
      "systemctl start",
    ];
    const places = order.map((words) => host.commands.findIndex((line) => line.includes(words)));
    assert.deepEqual(
      places,
      [...places].sort((one, other) => one - other),
      host.commands.join("\n"),
    );
    assert.ok(!places.includes(-1), host.commands.join("\n"));
    assert.ok(report.checks.every(({ ok }) => ok) && report.checks.length > 10);
    assert.equal(host.read("/etc/gatehouse/secrets/client-secret"), "the-secret-of-the-gate");
    assert.equal(host.files.read("/etc/gatehouse/secrets/cookie-secret")?.length, 32);
    assert.equal(host.files.status("/etc/gatehouse/secrets/cookie-secret")?.mode, 0o600);
    assert.equal(host.files.status("/etc/gatehouse/secrets")?.mode, 0o700);
    assert.deepEqual(
      host.files.names("/var/lib/gatehouse/apply").filter((name) => !name.startsWith("lock")),
      ["manifest.json"],
    );
  });

  it("changes and starts nothing the second time", async () => {
    await applied();
    const before = host.state();
    const report = await host.apply();
    assert.equal(report.outcome, "unchanged");
    assert.deepEqual(host.commands, []);
    assert.deepEqual(Object.values(report.units).flat(), []);
    assert.deepEqual(host.state(), before);
  });

  it("touches only the units that a changed value concerns", async () => {
    await applied();
    host.configure((file) => ({ ...file, gate: { ...file.gate, refreshMinutes: 30 } }));
    const report = await host.apply();
    assert.deepEqual(report.files, { created: [], changed: ["/etc/gatehouse/oauth2-proxy.cfg"], removed: [] });
    assert.deepEqual(
      host.commands.filter((line) => line.startsWith("systemctl")),
      [`systemctl reset-failed ${proxy}`, `systemctl restart ${proxy}`],
    );
    host.configure((file) => ({ ...file, http2: false, gate: { ...file.gate, refreshMinutes: 30 } }));
    const second = await host.apply();
    assert.deepEqual([second.units.reloaded, second.units.restarted], [[nginx], []]);
  });

  it("mends what somebody changed by hand: content, owner, mode, a stopped unit, a missing folder", async () => {
    await applied();
    const before = host.state();
    host.put("/etc/gatehouse/nginx.conf", "# mine\n");
    host.files.setAccess("/etc/gatehouse/redis.conf", {
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      mode: 0o666,
    });
    host.units.set(proxy, { state: "failed", enabled: true });
    host.files.removeTree("/run/gatehouse-proxy");
    const report = await host.apply();
    assert.deepEqual(report.files.changed.sort(), ["/etc/gatehouse/nginx.conf", "/etc/gatehouse/redis.conf"]);
    assert.deepEqual([report.units.started, report.units.reloaded, report.units.restarted], [[proxy], [nginx], []]);
    assert.deepEqual(host.state(), before);
    assert.ok(host.files.status("/run/gatehouse-proxy"));
  });

  it("lets an agent that ended by itself sleep", async () => {
    await applied();
    host.units.set("gatehouse-agent.service", { state: "inactive", enabled: true });
    assert.equal((await host.apply()).outcome, "unchanged");
  });

  it("restarts a unit whose program is another one, and no other", async () => {
    await applied();
    host.put("/opt/gatehouse/lib/oauth2-proxy/oauth2-proxy", "a newer program");
    const report = await host.apply();
    assert.deepEqual([report.units.restarted, report.files.changed], [[proxy], []]);
    assert.equal((await host.apply()).outcome, "unchanged");
  });

  it("removes what an earlier version rendered, and its units", async () => {
    const extra = {
      template: "redis/redis.conf",
      path: "/etc/systemd/system/gatehouse-old.service",
      owner: "root",
      group: "root",
      mode: 0o644,
      reactions: [],
    };
    const { table } = host;
    host.table = [...table, extra];
    await applied();
    host.units.set("gatehouse-old.service", { state: "active", enabled: true });
    host.table = table;
    const report = await host.apply();
    assert.deepEqual(report.files.removed, [extra.path]);
    assert.deepEqual(host.units.get("gatehouse-old.service"), { state: "inactive", enabled: false });
    assert.equal(host.files.status(extra.path), undefined);
  });

  const refusals: readonly [program: string, path: string][] = [
    ["/usr/sbin/nginx -t", "/etc/gatehouse/nginx.conf"],
    ["/opt/gatehouse/lib/oauth2-proxy/oauth2-proxy --config", "/etc/gatehouse/oauth2-proxy.cfg"],
    ["/usr/sbin/nft -c", "/etc/gatehouse/nftables.conf"],
    ["systemd-analyze verify", "/etc/systemd/system/gatehouse-nginx.service"],
  ];
  for (const [program, path] of refusals) {
    it(`switches nothing where ${program} refuses`, async () => {
      await applied();
      host.put(path, "# by hand\n");
      const before = host.state();
      host.refusing.set(program, "[emerg] no good\nclient_secret=abcdefgh");
      const report = await host.apply();
      assert.equal(report.outcome, "refused");
      assert.ok(report.problems[0]?.lines?.includes("[emerg] no good"));
      assert.ok(!JSON.stringify(report).includes("abcdefgh"));
      assert.deepEqual(host.state(), before);
    });
  }

  for (const failing of ["systemctl restart", "systemctl daemon-reload", "systemctl reenable", "systemctl reload"]) {
    it(`puts back what was there where ${failing} fails`, async () => {
      await applied();
      const before = host.state();
      host.configure((file) => ({
        ...file,
        domain: "other.example.com",
        profile: "developer",
        certificate: { name: "ide.example.com" },
      }));
      host.refusing.set(`${failing}`, "it says no");
      const report = await host.apply();
      host.refusing.clear();
      if (report.outcome === "failed") {
        // Putting back needed the same; the next run does it.
        host.configure((file) => file);
        assert.deepEqual((await host.apply()).problems, []);
      } else assert.equal(report.outcome, "rolledBack");
      assert.deepEqual(host.state(), before);
    });
  }

  it("puts back what was there where the host doesn't do what it is for, and says what failed", async () => {
    await applied();
    const before = host.state();
    host.configure((file) => ({ ...file, http2: false }));
    host.door = { navigation: 200, request: 200 };
    const report = await host.apply();
    assert.equal(report.outcome, "rolledBack");
    assert.match(report.problems[0]?.message ?? "", /a request without a session is refused/);
    assert.deepEqual(host.state(), before);
    assert.equal(host.commands.filter((line) => line === `systemctl reload ${nginx}`).length, 2);
  });

  it("takes everything away again where the first run fails", async () => {
    host.door = { navigation: 502, request: 502 };
    assert.equal((await host.apply()).outcome, "rolledBack");
    const { files, units } = host.state() as {
      files: Record<string, unknown>;
      units: Record<string, { state: string; enabled: boolean }>;
    };
    assert.deepEqual(
      Object.values(files).filter((file) => file !== undefined),
      [],
    );
    assert.ok(Object.values(units).every(({ state, enabled }) => state === "inactive" && !enabled));
  });

  it("says of a failed unit what its journal says, without secrets", async () => {
    host.refusing.set("systemctl start", "Job failed.");
    const report = await host.apply();
    const said = JSON.stringify(report.problems);
    assert.match(said, /a line of/);
    assert.ok(!said.includes("hunter2secret"), said);
  });

  it("refuses a host that isn't ready, naming everything that is missing", async () => {
    host.files.remove("/usr/sbin/nginx");
    host.files.remove("/etc/letsencrypt/live/ide.example.com/privkey.pem");
    host.configure((file) => ({ ...file, user: "nobodyhere", folder: "/home/nobodyhere/x", metadataUsers: ["ghost"] }));
    const report = await host.apply();
    assert.equal(report.outcome, "refused");
    const said = report.problems.map(({ message }) => message).join("\n");
    for (const words of ["/usr/sbin/nginx", "privkey.pem", "nobodyhere", "ghost"])
      assert.match(said, new RegExp(words));
  });

  describe("an IDE user who has a way to root", () => {
    const rule = "(ALL : ALL) NOPASSWD: ALL";
    const join = (group: string) => host.put("/etc/group", `${host.read("/etc/group")}${group}:x:27:other,developer\n`);
    async function refusal(): Promise<string> {
      const { outcome, problems } = await host.apply();
      assert.equal(outcome, "refused");
      assert.deepEqual(host.commands, []);
      return problems.map(({ message }) => message).join("\n");
    }

    for (const group of ["sudo", "wheel", "docker"]) {
      it(`is refused with the profile strict: by the group ${group}`, async () => {
        join(group);
        assert.match(await refusal(), new RegExp(`developer is in the group ${group}, .*strict`));
      });
    }

    it("is refused with the profile strict: by a rule of sudo's, which is named", async () => {
      host.put("/usr/bin/sudo", "program");
      host.sudoRules = [rule, "(root) /usr/bin/less"];
      assert.match(
        await refusal(),
        /sudo lets developer run commands: \(ALL : ALL\) NOPASSWD: ALL, \(root\) \/usr\/bin\/less/,
      );
    });

    it("is taken with the profile developer, and with strict as soon as nothing but that profile's own rule is left", async () => {
      host.put("/usr/bin/sudo", "program");
      host.configure((file) => ({ ...file, profile: "developer" }));
      join("wheel");
      await applied();
      host.configure((file) => ({ ...file, profile: "strict" }));
      host.sudoRules = [rule, rule];
      assert.match(await refusal(), /group wheel.*\nsudo lets developer run commands: \(ALL : ALL\) NOPASSWD: ALL\./);
      host.put("/etc/group", (host.read("/etc/group") ?? "").replace("other,developer", "other"));
      host.sudoRules = [rule];
      await applied();
      assert.equal(host.read("/etc/sudoers.d/gatehouse"), undefined);
      assert.match(await refusal(), /sudo lets developer run/);
    });

    it("is nobody who only has a name like a member's, or no rule at all", async () => {
      host.put("/usr/bin/sudo", "program");
      host.put("/etc/group", `${host.read("/etc/group")}sudo:x:27:developer2,the-developer\n`);
      await applied();
    });
  });

  for (const [content, says] of [
    [undefined, /missing or empty/],
    ["\n", /missing or empty/],
    ["two\nlines\n", /more than one line/],
  ] as const) {
    it(`says what to do about the client's secret ${JSON.stringify(content)}`, async () => {
      if (content === undefined) host.files.remove("/etc/gatehouse/secrets/client-secret");
      else host.put("/etc/gatehouse/secrets/client-secret", content);
      const report = await host.apply();
      assert.equal(report.outcome, "refused");
      assert.match(report.problems[0]?.message ?? "", says);
    });
  }

  it("refuses every kind of nonsense before anything is touched", async () => {
    await applied();
    const before = host.state();
    for (const kind of nonsense) {
      host.put("/etc/gatehouse/host.json", nonsenseText(kind));
      const report = await host.apply();
      assert.equal(report.outcome, "refused", kind.name);
      assert.deepEqual(host.commands, [], kind.name);
      assert.equal(report.problems[0]?.key, kind.key ?? "/etc/gatehouse/host.json", kind.name);
    }
    assert.deepEqual(host.state(), before);
  });

  describe("killed at any change of a file", function () {
    this.timeout(120_000);
    it("completes with a second run on a new host, as if nothing had been", async () => {
      await applied();
      const wanted = host.state();
      const total = host.changes;
      for (let changes = 1; changes < total; changes += 7) {
        const other = new FakeHost();
        try {
          assert.ok(await other.killedAfter(changes), `killed after ${changes}`);
          const report = await other.apply();
          assert.deepEqual([report.problems, report.outcome === "failed"], [[], false], `after ${changes}`);
          assert.deepEqual(other.state(), wanted, `after ${changes}`);
          assert.equal((await other.apply()).outcome, "unchanged");
        } finally {
          other.remove();
        }
      }
    });

    it("completes an upgrade, or goes back to what was there where the second run fails", async () => {
      const change = (file: object) => ({
        ...file,
        profile: "developer",
        http2: false,
        gate: { clientId: "other", allowedGroups: ["x"] },
      });
      const wanted = new FakeHost();
      await wanted.apply();
      const old = wanted.state();
      wanted.configure(change);
      assert.equal((await wanted.apply()).outcome, "applied");
      const total = wanted.changes;
      const upgraded = wanted.state();
      wanted.remove();
      for (let changes = 1; changes < total; changes += 9) {
        for (const fails of [false, true]) {
          const other = new FakeHost();
          try {
            await other.apply();
            other.configure(change);
            assert.ok(await other.killedAfter(changes));
            if (fails) other.refusing.set("/usr/sbin/nginx -t", "no");
            const report = await other.apply();
            const ended = fails && report.problems.length > 0;
            assert.deepEqual(other.state(), ended ? old : upgraded, `after ${changes}, ${report.outcome}`);
          } finally {
            other.remove();
          }
        }
      }
    });
  });

  it("runs one at a time", async () => {
    await applied();
    const report = await import("../../../../src/core/host/apply.ts").then(({ applyHost }) =>
      applyHost({ ...host.deps(), lock: () => undefined }),
    );
    assert.equal(report.outcome, "refused");
    assert.match(report.problems[0]?.message ?? "", /under way/);
  });

  describe("dry run", () => {
    it("shows a diff and what it would do, and writes nothing", async () => {
      const first = await host.plan();
      assert.equal(first.outcome, "planned");
      assert.ok(first.files.created.length > 15 && first.units.started.includes(nginx));
      assert.match(first.diff ?? "", /^--- \/dev\/null\n\+\+\+ \/etc\//m);
      assert.equal(host.files.status("/var/lib/gatehouse"), undefined);
      assert.equal(host.files.status("/etc/gatehouse/secrets/cookie-secret"), undefined);
      await applied();
      assert.equal((await host.plan()).diff, "");
      host.configure((file) => ({ ...file, gate: { ...file.gate, sessionHours: 8 } }));
      const before = host.state();
      const second = await host.plan();
      assert.match(second.diff ?? "", /^-cookie_expire = "72h"\n\+cookie_expire = "8h"$/m);
      assert.deepEqual(
        [second.files.changed, second.units.restarted],
        [["/etc/gatehouse/nginx/maps.conf", "/etc/gatehouse/oauth2-proxy.cfg"], [proxy]],
      );
      assert.deepEqual(host.commands, []);
      assert.deepEqual(host.state(), before);
    });

    it("shows no secret that somebody wrote into a file", async () => {
      await applied();
      host.put("/etc/gatehouse/oauth2-proxy.cfg", 'client_secret = "do-not-show-this"\n');
      assert.ok(!((await host.plan()).diff ?? "do-not-show-this").includes("do-not-show-this"));
    });
  });
});
