/** `gatehouse host apply` on a real host: nonsense, half-way stops, failures; the old host serves through all of them. */
import assert from "node:assert/strict";
import type { ApplyReport } from "../../src/core/host/report.ts";
import { type HostLab, startHostLab } from "../lab/host/hostLab.ts";
import { nonsense, nonsenseText } from "../unit/core/host/nonsense.ts";
import { counts, record } from "./counts.ts";
import { until } from "./page.ts";

type File = Record<string, unknown> & { gate: Record<string, unknown>; cognito: Record<string, unknown> };
type Report = ApplyReport & { readonly ok: boolean; readonly milliseconds: number };

const nginx = "gatehouse-nginx.service";
const proxy = "gatehouse-oauth2-proxy.service";
const services = [nginx, proxy, "gatehouse-redis.service", "gatehouse-code-server.service"];
const hostFile = "/etc/gatehouse/host.json";
/** Everything that is rendered, with owner, mode and content, in one number; not host.json itself, and no secret. */
const fingerprint = `{ find /etc/gatehouse /etc/systemd/system /etc/sysusers.d /etc/tmpfiles.d /etc/polkit-1 /etc/sudoers.d /usr/local/bin \
  ! -path ${hostFile} -printf '%p %u:%g %m %l\\n' | sort; find /etc/gatehouse /etc/systemd/system /etc/sysusers.d /etc/tmpfiles.d \
  /etc/polkit-1 /etc/sudoers.d /usr/local/bin -type f ! -path ${hostFile} -print0 | sort -z | xargs -0 sha256sum; } | sha256sum`;
/** $1: after how many lines of its progress the run is killed. */
const killAfter = `set -u; pipe=$(mktemp -u); mkfifo "$pipe"; /usr/local/bin/gatehouse host apply >"$pipe" & pid=$!; lines=0
while read -r line; do lines=$((lines + 1)); if [ "$lines" -ge "$1" ]; then kill -9 $pid; break; fi; done <"$pipe"
wait $pid; echo $?; rm -f "$pipe"`;

/** Not by its link in the PATH: that is rendered, too. */
const command = "/opt/gatehouse/lib/code-server/lib/node /opt/gatehouse/current/dist/cli.js";
/** Everything that was rendered goes, as on a host where it never ran. Empty folders stay. */
const wipe = `systemctl disable -q --now $(cd /etc/systemd/system && ls -d gatehouse-*); rm -rf /etc/systemd/system/gatehouse-* /var/lib/gatehouse/apply \
  /etc/gatehouse/nginx/* /etc/gatehouse/*.c*f* /etc/gatehouse/*.yaml /etc/gatehouse/allowed-emails /etc/sysusers.d/gatehouse.conf \
  /etc/tmpfiles.d/gatehouse.conf /etc/polkit-1/rules.d/49-gatehouse.rules /usr/local/bin/gatehouse; systemctl daemon-reload; systemctl reset-failed`;

