/** Whoever takes over the IDE's user (a malicious package, say) reads no secret, and gets into nothing that root or the agent runs. */
import assert from "node:assert/strict";
import { type HostLab, startHostLab } from "../lab/host/hostLab.ts";
import { ideUnit, openWays, type Place, type Ways } from "./isolation/places.ts";
import { everyUnit, isDenied, refusals } from "./isolation/requests.ts";
import { seedSecrets } from "./isolation/seeds.ts";
import { until } from "./page.ts";

const attackers: readonly Place[] = ["shell", "sandbox"];
const bulk = ["/var/cache/apt", "/var/lib/apt", "/var/lib/dpkg", "/opt/gatehouse/lib"];
const reached = ["/run/gatehouse/agent.sock", ["127.0.0.1", 47411]];
const closed = [
  "/run/gatehouse-redis/redis.sock",
  "/run/gatehouse-proxy/oauth2-proxy.sock",
  "/run/gatehouse-callback/callback.sock",
];
const metadata = ["169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"].map((ip) => [
  ip,
  80,
]);

/** In the place of one that may ask the metadata service. */
const agentOfMonitoring = "daemon";

type Found = { readonly found: readonly string[]; readonly count: number };
type Traced = { readonly "own child": string; readonly others: Record<string, Record<string, string>> };

