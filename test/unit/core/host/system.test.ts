import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Files, filesBelow, realSystem } from "../../../../src/core/host/system.ts";
import { readUsers } from "../../../../src/core/host/users.ts";

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

describe("the host's files and commands", () => {
  let root: string;
  let files: Files;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "gatehouse-files-"));
    files = filesBelow(root);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("writes with exactly the mode that is asked for, whatever the umask, and leaves nothing beside", () => {
    const before = process.umask(0o077);
    try {
      files.write("/a/b/file", "text", { ...owner, mode: 0o644 });
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(join(root, "a/b/file")).mode & 0o7777, 0o644);
    assert.equal(statSync(join(root, "a")).mode & 0o7777, 0o755);
    assert.deepEqual(files.names("/a/b"), ["file"]);
    assert.equal(files.read("/a/b/file")?.toString(), "text");
  });

  it("replaces a link, and never writes to what it points to", () => {
    writeFileSync(join(root, "target"), "kept");
    symlinkSync("target", join(root, "link"));
    symlinkSync("target", join(root, ".link.gatehouse-new"));
    files.write("/link", "new", { ...owner, mode: 0o600 });
    assert.equal(readFileSync(join(root, "target"), "utf8"), "kept");
    assert.equal(files.status("/link")?.kind, "file");
  });

  it("answers undefined for what is missing, and minds nothing when that is removed", () => {
    assert.equal(files.read("/none/at/all"), undefined);
    assert.equal(files.status("/none"), undefined);
    assert.equal(files.realPath("/none"), undefined);
    assert.deepEqual(files.names("/none"), []);
    files.remove("/none/at/all");
    files.removeTree("/none");
  });

  it("reads users and groups, and skips what is no entry", () => {
    files.write(
      "/etc/passwd",
      "root:x:0:0:root:/root:/bin/sh\n# a comment: 1\n+nis::::::\n\nalice:x:1000:1001::/home/alice:/bin/sh\n",
      { ...owner, mode: 0o644 },
    );
    files.write("/etc/group", "root:x:0:\npeople:x:1001:alice\n", { ...owner, mode: 0o644 });
    const users = readUsers(files);
    assert.deepEqual(users.user("alice"), { name: "alice", uid: 1000, gid: 1001, home: "/home/alice" });
    assert.equal(users.groupName(1001), "people");
    assert.deepEqual(
      [users.user("+nis"), users.user("# a comment"), users.group("alice")],
      [undefined, undefined, undefined],
    );
  });

  it("runs commands with nothing of the caller's environment", async () => {
    process.env["OAUTH2_PROXY_COOKIE_SECURE"] = "false";
    try {
      const { code, stdout } = await realSystem().run(["/usr/bin/env"]);
      assert.equal(code, 0);
      assert.deepEqual(
        stdout
          .trim()
          .split("\n")
          .map((line) => line.split("=")[0])
          .sort(),
        ["HOME", "LC_ALL", "PATH", "SYSTEMD_COLORS", "SYSTEMD_PAGER"],
      );
    } finally {
      delete process.env["OAUTH2_PROXY_COOKIE_SECURE"];
    }
  });

  it("tells a command's failure from one that can't be started", async () => {
    const { run } = realSystem();
    assert.deepEqual(await run(["/bin/sh", "-c", "echo out; echo err >&2; exit 7"]), {
      code: 7,
      stdout: "out\n",
      stderr: "err\n",
    });
    const missing = await run(["/none/such"]);
    assert.equal(missing.code, -1);
    assert.match(missing.stderr, /ENOENT/);
  });
});
