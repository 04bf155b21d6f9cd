import assert from "node:assert/strict";
import type { Answer, Prompt } from "../../../src/agent/protocol.ts";
import type { Problem } from "../../../src/core/errors.ts";
import { type Modules, qrCode } from "../../../src/core/qrCode.ts";
import type { Session, SignedIn } from "../../../src/core/session.ts";
import { type FakeAgent, startFakeAgent } from "../../fakes/agentSocket.ts";
import { cliScript, gatehouse } from "./process.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

const role = { arn: "arn:aws:iam::111122223333:role/Developer", name: "Developer" };
const other = { arn: "arn:aws:iam::111122223333:role/Reader", name: "Reader" };
const signedOut: Session = { state: "signedOut", reason: "never" };
const signedIn = (credentials?: SignedIn["credentials"]): SignedIn => ({
  state: "signedIn",
  id: "x",
  username: "alice",
  signedInAt: 0,
  roles: [role, other],
  credentials: credentials ?? { state: "ready", expiresAt: Date.now() + 3600_000, refreshedAt: 0 },
});
const done = { state: "signedIn", session: signedIn() };
const asks = (prompt: Prompt, more: { problem?: Problem; notice?: Problem } = {}) => ({
  state: "prompt",
  flow: "f1",
  prompt,
  ...more,
});
const username = "alice";
const password: Prompt = { kind: "password", username };
const totp: Prompt = { kind: "totp", username };
const uri =
  "otpauth://totp/Gatehouse:alice%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Gatehouse";