describe("the IDE's user", () => {
  let lab: HostLab;
  let user: string;
  let ways: Ways;
  let secrets: Record<string, string>;

  const show = async (unit: string, property: string): Promise<string> =>
    (await lab.run(["systemctl", "show", "--property", property, "--value", unit])).stdout.trim();
  const active = (unit: string) =>
    until(`${unit} to be active`, async () => (await show(unit, "ActiveState")) === "active", 30_000);

  before(async function () {
    this.timeout(30 * 60_000);
    lab = await startHostLab({
      progress: (line) => console.error(`      ${line}`),
      hostFile: (file) => ({ ...file, metadataUsers: [agentOfMonitoring] }),
    });
    user = (JSON.parse((await lab.run(["cat", "/etc/gatehouse/host.json"])).stdout) as { user: string }).user;
    ways = await openWays(lab, user);
    secrets = await seedSecrets(lab, user);
  });
  after(async () => {
    await lab?.close();
  });

  it("is seen by root as nothing hidden: the search finds every secret, the ways into a process work", async () => {
    const { found } = await ways.attack<{ found: [string, string][] }>("root", "seek", {
      roots: ["/etc", "/run", "/proc/1/environ"],
      skip: [],
      secrets,
    });
    assert.deepEqual([...new Set(found.map(([label]) => label))].sort(), Object.keys(secrets).sort());
    const { open } = await ways.attack<{ open: [string, string][] }>("root", "processes");
    const agent = open.filter(([name]) => name === "gatehouse-agent").map(([, what]) => what);
    for (const what of ["environ", "maps", "mem", "root", "exe", "fd"]) assert.ok(agent.includes(what), what);
    const pid = await show("gatehouse-agent.service", "MainPID");
    const { others } = await ways.attack<Traced>("root", "trace", { targets: [Number(pid)] });
    assert.deepEqual(others[pid], { ptrace: "done", process_vm_readv: "EFAULT", pidfd_getfd: "done", SIGUSR1: "done" });
    assert.deepEqual(await ways.attack("root", "connect", { targets: [...closed, ...reached] }), Array(5).fill("done"));
  });

  it("can't open the agent's debugger, nor can root by a signal", async () => {
    const pid = await show("gatehouse-agent.service", "MainPID");
    await lab.run(["kill", "-USR1", pid]);
    assert.deepEqual(await ways.attack("root", "connect", { targets: [["127.0.0.1", 9229]] }), ["ECONNREFUSED"]);
    assert.equal(await show("gatehouse-agent.service", "MainPID"), pid);
  });

  it("finds no secret in the agent's environment or arguments, and nothing that Node or the loader obeys", async () => {
    const pid = await show("gatehouse-agent.service", "MainPID");
    const { stdout } = await lab.run(["cat", `/proc/${pid}/environ`]);
    const names = stdout
      .split("\0")
      .filter(Boolean)
      .map((line) => line.split("=")[0]);
    const unexpected = names.filter(
      (name) =>
        !/^(LANG|PATH|HOME|USER|LOGNAME|SHELL|LISTEN_(PID|FDS|FDNAMES)|INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_EXEC_PID|RUNTIME_DIRECTORY|MEMORY_PRESSURE_\w+|MALLOC_ARENA_MAX|NODE_USE_SYSTEM_CA|GATEHOUSE_(CONFIG|SOCKET|TOKEN_FILE)|\w+_CA_BUNDLE)$/.test(
          name ?? "",
        ),
    );
    assert.deepEqual(unexpected, []);
  });

  it("is kept from the metadata service like every other user but root and those that host.json names", async () => {
    const script =
      "for a in 169.254.169.254 [fd00:ec2::254]; do curl -gs -m 5 -o /dev/null -w '%{http_code} ' http://$a/; done";
    const ask = async (who: string) => (await lab.run(["sh", "-c", script], { user: who, check: false })).stdout;
    for (const who of ["root", agentOfMonitoring]) assert.match(await ask(who), /^[2-4]\d\d [2-4]\d\d $/, who);
    for (const who of [user, "bin", "gatehouse-agent", "gatehouse-proxy", "gatehouse-nginx"])
      assert.equal(await ask(who), "000 000 ", who);
  });

  for (const place of attackers) {
    describe(place === "shell" ? "in a shell" : "in the editor's sandbox", () => {
      it("finds no secret in any file, argument list or environment", async () => {
        const roots = ["/etc", "/run", "/var", "/opt", "/home", "/root", "/tmp", "/srv", "/usr/local"];
        const seen = await ways.attack<Found>(place, "seek", { roots, skip: bulk, secrets });
        assert.deepEqual(seen.found, []);
        assert.ok(seen.count > 300, `only ${seen.count} files`);
      });

      it("can look into no process of another user", async () => {
        const seen = await ways.attack<{ open: unknown[]; count: number }>(place, "processes");
        assert.deepEqual(seen.open, []);
        // The sandbox hides even their existence.
        assert.equal(seen.count > 5, place === "shell");
      });

      it("can trace, signal or borrow from none either, but debugs its own children", async () => {
        const units = ["agent", "oauth2-proxy", "redis", "nginx"].map((name) => `gatehouse-${name}.service`);
        const targets = [1, ...(await Promise.all(units.map(async (unit) => Number(await show(unit, "MainPID")))))];
        const traced = await ways.attack<Traced>(place, "trace", { targets });
        assert.equal(traced["own child"], "done");
        for (const [pid, each] of Object.entries(traced.others)) {
          for (const [way, outcome] of Object.entries(each))
            assert.match(outcome, /^(EPERM|EACCES|ESRCH)$/, `${way} ${pid}`);
        }
        assert.equal(Object.keys(traced.others).length, targets.length);
      });

      it("learns nothing of a secret from systemd or the journal", async () => {
        const texts = await Promise.all(
          [
            ["systemctl", "show", "--all", "gatehouse-*"],
            ["systemctl", "cat", "gatehouse-*"],
            ["systemctl", "status", "--no-pager", "--full", "--lines=1000", "gatehouse-*"],
            ["systemctl", "show-environment"],
            ["journalctl", "--no-pager", "--lines=all"],
          ].map(async (command) => (await ways.run(place, command)).stdout),
        );
        for (const [label, hex] of Object.entries(secrets)) {
          const secret = Buffer.from(hex, "hex");
          for (const text of texts) assert.ok(!Buffer.from(text).includes(secret), label);
        }
        assert.match(texts[0] ?? "", /LoadCredential=/);
        assert.ok(!/gatehouse-(agent|oauth2-proxy|redis)/.test(texts[4] ?? ""), "it reads other units' journal");
        assert.match((await lab.run(["journalctl", "--no-pager", "--lines=all"])).stdout, /gatehouse-agent/);
      });

      it("can write to nothing that root or another user runs or reads its settings from", async () => {
        const uid = Number((await lab.run(["id", "-u", user])).stdout);
        const { files, folders } = await ways.attack<{ files: string[]; folders: string[] }>("root", "running", {
          user: uid,
        });
        assert.ok(files.some((file) => file.startsWith("/opt/gatehouse/")) && folders.includes("/opt"));
        const settings = [
          "/etc",
          "/run/systemd",
          "/opt",
          "/usr/local",
          "/usr/bin",
          "/usr/sbin",
          "/usr/lib/systemd",
          "/var/lib",
          "/var/spool",
        ];
        const seen = await ways.attack<Found>(place, "writable", { roots: settings, paths: [...files, ...folders] });
        assert.deepEqual(seen.found, []);
        assert.ok(seen.count > 3000, `only ${seen.count}`);
        const own = await ways.attack<Found>(place, "writable", { roots: ["/run/gatehouse", "/run/gatehouse-ide"] });
        assert.deepEqual(own.found, ["/run/gatehouse-ide"]);
      });

      it("reaches the agent, but not the session store, the gate or the callback's socket", async () => {
        assert.deepEqual(await ways.attack(place, "connect", { targets: reached }), ["done", "done"]);
        for (const outcome of await ways.attack<string[]>(place, "connect", { targets: closed }))
          assert.match(outcome, /^(EACCES|ENOENT)$/);
      });

      it("can't pretend a callback on the sockets that it reaches", async () => {
        const path = "/gatehouse/callback?code=stolen&state=guessed";
        const text = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nX-Gatehouse-Email: alice@example.com\r\n\r\n`;
        const answer = await ways.attack<string>(place, "say", { path: "/run/gatehouse/agent.sock", text });
        assert.doesNotMatch(answer, /^HTTP\/1\.1 [23]/);
        const fetched = await ways.run(place, [
          "curl",
          "-s",
          "-o",
          "/dev/null",
          "-w",
          "%{http_code}",
          `http://127.0.0.1:47411${path}`,
        ]);
        assert.match(fetched.stdout, /^4\d\d$/);
      });

      it("is refused by the metadata service on every address; root is not", async () => {
        assert.deepEqual(
          await ways.attack(place, "connect", { targets: metadata }),
          metadata.map(() => "ECONNREFUSED"),
        );
        // The lab has a metadata service on the first two; on the others nobody would answer.
        assert.deepEqual(await ways.attack("root", "connect", { targets: metadata.slice(0, 2) }), ["done", "done"]);
      });

      it("may ask systemd for nothing but a restart of the editor", async () => {
        const units = await everyUnit(lab);
        const before = await Promise.all(units.map((unit) => show(unit, "InvocationID")));
        const { stdout } = await ways.run(place, ["sh", "-s"], refusals(units));
        const answers = stdout.trim().split("\n");
        assert.ok(answers.length > 80, stdout);
        assert.deepEqual(
          answers.filter((line) => !isDenied(line)),
          [],
        );
        assert.deepEqual(await Promise.all(units.map((unit) => show(unit, "InvocationID"))), before);
        const asked = await ways.run(place, ["systemctl", "--no-ask-password", "restart", ideUnit]);
        assert.equal(asked.code, 0, asked.stderr);
        assert.notEqual(await show(ideUnit, "InvocationID"), before[units.indexOf(ideUnit)]);
        await active(ideUnit);
      });

      it("gets no more rights", async () => {
        const asked = await ways.run(place, [
          "sh",
          "-c",
          "sudo -n id -u; pkexec --disable-internal-agent id -u; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status",
        ]);
        assert.doesNotMatch(asked.stdout, /^0$/m);
        assert.match(asked.stdout, /^CapEff:\s+0+$/m);
        if (place === "sandbox") assert.match(asked.stdout, /^CapBnd:\s+0+\nNoNewPrivs:\s+1\nSeccomp:\s+2$/m);
      });

      it("can put nothing in the place of the editor's socket, or answer for it, that outlives a restart", async () => {
        const folder = "/run/gatehouse-ide";
        const socket = `${folder}/code-server.sock`;
        const kept = "/var/cache/gatehouse-nginx/static/answered";
        await ways.run(place, ["sh", "-c", `rm -f ${socket} && mkdir -p ${socket}/x && chmod 0 ${socket} ${folder}`]);
        await lab.run(["touch", kept]);
        await lab.run(["systemctl", "restart", ideUnit], { user });
        await until("the editor to answer again", async () => {
          const asked = ["curl", "--silent", "--fail", "--unix-socket", socket, "http://localhost/healthz"];
          return (await lab.run(asked, { check: false })).code === 0;
        });
        assert.equal((await lab.run(["stat", "--format=%a", folder])).stdout.trim(), "2750");
        await lab.run(["systemctl", "restart", "gatehouse-nginx"]);
        assert.notEqual((await lab.run(["test", "-e", kept], { check: false })).code, 0);
      });

      it("has no hold on what root runs under this command's name by its environment", async () => {
        const evil = "echo 'console.log(\"TAKEN\")' > /tmp/evil.cjs; export NODE_OPTIONS=--require=/tmp/evil.cjs";
        const node = "/opt/gatehouse/lib/code-server/lib/node";
        const asked = await ways.run(place, [
          "sh",
          "-c",
          `${evil}; ${node} -e 0; echo ---; gatehouse --version; rm /tmp/evil.cjs`,
        ]);
        const [control, ours] = asked.stdout.split("---");
        assert.match(control ?? "", /TAKEN/);
        assert.doesNotMatch(ours ?? "", /TAKEN/);
      });
    });
  }
});
