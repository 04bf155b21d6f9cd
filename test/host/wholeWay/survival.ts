/** Parts of the host are killed, and the host restarted, under a working browser. */
import assert from "node:assert/strict";
import { counts, record } from "../counts.ts";
import { AwsLoop } from "../loop.ts";
import { openTerminal, type Terminal, until } from "../page.ts";
import type { GateWorld } from "./gateWorld.ts";

const identity = "aws sts get-caller-identity";
/** Longest time until a part is back, in ms; a busy machine needs more than the second that it takes. */
const patience = 20_000;

interface Part {
  readonly name: string;
  /** Of the figures. */
  readonly key: string;
  /** Whose main process is another one afterwards. */
  readonly unit?: string;
  /** A line for root's shell. */
  readonly kill: string;
}

const part = (name: string, key = name): Part => ({
  name,
  key,
  unit: `gatehouse-${name}`,
  // Every process of it: the rest would be ended by systemd.
  kill: `systemctl kill --signal=KILL gatehouse-${name}`,
});
const underTheEditor: readonly Part[] = [
  part("nginx"),
  { name: "nginx's workers", key: "nginxWorkers", kill: "pkill -9 -P $(cat /run/gatehouse-nginx/nginx.pid)" },
  ...[part("oauth2-proxy", "oauth2Proxy"), part("redis"), part("agent", "agentService")],
];
const codeServer = part("code-server", "codeServer");

/** As a terminal's tools ask for credentials; the token stays out of the arguments. */
const askForCredentials =
  'printf \'header = "Authorization: %s"\\n\' "$(cat /run/gatehouse/terminal/token)" | curl --silent --output /dev/null --write-out %{http_code} --config - http://127.0.0.1:47411/credentials';

export function survivalTests(world: () => GateWorld): void {
  let session: string;

  before(async () => {
    session = await world().gateSession();
    world().traffic.newPages();
  });

  /** Since it was last asked, nobody was sent to sign in, or given another session. */
  const stillIn = async () => {
    assert.equal(await world().gateSession(), session);
    const elsewhere = world()
      .traffic.newPages()
      .filter((page) => !page.startsWith(`${world().lab.origin}/`));
    assert.deepEqual(elsewhere, []);
  };
  const credentialsServed = async () => {
    const { stdout } = await world().lab.run(["sh", "-c", askForCredentials], { user: world().user, check: false });
    return stdout === "200";
  };
  const mainProcess = async (unit: string) =>
    (await world().lab.run(["systemctl", "show", "--property=MainPID", "--value", unit])).stdout.trim();
  /** Milliseconds from the kill until gate, editor and credentials answer. */
  const killed = async ({ name, kill, unit }: Part): Promise<number> => {
    const before = unit === undefined ? "" : await mainProcess(unit);
    await world().lab.run(["sh", "-c", kill]);
    const began = performance.now();
    const isBack = async () =>
      (unit === undefined || !["0", before].includes(await mainProcess(unit))) &&
      (await world().answers()) === 200 &&
      (await credentialsServed());
    await until(`${name} to be back`, isBack, patience);
    return performance.now() - began;
  };
  const working = async (terminal: Terminal) => {
    const { status, output } = await terminal.run(identity, 60_000);
    assert.equal(status, 0, output);
  };

  it("goes on in the same window and the same terminals when nginx, oauth2-proxy, redis or the agent is killed", async function () {
    this.timeout(240_000 + counts.hostKills * underTheEditor.length * 60_000);
    const { page, workspace } = world();
    await page.evaluate("window.notReloaded = true");
    await world().terminal();
    const loop = await AwsLoop.start(await openTerminal(page, workspace));
    const terminal = await world().terminal();
    for (const each of underTheEditor) {
      const back: number[] = [];
      const editor: number[] = [];
      for (let count = 0; count < counts.hostKills; count++) {
        const began = performance.now();
        back.push(await killed(each));
        await terminal.run("true", 60_000);
        editor.push(performance.now() - began);
        await loop.more(1);
        await stillIn();
      }
      record(figures(each.key, back, editor));
      assert.equal((await world().awsSession()).state, "signedIn", each.name);
    }
    await working(terminal);
    const { calls, failures } = await loop.end();
    assert.deepEqual(failures, []);
    record({ callsUnderKills: calls });
    assert.equal(await page.evaluate("window.notReloaded"), true);
    assert.equal(await world().failedUnits(), "");
  });

  it("is there again after a reload when code-server was killed, with the same sessions", async function () {
    this.timeout(120_000 + counts.hostKills * 60_000);
    const back: number[] = [];
    const editor: number[] = [];
    for (let count = 0; count < counts.hostKills; count++) {
      const began = performance.now();
      back.push(await killed(codeServer));
      await world().reload();
      editor.push(performance.now() - began);
      await stillIn();
    }
    await working(await world().terminal());
    record(figures(codeServer.key, back, editor));
    assert.equal(await world().failedUnits(), "");
  });

  it("takes nobody for signed out while the session store is away, and goes on by itself when it is back", async () => {
    const { browser, lab } = world();
    const terminal = await world().terminal();
    await lab.run(["systemctl", "stop", "gatehouse-redis"]);
    const other = await browser.newPage();
    try {
      // Each answer takes as long as the gate waits for the store.
      const [opened, asked] = await Promise.all([other.goto(lab.url), world().answers()]);
      assert.deepEqual([opened?.status(), asked], [503, 503]);
      await other.getByText("You are not signed out").waitFor();
      await stillIn();
      // What is open goes on.
      await working(terminal);
    } finally {
      await lab.run(["systemctl", "start", "gatehouse-redis"]);
    }
    await other.locator(".monaco-workbench .statusbar-item").first().waitFor({ timeout: 60_000 });
    await stillIn();
    await other.close();
    assert.equal(await world().answers(), 200);
  });

  it("asks for no sign-in at the gate after a reboot, and for one click at AWS's", async function () {
    this.timeout(120_000 + counts.reboots * 120_000);
    const { lab } = world();
    const back: number[] = [];
    const editor: number[] = [];
    for (let count = 0; count < counts.reboots; count++) {
      const began = performance.now();
      await lab.reboot();
      await until("the host to be back", async () => (await world().answers()) === 200, 60_000);
      back.push(performance.now() - began);
      await world().reload();
      editor.push(performance.now() - began);
      assert.equal((await world().awsSession()).state, "signedOut");
      await stillIn();
      assert.equal(await world().failedUnits(), "");
      await (await world().clickSignIn()).close();
      await world().signedInToAws();
      await working(await world().terminal());
      world().traffic.newPages();
    }
    record(figures("host", back, editor));
  });
}

/** Counts, and milliseconds until the part and until the person's window was back. */
function figures(key: string, back: readonly number[], editor: readonly number[]): Record<string, number> {
  const sorted = back.toSorted((one, other) => one - other);
  return {
    [`${key}Kills`]: back.length,
    [`${key}MedianMs`]: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
    [`${key}SlowestMs`]: Math.round(sorted.at(-1) ?? 0),
    [`${key}WindowMs`]: Math.round(Math.max(...editor)),
  };
}