const enrol: Prompt = { kind: "enrolTotp", username, secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", uri };
const secret = "Correct-Horse-9";

describe("gatehouse login", function () {
  this.timeout(20_000);
  let agent: FakeAgent;
  let terminal: Terminal | undefined;
  afterEach(async () => {
    terminal?.kill();
    terminal = undefined;
    await agent.close();
  });

  /** An agent that answers a sign-in with these steps, one after the other. */
  const serve = async (steps: readonly unknown[], more: Parameters<typeof startFakeAgent>[0] = {}) => {
    const left = [...steps];
    const next = () => left.shift();
    agent = await startFakeAgent({
      "configuration/get": () => ({ ok: true, source: "host.json", region: "r", userPoolId: "p", clientId: "c" }),
      "session/get": () => signedOut,
      "signIn/start": next,
      "signIn/answer": next,
      "signIn/cancel": () => null,
      ...more,
    });
  };
  /** Runs it in a terminal; afterwards the terminal's own settings are shown. */
  const run = (args: string, { before = "", env = {} }: { before?: string; env?: Record<string, string> } = {}) => {
    const line = `${before} '${process.execPath}' '${cliScript}' login ${args}; code=$?; stty -a; echo exit=$code`;
    terminal = openTerminal(line, { ...agent.env, ...env });
    return terminal;
  };
  const exit = async (opened: Terminal) => Number((await opened.waitFor(/exit=(\d+)/))[1]);
  const answers = () =>
    agent.requests
      .filter(({ method }) => method === "signIn/answer")
      .map(({ params }) => (params as { answer: Answer }).answer);

  it("asks for name, password and code, shows no password, and leaves the terminal as it was", async () => {
    await serve([asks(password), asks(totp), done]);
    const opened = run("");
    await opened.waitFor(/User name or e-mail: $/);
    opened.type("alicf\u007fe\r");
    await opened.waitFor(/Password for alice: $/);
    opened.type(`${secret}\r`);
    await opened.waitFor(/Code from the authenticator app: $/);
    opened.type("123 456\r");
    await opened.waitFor(/Signed in as alice\.\r\nAWS credentials are in every terminal; valid for \d+ min/);
    assert.equal(await exit(opened), 0);
    assert.deepEqual(answers(), [
      { kind: "password", password: secret },
      { kind: "totp", code: "123456" },
    ]);
    assert.deepEqual(agent.requests.find(({ method }) => method === "signIn/start")?.params, { username: "alice" });
    assert.ok(!opened.shown.includes(secret));
    assert.match(opened.shown, /\nisig icanon /);
    assert.match(opened.shown, / echo /);
  });

  it("does not echo what is typed before it is asked for", async () => {
    let start = () => {};
    const started = new Promise<void>((resolve) => {
      start = resolve;
    });
    await serve([done], {
      "signIn/start": async () => {
        await started;
        return asks(password);
      },
    });
    const opened = run("");
    await opened.waitFor(/e-mail: $/);
    opened.type(`alice\r${secret}`);
    await opened.waitFor(/alice\r\n/);
    start();
    await opened.waitFor(/Password for alice: $/);
    opened.type("\r");
    assert.equal(await exit(opened), 0);
    assert.ok(!opened.shown.includes("Correct"));
  });

  it("says what was wrong beside the prompt, and asks again in the reader's language", async () => {
    await serve([
      asks(password),
      asks(password, { problem: { code: "wrongPassword" } }),
      asks(totp),
      asks(totp, { problem: { code: "wrongCode" } }),
      done,
    ]);
    const opened = run("alice", { env: { LANG: "ja_JP.UTF-8" } });
    for (const text of ["nope", secret, "000000", "123456"]) {
      await opened.waitFor(/: $/);
      opened.type(`${text}\r`);
    }
    assert.equal(await exit(opened), 0);
    assert.match(opened.shown, /パスワードが正しくありません/);
    assert.match(opened.shown, /コードが正しくありません/);
  });

  it("counts down to the next code after a used one, and takes an answer at any time", async () => {
    await serve([asks(totp), asks(totp, { problem: { code: "usedCode", params: { waitSeconds: 2 } } }), done]);
    const opened = run("alice");
    await opened.waitFor(/app: $/);
    opened.type("123456\r");
    await opened.waitFor(/used already\. Wait 2 s/);
    await opened.waitFor(/next one in 2 s\): /);
    opened.type("65");
    await opened.waitFor(/next one in 1 s\): 65/);
    await opened.waitFor(/Code from the authenticator app: 65$/);
    opened.type("4321\r");
    assert.equal(await exit(opened), 0);
    assert.deepEqual(answers().at(-1), { kind: "totp", code: "654321" });
  });

  it("draws the QR code of a new authenticator, dark on light, with the key as text, once", async () => {
    await serve([
      asks(enrol),
      asks(enrol, { problem: { code: "wrongCode" } }),
      asks({ ...enrol, secret: "ABCDEFGH" }, { notice: { code: "flowExpired" } }),
      done,
    ]);
    const opened = run("alice");
    for (const code of ["000000", "111111"]) {
      await opened.waitFor(/Code that the app shows: $/);
      opened.type(`${code}\r`);
    }
    assert.deepEqual(modulesOf(opened.shown), qrCode(uri));
    assert.ok(opened.shown.includes("JBSW Y3DP EHPK 3PXP"));
    assert.equal(opened.shown.split("Scan this code").length, 2);
    await opened.waitFor(/started again from what was already entered[\s\S]*ABCD EFGH[\s\S]*app shows: $/);
    opened.type("222222\r");
    assert.equal(await exit(opened), 0);
  });

  it("gives the key alone in a terminal that is too narrow for the code", async () => {
    await serve([asks(enrol), done]);
    const opened = run("alice", { before: "stty cols 40;" });
    await opened.waitFor(/Enter this key in one:\r\n {2}JBSW Y3DP/);
    await opened.waitFor(/app shows: $/);
    opened.type("1\r");
    assert.equal(await exit(opened), 0);
    assert.doesNotMatch(opened.shown, /▀|▄|█/);
  });

  for (const when of ["at a hidden prompt", "while the agent is asked"]) {
    it(`is cancelled by Ctrl-C ${when}: the agent is told, the terminal is restored, 130`, async () => {
      await serve([asks(password)], { "signIn/answer": () => new Promise(() => {}) });
      const opened = run("alice");
      await opened.waitFor(/Password for alice: $/);
      if (when === "while the agent is asked") {
        opened.type(`${secret}\r`);
        await opened.waitFor(/\r\n$/);
      }
      opened.type("\u0003");
      assert.equal(await exit(opened), 130);
      assert.match(opened.shown, /\nisig icanon /);
      assert.match(opened.shown, / echo /);
      assert.match(opened.shown, /The sign-in was cancelled/);
      assert.deepEqual(agent.requests.at(-1), { method: "signIn/cancel", params: { flow: "f1" } });
    });
  }

  it("asks for a new password twice, and again when the two differ", async () => {
    await serve([asks({ kind: "newPassword", username, requiredAttributes: ["name"] }), done]);
    const opened = run("alice");
    for (const text of ["Alice A", secret, "other", secret, secret]) {
      await opened.waitFor(/: $/);
      opened.type(`${text}\r`);
    }
    assert.equal(await exit(opened), 0);
    assert.match(opened.shown, /passwords differ/);
    assert.ok(!opened.shown.includes(secret));
    assert.deepEqual(answers(), [{ kind: "newPassword", password: secret, attributes: { name: "Alice A" } }]);
  });

  it("has a mailed code sent again for an empty answer", async () => {
    const reset: Prompt = { kind: "resetPassword", username, destination: "a***@e***" };
    await serve([asks(reset), asks(reset), done]);
    const opened = run("alice");
    await opened.waitFor(/sent to a\*\*\*@e\*\*\*[\s\S]*again\): $/);
    opened.type("\r");
    for (const text of ["123456", secret, secret]) {
      await opened.waitFor(/: $/);
      opened.type(`${text}\r`);
    }
    assert.equal(await exit(opened), 0);
    assert.deepEqual(answers(), [{ kind: "resend" }, { kind: "resetPassword", code: "123456", password: secret }]);
  });

  it("offers the roles where several are possible, and waits for their credentials", async () => {
    const pending = signedIn({ state: "pending" });
    let current: Session = pending;
    const undecided = signedIn({ state: "unavailable", problem: { code: "ambiguousRole" } });
    await serve([{ state: "signedIn", session: undecided }], {
      "session/chooseRole": () => {
        current = { ...signedIn(), role: other };
        setImmediate(() => agent.notify("session/changed", current));
        return pending;
      },
      "session/get": () => current,
    });
    const opened = run("alice");
    await opened.waitFor(/1 {2}Developer {2}arn[\s\S]*2 {2}Reader {2}arn[\s\S]*Role \(1 to 2\): $/);
    opened.type("9\r");
    await opened.waitFor(/Role \(1 to 2\): $/);
    opened.type("2\r");
    await opened.waitFor(/AWS credentials of Reader/);
    assert.equal(await exit(opened), 0);
    assert.deepEqual(agent.requests.find(({ method }) => method === "session/chooseRole")?.params, { role: other.arn });
  });

  it("takes the role of --role by name, and says why there are no credentials", async () => {
    const refused = signedIn({ state: "unavailable", problem: { code: "roleNotAllowed", params: { role: "Reader" } } });
    await serve([done], { "session/chooseRole": () => refused });
    const opened = run("alice --role Reader");
    assert.equal(await exit(opened), 1);
    assert.match(opened.shown, /Signed in as alice\.[\s\S]*The AWS role Reader is not assigned/);
    assert.deepEqual(agent.requests.at(-1)?.params, { role: other.arn });
  });

  it("names what is missing when nothing is configured, with 3", async () => {
    const problems = [{ code: "notConfigured", params: { settings: "cognito.region, cognito.clientId" } }];
    await serve([], { "configuration/get": () => ({ ok: false, problems }) });
    const opened = run("alice");
    assert.equal(await exit(opened), 3);
    assert.match(opened.shown, /Set cognito\.region, cognito\.clientId in \/etc\/gatehouse\/host\.json/);
  });

  it("ends with 1 and the reason when the account can't sign in", async () => {
    await serve([{ state: "failed", problem: { code: "userDisabled" } }]);
    assert.equal(await exit(run("alice")), 1);
    assert.match(terminal?.shown ?? "", /This user is disabled/);
  });

  it("takes the answers from standard input with --stdin, and shows none of them", async () => {
    await serve([asks(password), asks(totp), done]);
    const outcome = await gatehouse(["login", "alice", "--stdin"], { env: agent.env, input: `${secret}\n123456` });
    assert.equal(outcome.code, 0);
    assert.deepEqual(
      answers().map(({ kind }) => kind),
      ["password", "totp"],
    );
    assert.ok(!`${outcome.stdout}${outcome.stderr}`.includes(secret));
  });

  it("says which answer is missing when standard input ends early, and cancels the sign-in", async () => {
    await serve([asks(password), asks(totp)]);
    const outcome = await gatehouse(["login", "alice", "--stdin"], { env: agent.env, input: `${secret}\n` });
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /Nothing was entered for Code from the authenticator app\./);
    assert.equal(agent.requests.at(-1)?.method, "signIn/cancel");
  });
});

/** Reads the drawn code back into modules, and checks that its colours are set on every line. */
function modulesOf(shown: string): Modules {
  const lines = shown.split("\r\n").filter((line) => line.startsWith("\u001b[38;5;16;48;5;231m"));
  const rows = lines.flatMap((line) => {
    assert.ok(line.endsWith("\u001b[0m"));
    const cells = [...line.slice("\u001b[38;5;16;48;5;231m".length, -"\u001b[0m".length)];
    return [cells.map((cell) => cell === "▀" || cell === "█"), cells.map((cell) => cell === "▄" || cell === "█")];
  });
  const margin = 4;
  const size = (rows[0]?.length ?? 0) - 2 * margin;
  return rows.slice(margin, margin + size).map((row) => row.slice(margin, margin + size));
}