describe("host apply on a host", () => {
  let lab: HostLab;
  let good: File;

  const shell = async (script: string, ...rest: string[]) =>
    (await lab.run(["bash", "-c", script, "sh", ...rest])).stdout.trim();
  const state = () => shell(fingerprint);
  const configure = async (file: object | string) => {
    const text = typeof file === "string" ? file : JSON.stringify(file);
    await lab.run(["tee", hostFile], { input: text });
  };
  async function apply(...options: string[]): Promise<{ code: number; report: Report }> {
    const { code, stdout, stderr } = await lab.run([...command.split(" "), "host", "apply", "--json", ...options], {
      check: false,
    });
    assert.equal(stderr, "");
    return { code, report: JSON.parse(stdout) as Report };
  }
  /** A number for each start of a unit: the same as long as it wasn't restarted. */
  async function starts(): Promise<Record<string, string>> {
    const shown = await Promise.all(services.map((unit) => shell('systemctl show -P InvocationID "$1"', unit)));
    return Object.fromEntries(services.map((unit, index) => [unit, shown[index] ?? ""]));
  }
  /** HTTP status of a browser's first visit. */
  const door = () =>
    shell(
      `curl -s -o /dev/null -w '%{http_code}' -k --max-time 10 -H 'Sec-Fetch-Mode: navigate' --resolve "$1:443:127.0.0.1" "https://$1/"`,
      String(good["domain"]),
    );

  /** The version of HTTP that a client gets which knows 2 as well. */
  const httpVersion = () =>
    shell(
      `curl -s -o /dev/null -w '%{http_version}' -k --http2 --max-time 10 --resolve "$1:443:127.0.0.1" "https://$1/"`,
      String(good["domain"]),
    );

  before(async function () {
    this.timeout(30 * 60_000);
    lab = await startHostLab({ progress: (line) => console.error(`      ${line}`) });
    good = JSON.parse(await shell(`cat ${hostFile}`)) as File;
  });
  after(async () => {
    await lab?.close();
  });
  beforeEach(async () => {
    await configure(good);
    const { report } = await apply();
    assert.deepEqual(report.problems, []);
  });

  it("changes nothing the second time, restarts nothing, and takes two seconds at most", async () => {
    const [before, files] = [await starts(), await state()];
    const began = performance.now();
    const { code, report } = await apply();
    const took = performance.now() - began;
    assert.deepEqual([code, report.outcome, report.ok], [0, "unchanged", true]);
    assert.ok(report.checks.length >= 15 && report.checks.every(({ ok }) => ok));
    assert.ok(took <= 2000, `${took} ms`);
    assert.deepEqual([await starts(), await state()], [before, files]);
  });

  it("restarts and reloads only what a change concerns; nginx is never restarted for one", async () => {
    const before = await starts();
    assert.equal(await httpVersion(), "2");
    await configure({ ...good, gate: { ...good.gate, refreshMinutes: 30 } });
    const first = await apply();
    assert.deepEqual([first.code, first.report.units.restarted, first.report.units.reloaded], [0, [proxy], []]);
    await configure({ ...good, http2: false, gate: { ...good.gate, refreshMinutes: 30 } });
    const second = await apply();
    assert.deepEqual([second.code, second.report.units.restarted, second.report.units.reloaded], [0, [], [nginx]]);
    await until("HTTP/2 to be off", async () => (await httpVersion()) === "1.1");
    const now = await starts();
    assert.deepEqual(
      services.filter((unit) => now[unit] !== before[unit]),
      [proxy],
    );
  });

  it("shows in a dry run what it would do, and does nothing", async () => {
    const before = [await starts(), await state()];
    await configure({ ...good, profile: "developer", gate: { ...good.gate, sessionHours: 8 } });
    const { code, report } = await apply("--dry-run");
    assert.deepEqual([code, report.outcome], [0, "planned"]);
    assert.match(report.diff ?? "", /^-cookie_expire = "72h"\n\+cookie_expire = "8h"$/m);
    assert.deepEqual(report.files.created, ["/etc/sudoers.d/gatehouse"]);
    assert.deepEqual([await starts(), await state()], before);
  });

  it(`refuses ${nonsense.length} kinds of nonsense before anything is touched`, async () => {
    const before = [await starts(), await state()];
    const served = await door();
    for (const kind of nonsense) {
      // The table's own values belong to another pool; what is wrong with them stays wrong.
      await configure(nonsenseText(kind));
      const { code, report } = await apply();
      assert.deepEqual([code, report.outcome], [3, "refused"], kind.name);
      assert.deepEqual(
        report.problems.map(({ key }) => key),
        [kind.key ?? hostFile],
        kind.name,
      );
    }
    assert.deepEqual([await starts(), await state(), await door()], [...before, served]);
    assert.equal(served, "302");
  });

  it("switches nothing where nginx refuses: a certificate that is none", async () => {
    const before = [await starts(), await state()];
    const live = `/etc/letsencrypt/live/${good["domain"]}/fullchain.pem`;
    await shell('cp -a "$1" "$1.kept"; echo none >"$1"', live);
    try {
      await configure({ ...good, http2: false });
      const { code, report } = await apply();
      assert.deepEqual([code, report.outcome], [1, "refused"]);
      assert.match(report.problems[0]?.lines?.join("\n") ?? "", /cannot load certificate/);
      assert.deepEqual([await starts(), await state(), await door()], [...before, "302"]);
    } finally {
      await shell('mv "$1.kept" "$1"', live);
    }
  });

  it("puts back what was there where a service can't do what the new files say, and says why", async () => {
    const before = await state();
    // As good a name as any to every check of form; its issuer knows no such pool.
    const region = String(good.cognito["region"]);
    await configure({ ...good, http2: false, cognito: { ...good.cognito, userPoolId: `${region}_Nobodys` } });
    const { code, report } = await apply();
    assert.deepEqual([code, report.outcome], [1, "rolledBack"]);
    assert.match(JSON.stringify(report.problems), /failed to discover OIDC configuration/);
    assert.deepEqual([await state(), await door()], [before, "302"]);
    await configure(good);
    assert.equal((await apply()).report.outcome, "unchanged");
  });

  it("mends what was changed by hand, and starts what was stopped", async () => {
    const before = await state();
    await shell(`echo '# mine' >>/etc/gatehouse/nginx/server.conf; chmod 0666 /etc/gatehouse/redis.conf; rm /etc/tmpfiles.d/gatehouse.conf
      systemctl stop ${proxy}; systemctl disable -q gatehouse-redis.service`);
    const { code, report } = await apply();
    assert.deepEqual([code, report.outcome], [0, "applied"]);
    assert.deepEqual(report.units.started, [proxy]);
    assert.deepEqual([await state(), await door()], [before, "302"]);
    assert.equal(await shell("systemctl is-enabled gatehouse-redis.service"), "enabled");
  });

  it("serves the old host when it is killed half-way, and completes with a second run", async () => {
    const upgrade = { ...good, profile: "developer", http2: false, gate: { ...good.gate, sessionHours: 8 } };
    const old = await state();
    await configure(upgrade);
    const { report } = await apply();
    const steps = report.files.created.length + report.files.changed.length + report.files.removed.length;
    assert.ok(steps >= 5, JSON.stringify(report.files));
    const upgraded = await state();
    const seen = new Set<string>();
    for (let kill = 0; kill < Math.max(counts.applyKills, 2); kill++) {
      await configure(good);
      assert.deepEqual((await apply()).report.problems, []);
      assert.equal(await state(), old);
      await configure(upgrade);
      // From the first line (all is valid) to the one that tells of the units.
      assert.equal(await shell(killAfter, String(1 + (kill % (steps + 2)))), "137");
      seen.add(await state());
      assert.equal(await door(), "302", `after ${kill}`);
      // Every other time it is the old one that is wanted again.
      await configure(kill % 2 === 0 ? upgrade : good);
      const second = await apply();
      assert.deepEqual([second.code, second.report.problems], [0, []]);
      assert.equal(await state(), kill % 2 === 0 ? upgraded : old);
      assert.equal(await door(), "302");
    }
    record({ applyKills: Math.max(counts.applyKills, 2) });
    assert.ok(
      counts.applyKills < 3 || [...seen].some((each) => each !== old && each !== upgraded),
      "no run was half-way",
    );
  });

  it("serves after a loss of power half-way, too, and completes then", async () => {
    const upgrade = { ...good, http2: false, profile: "developer" };
    await configure(upgrade);
    assert.equal(await shell(killAfter, "3"), "137");
    await lab.reboot();
    await until("the door to answer", async () => (await door()) === "302", 60_000);
    const { code, report } = await apply();
    assert.deepEqual([code, report.outcome, report.recovered, report.problems], [0, "applied", true, []]);
  });

  it("completes a first run that was killed, and takes a first run that failed away", async () => {
    const before = await state();
    for (const lines of ["4", "20"]) {
      await shell(wipe);
      assert.equal(await shell(killAfter.replace("/usr/local/bin/gatehouse", command), lines), "137");
      const { code, report } = await apply();
      assert.deepEqual([code, report.outcome, report.recovered], [0, "applied", true]);
      assert.deepEqual([await state(), await door()], [before, "302"]);
    }
    await shell(wipe);
    const wiped = await state();
    const live = `/etc/letsencrypt/live/${good["domain"]}`;
    // Of the same key, but for nobody's name: nginx takes it, the last check doesn't.
    await shell(
      `cp -a "$1/fullchain.pem" "$1/kept"; openssl req -x509 -key "$1/privkey.pem" -days 1 -subj /CN=nobody -out "$1/fullchain.pem"`,
      live,
    );
    try {
      const { code, report } = await apply();
      assert.deepEqual([code, report.outcome], [1, "rolledBack"], JSON.stringify(report.problems));
      assert.deepEqual(
        report.checks.filter(({ ok }) => !ok).map(({ id }) => id),
        ["certificate.served"],
      );
      assert.equal(await state(), wiped);
      assert.equal(await shell("systemctl list-units --all --no-legend --plain 'gatehouse-*'"), "");
    } finally {
      await shell('mv "$1/kept" "$1/fullchain.pem"', live);
    }
  });

  it("is up again by itself after a reboot, and has nothing to change", async () => {
    const before = await state();
    await lab.reboot();
    const { code, report } = await apply();
    assert.deepEqual([code, report.outcome, report.problems], [0, "unchanged", []]);
    assert.equal(await state(), before);
  });

  it("is root's: others are told so", async () => {
    const { code, stderr } = await lab.run(["/usr/local/bin/gatehouse", "host", "apply"], {
      user: String(good["user"]),
      check: false,
    });
    assert.deepEqual([code, stderr], [1, "gatehouse: Only root can do this: sudo gatehouse host apply\n"]);
  });
});
