import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import {
  type AgentClient,
  agentEnvironment,
  connect,
  connectOrStart,
  keepConnected,
} from "../../../src/agent/client.ts";
import {
  awaitBrowserSignIn,
  getConfiguration,
  getSession,
  signOut,
  startBrowserSignIn,
} from "../../../src/agent/protocol.ts";
import { type RuntimePaths, readEndpoint, runtimePaths } from "../../../src/core/runtimeDirectory.ts";
import { addBranding, addDomain, oauthSettings } from "../../cognito/managedLogin/setUp.ts";
import { Visitor } from "../../cognitoProof/managedLoginSite.ts";
import { configuration, FakeCognito } from "../../fakes/cognito.ts";
import { startEmulated } from "../core/cognito/emulated.ts";
import { fetchCredentials } from "./harness.ts";

const agentScript = join(import.meta.dirname, "../../../src/agent.ts");

describe("agent process", function () {
  this.timeout(30_000);
  let directory: string;
  let environment: Record<string, string | undefined>;
  let paths: RuntimePaths;
  const clients: AgentClient[] = [];
  const pids = new Set<number>();

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
    environment = {
      ...process.env,
      GATEHOUSE_RUNTIME_DIR: join(directory, "run"),
      GATEHOUSE_CONFIG: join(directory, "host.json"),
    };
    paths = runtimePaths({ environment });
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.dispose();
    for (const pid of pids) await kill(pid, "SIGTERM");
    pids.clear();
    rmSync(directory, { recursive: true, force: true });
  });

  const dependencies = () => ({
    paths,
    client: "cli" as const,
    version: "1.0.0",
    agentScript,
    node: process.execPath,
    environment,
  });

  async function start(): Promise<AgentClient> {
    const client = await connectOrStart(dependencies());
    clients.push(client);
    pids.add(client.hello.pid);
    return client;
  }

  it("is one, however many clients find none at once, and refuses nobody", async () => {
    const all = await Promise.all(Array.from({ length: 200 }, start));
    assert.equal(new Set(all.map(({ hello }) => hello.pid)).size, 1);
    await Promise.all(all.map((client) => client.request(getSession)));
    const started = readFileSync(join(paths.directory, "agent.log"), "utf8").match(/ started as user/g);
    assert.equal(started?.length, 1);
  });

  it("is one, also when processes start it without taking turns", async () => {
    const agents = Array.from({ length: 8 }, () =>
      spawn(process.execPath, [agentScript], { env: agentEnvironment(environment), stdio: "ignore" }),
    );
    const exits = agents.map(async (agent) => {
      const [code] = await once(agent, "exit");
      return code;
    });
    const client = await start();
    // The client may have started a ninth, which may have come first.
    const others = exits.filter((_, index) => agents[index]?.pid !== client.hello.pid);
    assert.ok(others.length >= 7);
    assert.deepEqual(await Promise.all(others), Array(others.length).fill(0));
  });

  it("is back within a second after kill -9, on the same port, with left-over files replaced", async () => {
    // As it is installed: Node takes several times as long to read the sources as they stand.
    const bundle = join(directory, "dist", "agent.js");
    const mainFields = ["module", "main"];
    await build({ entryPoints: [agentScript], outfile: bundle, bundle: true, platform: "node", mainFields });
    writeFileSync(join(directory, "package.json"), JSON.stringify({ version: "1.0.0" }));
    const start = async (): Promise<AgentClient> => {
      const started = await connectOrStart({ ...dependencies(), agentScript: bundle });
      clients.push(started);
      pids.add(started.hello.pid);
      return started;
    };
    let client = await start();
    const times: number[] = [];
    // The best of three, and of more on a busy machine, which is not what is measured.
    for (let round = 0; round < 3 || (round < 9 && Math.min(...times) >= 1000); round++) {
      const gone = new Promise<void>((resolve) => client.onClose(resolve));
      process.kill(client.hello.pid, "SIGKILL");
      await gone;
      const { tokenFile } = client.hello.endpoint;
      const token = readFileSync(tokenFile, "utf8");
      assert.ok(lstatSync(paths.socket).isSocket(), "it left its socket");
      const before = performance.now();
      const again = await start();
      times.push(performance.now() - before);
      assert.notEqual(again.hello.pid, client.hello.pid);
      assert.deepEqual(again.hello.endpoint, client.hello.endpoint);
      assert.notEqual(readFileSync(tokenFile, "utf8"), token);
      client = again;
    }
    assert.ok(Math.min(...times) < 1000, `it took ${times.map(Math.round).join(", ")} ms`);
  });

  it("is restarted at once by a connection that is kept, which tells so", async () => {
    const kept = keepConnected({ ...dependencies(), client: "editor" });
    const first = (await kept.current()).hello;
    pids.add(first.pid);
    const restarted = new Promise<number>((resolve) => {
      kept.onState((connection) => {
        if (connection.state === "connected" && connection.restarted) resolve(connection.client.hello.pid);
      });
    });
    process.kill(first.pid, "SIGKILL");
    const pid = await restarted;
    pids.add(pid);
    assert.notEqual(pid, first.pid);
    assert.equal((await kept.request(getSession)).state, "signedOut");
    kept.dispose();
  });

  it("shows no secret in its arguments or environment, and takes nothing of its starter's but what it needs", async () => {
    environment = {
      ...environment,
      AWS_SECRET_ACCESS_KEY: "aws",
      NODE_OPTIONS: "--inspect",
      npm_token: "x",
      HTTPS_PROXY: "p",
    };
    const { hello } = await start();
    const read = (file: string) => readFileSync(`/proc/${hello.pid}/${file}`, "latin1");
    const names = read("environ")
      .split("\0")
      .map((entry) => entry.split("=")[0] ?? "");
    assert.deepEqual(
      names.filter((name) => /^(AWS_|NODE_OPTIONS|npm)/i.test(name)),
      [],
    );
    assert.ok(names.includes("HTTPS_PROXY"));
    const token = readFileSync(hello.endpoint.tokenFile, "utf8");
    for (const file of ["environ", "cmdline"]) assert.ok(!read(file).includes(token));
    assert.ok(!readFileSync(join(paths.directory, "agent.log"), "utf8").includes(token));
    assert.equal(lstatSync(join(paths.directory, "agent.log")).mode & 0o777, 0o600);
  });

  it("stays when its starter goes, and removes its socket and token when it is asked to end", async () => {
    const { hello } = await start();
    const status = readFileSync(`/proc/${hello.pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
    assert.equal(status[3], String(hello.pid), "it leads a session of its own");
    await kill(hello.pid, "SIGTERM");
    assert.ok(!existsSync(paths.socket) && !existsSync(hello.endpoint.tokenFile));
  });

  it("ends by itself when nobody needs it", async () => {
    environment = { ...environment, GATEHOUSE_GRACE: "50" };
    const client = await start();
    client.dispose();
    await ended(client.hello.pid);
    assert.ok(!existsSync(paths.socket));
  });

  it("says why it could not be started", async () => {
    const deps = { ...dependencies(), agentScript: join(directory, "none.js") };
    await assert.rejects(connectOrStart(deps), { code: "agentUnavailable" });
  });

  describe("as a service", () => {
    let supervisor: ChildProcess;
    let lines: AsyncIterator<string>;
    let listening: Server[];
    let journal: string;
    let tokenFile: string;
    let privateDirectory: string;
    let callbackSocket: string;

    beforeEach(async () => {
      const shared = join(directory, "shared");
      privateDirectory = join(directory, "private");
      mkdirSync(shared, { mode: 0o750 });
      mkdirSync(privateDirectory, { mode: 0o700 });
      tokenFile = join(shared, "token");
      callbackSocket = join(directory, "callback.sock");
      const { identityPoolId: _, ...cognito } = configuration;
      writeFileSync(join(directory, "host.json"), JSON.stringify({ cognito }));
      environment = {
        ...environment,
        GATEHOUSE_SOCKET: join(shared, "agent.sock"),
        GATEHOUSE_TOKEN_FILE: tokenFile,
        RUNTIME_DIRECTORY: privateDirectory,
      };
      paths = runtimePaths({ environment });
      journal = "";
    });

    afterEach(async () => {
      supervisor.kill("SIGKILL");
      for (const server of listening) server.close();
    });

    /** Holds the sockets as systemd does, and starts an agent on them for each line that it is sent. */
    async function supervise(names = "agent:endpoint"): Promise<void> {
      const files: Record<string, string> = { agent: paths.socket, callback: callbackSocket };
      listening = names.split(":").map((name) => {
        const file = files[name];
        return file === undefined ? createServer().listen(0, "127.0.0.1") : createServer().listen(`${file}.new`);
      });
      await Promise.all(listening.map((server) => once(server, "listening")));
      // Node removes the socket's first name when it closes its own copy.
      for (const file of Object.values(files)) if (existsSync(`${file}.new`)) renameSync(`${file}.new`, file);
      const descriptors = listening.map((server) => (server as unknown as { _handle: { fd: number } })._handle.fd);
      const script = `while read line; do LISTEN_FDS=${names.split(":").length} LISTEN_FDNAMES=${names} sh -c 'LISTEN_PID=$$ exec "$0" "$1"' "${process.execPath}" "${agentScript}" <&- >/dev/null & echo $!; done`;
      supervisor = spawn("sh", ["-c", script], { env: environment, stdio: ["pipe", "pipe", "pipe", ...descriptors] });
      supervisor.stderr?.setEncoding("utf8").on("data", (chunk) => {
        journal += chunk;
      });
      for (const server of listening) server.close();
      lines = createInterface({ input: supervisor.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    }

    async function activate(): Promise<AgentClient> {
      supervisor.stdin?.write("start\n");
      pids.add(Number((await lines.next()).value));
      const client = await connect({ paths, client: "cli", version: "1.0.0" });
      clients.push(client);
      return client;
    }

    function leaveSnapshot(): FakeCognito {
      const cognito = new FakeCognito();
      const keys = cognito.credentials(undefined);
      const { identityId: _, ...credentials } = keys;
      const session = {
        id: "opaque",
        configuration,
        signedInAt: Date.now(),
        tokens: cognito.tokens(),
        tokensObtainedAt: Date.now(),
        credentials: { ...credentials, obtainedAt: Date.now() },
      };
      const file = join(privateDirectory, "session.json");
      writeFileSync(file, JSON.stringify({ version: 1, session }), { mode: 0o600 });
      return cognito;
    }

    it("listens on the sockets that it is handed, and shares its token with the group alone", async () => {
      await supervise();
      const { hello } = await activate();
      assert.equal(hello.mode, "service");
      assert.equal(hello.endpoint.tokenFile, tokenFile);
      assert.deepEqual(readEndpoint(paths), hello.endpoint);
      assert.equal(lstatSync(tokenFile).mode & 0o777, 0o640);
      assert.equal(lstatSync(tokenFile).gid, lstatSync(join(directory, "shared")).gid);
      const { status } = await fetchCredentials(
        readFileSync(paths.endpointFile, "utf8"),
        readFileSync(tokenFile, "utf8"),
      );
      assert.equal(status, 403);
    });

    it("comes back from kill -9 with its session, and no request is lost meanwhile", async () => {
      const cognito = leaveSnapshot();
      await supervise();
      const client = await activate();
      const session = await client.request(getSession);
      assert.ok(session.state === "signedIn" && session.credentials.state === "ready");
      // What a terminal has read before the kill, and sends after it, counts.
      const [read, endpoint] = [tokenFile, paths.endpointFile].map((file) => readFileSync(file, "utf8"));
      for (let round = 0; round < 3; round++) {
        await kill(client.hello.pid, "SIGKILL");
        for (const pid of pids) if (pid !== client.hello.pid) await kill(pid, "SIGKILL");
        // Waits in the socket's queue until there is an agent again.
        const connected = activate();
        assert.deepEqual(await (await connected).request(getSession), session);
        assert.equal((await fetchCredentials(endpoint ?? "", read ?? "")).status, 200);
      }
      for (const secret of cognito.secrets) assert.ok(!journal.includes(secret));
    });

    it("makes another token where what was kept is not its own", async () => {
      const kept = join(privateDirectory, "endpointToken");
      const planted = "x".repeat(43);
      writeFileSync(kept, planted, { mode: 0o644 });
      await supervise();
      await activate();
      assert.notEqual(readFileSync(tokenFile, "utf8"), planted);
      assert.equal(readFileSync(kept, "utf8"), readFileSync(tokenFile, "utf8"));
      assert.equal(lstatSync(kept).mode & 0o777, 0o600);
    });

    it("removes its snapshot at sign-out", async () => {
      leaveSnapshot();
      await supervise();
      const client = await activate();
      // Nobody answers at the pool's address here: what must happen first happens all the same.
      const out = client.request(signOut).catch(() => {});
      assert.deepEqual(await client.request(getSession), { state: "signedOut", reason: "signedOut" });
      assert.ok(!existsSync(join(privateDirectory, "session.json")));
      client.dispose();
      await out;
    });

    for (const [what, spoil] of [
      ["open to others", (file: string) => chmodSync(file, 0o640)],
      ["broken", (file: string) => writeFileSync(file, '{"version":1,"session":{}}')],
      ["no JSON", (file: string) => writeFileSync(file, "{")],
    ] as const) {
      it(`refuses a snapshot that is ${what}`, async () => {
        leaveSnapshot();
        spoil(join(privateDirectory, "session.json"));
        await supervise();
        const client = await activate();
        assert.deepEqual(await client.request(getSession), { state: "signedOut", reason: "agentRestarted" });
        assert.match(journal, /snapshot: (refused|not used)/);
      });
    }

    it("does not start in a private directory that is open to others", async () => {
      chmodSync(privateDirectory, 0o755);
      await supervise();
      supervisor.stdin?.write("start\n");
      const pid = Number((await lines.next()).value);
      await ended(pid);
      assert.match(journal, /not started.*socketUnsafe/);
    });

    for (const names of ["callback:agent:endpoint", "endpoint:callback:agent"]) {
      it(`signs a browser in by the socket of its callback (${names}), and keeps that over kill -9`, async () => {
        const emulated = await startEmulated();
        try {
          const client = { ...oauthSettings, CallbackURLs: ["https://ide.example.com/gatehouse/callback"] };
          const pool = await emulated.pool({}, client);
          await emulated.user(pool, "yuki", "Correct-Horse-7");
          await addDomain(emulated.userPools, pool.userPoolId, "service");
          await addBranding(emulated.userPools, pool.userPoolId, pool.clientId);
          const domain = `service.localhost:${new URL(emulated.endpoint).port}`;
          const host = { domain: "ide.example.com", cognito: { ...pool, domain } };
          writeFileSync(join(directory, "host.json"), JSON.stringify(host));
          await supervise(names);
          const first = await activate();
          const view = await first.request(getConfiguration);
          assert.ok(view.ok && view.browserSignIn, JSON.stringify(view));

          const visitor = new Visitor(emulated, { host: domain });
          const come = async (url: string): Promise<string> => {
            const { pathname, search } = new URL(url);
            let { location } = await visitor.open(pathname + search);
            if (location?.hostname !== "ide.example.com") {
              ({ location } = await visitor.signIn(pathname + search, "yuki", "Correct-Horse-7"));
            }
            assert.equal(location?.hostname, "ide.example.com");
            return `${location.pathname}${location.search}`;
          };
          const begun = await first.request(startBrowserSignIn, { language: "ja" });
          const waiting = first.request(awaitBrowserSignIn, { flow: begun.flow });
          const path = await come(begun.url);
          const page = await openSocket(callbackSocket, path, "yuki@example.com");
          assert.equal(page.status, 200, page.text + journal);
          assert.match(page.text, /サインインが完了しました/);
          const step = await waiting;
          assert.ok(step.state === "signedIn" && step.session.state === "signedIn");
          assert.ok(existsSync(join(privateDirectory, "session.json")));

          // What was pending is gone with the agent; what was there is not.
          const lost = await first.request(startBrowserSignIn, {});
          const interrupted = first.request(awaitBrowserSignIn, { flow: lost.flow });
          const late = await come(lost.url);
          const gone = assert.rejects(interrupted, { code: "agentUnavailable" });
          for (const pid of [...pids]) await kill(pid, "SIGKILL");
          await gone;
          const second = await activate();
          assert.equal((await openSocket(callbackSocket, late, "yuki@example.com")).status, 400);
          const now = await second.request(getSession);
          assert.ok(now.state === "signedIn" && now.id === step.session.id);
          for (const value of new URL(path, begun.url).searchParams.values()) assert.ok(!journal.includes(value));
        } finally {
          await emulated.stop();
        }
      });
    }

    it("has no sign-in by browser without that socket, and says so", async () => {
      const cognito = { ...configuration, domain: "login.example.com" };
      writeFileSync(join(directory, "host.json"), JSON.stringify({ domain: "ide.example.com", cognito }));
      await supervise();
      const client = await activate();
      const view = await client.request(getConfiguration);
      assert.ok(view.ok && !view.browserSignIn);
      await assert.rejects(client.request(startBrowserSignIn, {}), { code: "browserSignInUnavailable", params: {} });
    });

    it("does not start where others could put a token into its place", async () => {
      chmodSync(join(directory, "shared"), 0o770);
      await supervise();
      supervisor.stdin?.write("start\n");
      await ended(Number((await lines.next()).value));
      assert.match(journal, /not started.*socketUnsafe/);
    });

    it("ignores sockets with names that it does not know, and says so", async () => {
      await supervise("agent:mystery");
      const client = await activate();
      assert.equal(client.hello.mode, "service");
      // Without a socket for the endpoint its port is not fixed, so the token has a name of its own.
      const { uri } = client.hello.endpoint;
      assert.equal(client.hello.endpoint.tokenFile, `${tokenFile}-${new URL(uri).port}`);
      assert.deepEqual(readEndpoint(paths), client.hello.endpoint);
      assert.match(journal, /unknown name "mystery"/);
    });
  });
});

/** As nginx asks. */
async function openSocket(socketPath: string, path: string, email: string): Promise<{ status: number; text: string }> {
  const sent = request({ socketPath, path, headers: { "X-Gatehouse-Email": email } });
  sent.end();
  const [response] = await once(sent, "response");
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode ?? 0, text };
}

/** Waits for the end of a process that need not be a child. */
async function ended(pid: number): Promise<void> {
  for (;;) {
    try {
      const state = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.[0];
      if (state === "Z") return;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function kill(pid: number, signal: NodeJS.Signals): Promise<void> {
  try {
    process.kill(pid, signal);
  } catch {
    return;
  }
  await ended(pid);
}
