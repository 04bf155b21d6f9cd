import assert from "node:assert/strict";
import type { GatehouseProfile, ProfileResult } from "../../../../src/core/credentials/awsFiles.ts";
import type { OutdatedTool, Shadow } from "../../../../src/core/credentials/shadow.ts";
import { silent } from "../../../../src/core/log.ts";
import { english } from "../../../../src/core/text.ts";
import { addProfile, offerProfile } from "../../../../src/editor/terminal/awsProfile.ts";
import { type CheckDeps, checkTerminal, warnOfShadows } from "../../../../src/editor/terminal/check.ts";
import { commands } from "../../../../src/manifest.ts";

describe("AWS profile", () => {
  function world(press: string | undefined, outcome: ProfileResult["outcome"] = "added", electron = false) {
    const memory = new Map<string, unknown>();
    const shown: string[] = [];
    const written: GatehouseProfile[] = [];
    const deps = {
      window: {
        showInformationMessage: async (message: string) => {
          shown.push(message);
          return press;
        },
      } as never,
      memory: {
        get: (key: string) => memory.get(key),
        update: async (key: string, value: unknown) => void memory.set(key, value),
      } as never,
      gatehouse: { node: "/opt/node", script: "/opt/dist/cli.js" },
      script: "/opt/dist/bin/gatehouse",
      electron,
      region: () => "eu-central-1",
      log: silent,
      t: english,
      add: async (profile: GatehouseProfile): Promise<ProfileResult> => {
        written.push(profile);
        return { outcome, path: "/home/a/.aws/config" };
      },
    };
    return { deps, memory, shown, written };
  }

  it("is offered once, and added on the word", async () => {
    const { deps, shown, written } = world("Add");
    await offerProfile(deps);
    assert.deepEqual(written, [{ command: ["/opt/node", "/opt/dist/cli.js", "credentials"], region: "eu-central-1" }]);
    assert.equal(shown.length, 2);
  });

  it("is kept up to date without a word once it was added", async () => {
    const { deps, shown, written } = world("Add");
    await offerProfile(deps);
    await offerProfile(deps);
    assert.equal(written.length, 2);
    assert.equal(shown.length, 2);
  });

  it("is not offered again after Not Now, Never or a closed message", async () => {
    for (const press of ["Not Now", "Never", undefined]) {
      const { deps, shown, written } = world(press);
      await offerProfile(deps);
      await offerProfile(deps);
      assert.deepEqual([shown.length, written.length], [1, 0]);
    }
  });

  it("starts the script where the editor's Node is Electron", async () => {
    const { deps, written } = world(undefined, "added", true);
    await addProfile(deps);
    assert.deepEqual(written[0]?.command, ["/opt/dist/bin/gatehouse", "credentials"]);
  });

  it("leaves another's profile of that name as it is, and says so", async () => {
    const { deps, memory, shown } = world(undefined, "different");
    await addProfile(deps);
    assert.match(shown[0] ?? "", /not ours/);
    assert.equal(memory.size, 0);
  });

  it("says what keeps it from being written", async () => {
    const { deps } = world(undefined);
    await assert.rejects(addProfile({ ...deps, add: () => Promise.reject(new Error("EACCES")) }), { code: "internal" });
  });
});

describe("check of terminals", () => {
  const shadow: Shadow = { kind: "environmentKeys", where: "AWS_ACCESS_KEY_ID" };
  const tool: OutdatedTool = { tool: "awsCli", version: "2.9.0", needed: "2.15.0" };

  function world(shadows: readonly Shadow[], outdated: readonly OutdatedTool[], press?: string, endpoint = true) {
    const shown: unknown[] = [];
    const executed: string[] = [];
    let env: Readonly<Record<string, string | undefined>> | undefined;
    const show = async (what: unknown) => {
      shown.push(what);
      return press;
    };
    const deps: CheckDeps = {
      window: { showQuickPick: show, showInformationMessage: show, showWarningMessage: show } as never,
      executeCommand: async (command) => void executed.push(command),
      environment: { PATH: "/bin" },
      variables: () => [
        { name: "PATH", value: "/opt/bin:", how: "prepend" },
        ...(endpoint
          ? [{ name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", value: "http://x", how: "replace" } as const]
          : []),
      ],
      t: english,
      shadows: async (given) => {
        env = given?.env;
        return shadows;
      },
      outdated: async () => outdated,
    };
    return { deps, shown, executed, env: () => env };
  }

  it("looks at what a terminal really has, and lists what gets in the way", async () => {
    const { deps, shown, env } = world([shadow], [tool]);
    await checkTerminal(deps);
    assert.equal(env()?.["PATH"], "/opt/bin:/bin");
    const [rows] = shown as [{ label: string; detail: string }[]];
    assert.equal(rows.length, 2);
    assert.match(rows[0]?.detail ?? "", /AWS_ACCESS_KEY_ID is set/);
    assert.match(rows[1]?.detail ?? "", /2\.9\.0/);
  });

  it("says that there is nothing, and where terminals do not use the endpoint at all", async () => {
    const nothing = world([], []);
    await checkTerminal(nothing.deps);
    assert.match(String(nothing.shown[0]), /^Nothing comes before/);
    const off = world([shadow], [tool], undefined, false);
    await checkTerminal(off.deps);
    assert.match(String(off.shown[0]), /do not use the endpoint/);
  });

  it("warns of the same findings once a window, and leads to the list", async () => {
    const { deps, shown, executed } = world([shadow], [], "Show");
    const said = {};
    await warnOfShadows(deps, said);
    await warnOfShadows(deps, said);
    assert.equal(shown.length, 1);
    assert.deepEqual(executed, [commands.checkTerminal]);
  });
});
