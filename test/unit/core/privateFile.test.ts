import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPrivateFile, writePrivateFile } from "../../../src/core/privateFile.ts";
import {
  checkSocket,
  checkTokenDirectory,
  ensurePrivateDirectory,
  readEndpoint,
  runtimePaths,
} from "../../../src/core/runtimeDirectory.ts";

describe("private files", () => {
  let directory: string;
  let file: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
    file = join(directory, "token");
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("are written for their owner alone, or with the mode asked for, and leave nothing behind", () => {
    writePrivateFile(file, "secret");
    assert.equal(lstatSync(file).mode & 0o777, 0o600);
    assert.equal(readPrivateFile(file, 100), "secret");
    writePrivateFile(file, "other", { mode: 0o640 });
    assert.equal(lstatSync(file).mode & 0o777, 0o640);
    assert.deepEqual(readdirSync(directory), ["token"]);
  });

  it("replace links, open files, empty directories and leftovers in their place", () => {
    const victim = join(directory, "victim");
    writeFileSync(victim, "precious");
    const places = [
      () => symlinkSync(victim, file),
      () => writeFileSync(file, "old", { mode: 0o666 }),
      () => mkdirSync(file),
      () => symlinkSync(victim, join(directory, `.token.${process.pid}`)),
    ];
    for (const place of places) {
      place();
      writePrivateFile(file, "secret");
      assert.ok(lstatSync(file).isFile());
      assert.equal(lstatSync(file).mode & 0o777, 0o600);
      assert.equal(readFileSync(victim, "utf8"), "precious");
      rmSync(file);
    }
    assert.deepEqual(readdirSync(directory), ["victim"]);
  });

  it("are read only when nobody else can have written or read them", () => {
    assert.equal(readPrivateFile(file, 100), undefined);
    writePrivateFile(file, "secret");
    assert.throws(() => readPrivateFile(file, 3), { code: "socketUnsafe" });
    chmodSync(file, 0o644);
    assert.throws(() => readPrivateFile(file, 100), { code: "socketUnsafe" });
    chmodSync(file, 0o600);
    symlinkSync(file, join(directory, "link"));
    assert.throws(() => readPrivateFile(join(directory, "link"), 100), { code: "socketUnsafe" });
    assert.throws(() => readPrivateFile(directory, 100), { code: "socketUnsafe" });
    assert.throws(() => readPrivateFile(file, 100, 12345), { code: "socketUnsafe" });
    execFileSync("mkfifo", ["-m", "600", join(directory, "pipe")]);
    assert.throws(() => readPrivateFile(join(directory, "pipe"), 100), { code: "socketUnsafe" });
  });
});

describe("runtime directory", () => {
  let directory: string;
  const uid = process.getuid?.() ?? -1;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("is the first that applies", () => {
    const none = join(directory, "none.sock");
    const of = (environment: Record<string, string>, user = uid) =>
      runtimePaths({ environment, uid: user, serviceSocket: none }).directory;
    assert.equal(of({ GATEHOUSE_RUNTIME_DIR: "/a", XDG_RUNTIME_DIR: directory }), "/a");
    assert.equal(of({ XDG_RUNTIME_DIR: directory }), join(directory, "gatehouse"));
    // Inherited through su: another person's.
    assert.equal(of({ XDG_RUNTIME_DIR: directory, TMPDIR: "/t" }, 54321), "/t/gatehouse-54321");
    assert.equal(of({}, 54321), "/tmp/gatehouse-54321");
  });

  it("gives way to a service's socket, unless an own one is asked for", () => {
    const socket = join(directory, "agent.sock");
    const named = runtimePaths({ environment: { GATEHOUSE_SOCKET: socket, GATEHOUSE_TOKEN_FILE: "/run/x/token" } });
    assert.deepEqual(named, {
      mode: "service",
      directory,
      socket,
      tokenFile: "/run/x/token",
      endpointFile: "/run/x/endpoint.json",
    });
    const plain = runtimePaths({ environment: { GATEHOUSE_SOCKET: "/run/gatehouse/agent.sock" } });
    assert.equal(plain.tokenFile, "/run/gatehouse/terminal/token");
    assert.equal(plain.endpointFile, "/run/gatehouse/terminal/endpoint.json");
    assert.equal(runtimePaths({ environment: { GATEHOUSE_RUNTIME_DIR: "/a" }, serviceSocket: socket }).mode, "user");
  });

  it("of a service's token is the service's own, in one that nobody else can change", function () {
    const paths = runtimePaths({ environment: { GATEHOUSE_SOCKET: join(directory, "agent.sock") } });
    const terminal = join(directory, "terminal");
    assert.throws(() => checkTokenDirectory(paths), { code: "agentUnavailable" });
    symlinkSync("/run", terminal);
    assert.throws(() => checkTokenDirectory(paths), { code: "socketUnsafe" });
    rmSync(terminal);
    mkdirSync(terminal);
    chmodSync(terminal, 0o2750);
    checkTokenDirectory(paths);
    chmodSync(terminal, 0o2770);
    assert.throws(() => checkTokenDirectory(paths), { code: "socketUnsafe" });
    chmodSync(terminal, 0o2750);
    chmodSync(directory, 0o777);
    assert.throws(() => checkTokenDirectory(paths), { code: "socketUnsafe" });
    chmodSync(directory, 0o755);
    if (uid !== 0) this.skip();
    checkTokenDirectory(paths);
    assert.throws(() => checkTokenDirectory(paths, 12345), { code: "socketUnsafe" });
  });

  it("is created for its owner alone, and refused otherwise", () => {
    const path = join(directory, "a");
    ensurePrivateDirectory(path);
    assert.equal(lstatSync(path).mode & 0o777, 0o700);
    ensurePrivateDirectory(path);
    chmodSync(path, 0o710);
    assert.throws(() => ensurePrivateDirectory(path), { code: "socketUnsafe" });
    chmodSync(path, 0o700);
    symlinkSync(path, join(directory, "link"));
    assert.throws(() => ensurePrivateDirectory(join(directory, "link")), { code: "socketUnsafe" });
    writeFileSync(join(directory, "file"), "");
    assert.throws(() => ensurePrivateDirectory(join(directory, "file")), { code: "socketUnsafe" });
    assert.throws(() => ensurePrivateDirectory(path, 12345), { code: "socketUnsafe" });
  });

  it("of a service may belong to root or this user, and nobody else may write to it", function () {
    const paths = runtimePaths({ environment: { GATEHOUSE_SOCKET: join(directory, "agent.sock") } });
    assert.throws(() => checkSocket(paths), { code: "agentUnavailable" });
    writeFileSync(paths.socket, "");
    assert.throws(() => checkSocket(paths), { code: "socketUnsafe" });
    chmodSync(directory, 0o770);
    assert.throws(() => checkSocket(paths), { code: "socketUnsafe" });
    chmodSync(directory, 0o700);
    if (uid !== 0) this.skip();
    chownSync(directory, 12345, 12345);
    assert.throws(() => checkSocket(paths), { code: "socketUnsafe" });
  });

  it("tells the endpoint without asking the agent", () => {
    const paths = runtimePaths({ environment: { GATEHOUSE_RUNTIME_DIR: directory } });
    assert.equal(readEndpoint(paths), undefined);
    for (const text of ["{", "{}", '{"port":"1"}', '{"port":70000}']) {
      writeFileSync(paths.endpointFile, text);
      assert.equal(readEndpoint(paths), undefined);
    }
    writeFileSync(paths.endpointFile, '{"port":4711}');
    const uri = "http://127.0.0.1:4711/credentials";
    assert.deepEqual(readEndpoint(paths), { uri, tokenFile: paths.tokenFile });
    writeFileSync(paths.endpointFile, '{"port":4711,"tokenFile":"token-4711"}');
    assert.deepEqual(readEndpoint(paths), { uri, tokenFile: join(directory, "token-4711") });
    writeFileSync(paths.endpointFile, '{"port":4711,"tokenFile":"../token-4712"}');
    assert.deepEqual(readEndpoint(paths), { uri, tokenFile: paths.tokenFile });
  });
});
