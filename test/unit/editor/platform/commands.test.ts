import assert from "node:assert/strict";
import { GatehouseError, type Problem } from "../../../../src/core/errors.ts";
import { silent } from "../../../../src/core/log.ts";
import { english } from "../../../../src/core/text.ts";
import { type CommandDeps, problemButtons, registerCommands } from "../../../../src/editor/platform/commands.ts";
import { createConfiguration } from "../../../../src/editor/platform/configuration.ts";
import { readSettings, settingDefaults } from "../../../../src/editor/platform/settings.ts";
import { commands, contextKeys, settings } from "../../../../src/manifest.ts";

function world(press?: string) {
  const handlers = new Map<string, (...args: unknown[]) => Promise<unknown>>();
  const shown: string[][] = [];
  const executed: string[] = [];
  const deps: CommandDeps = {
    commands: {
      registerCommand: (id: string, handler: (...args: unknown[]) => Promise<unknown>) => {
        handlers.set(id, handler);
        return { dispose: () => handlers.delete(id) };
      },
      executeCommand: async (id: string) => void executed.push(id),
    } as never,
    window: {
      showErrorMessage: async (message: string, ...items: string[]) => {
        shown.push([message, ...items]);
        return press;
      },
    } as never,
    t: english,
    log: silent,
  };
  return { deps, handlers, shown, executed };
}

const all = (handler: () => unknown) =>
  Object.fromEntries(Object.values(commands).map((id) => [id, handler])) as Parameters<typeof registerCommands>[1];

describe("commands", () => {
  it("turn a failure into one message with what helps, and run what was pressed", async () => {
    const { deps, handlers, shown, executed } = world("Try Again");
    const fail = () =>
      Promise.reject(new GatehouseError("unreachable", { endpoint: "https://x", setting: "cognito.region" }));
    registerCommands(deps, all(fail));
    await handlers.get(commands.refreshCredentials)?.();
    await new Promise(setImmediate);
    assert.equal(shown.length, 1);
    assert.match(shown[0]?.[0] ?? "", /https:\/\/x could not be reached.*cognito\.region/);
    assert.deepEqual(shown[0]?.slice(1), ["Try Again", "Open Settings", "Show Log"]);
    assert.deepEqual(executed, [commands.refreshCredentials]);
  });

  it("say nothing about what was cancelled, and hand results on", async () => {
    const { deps, handlers, shown } = world();
    registerCommands(deps, {
      ...all(() => Promise.reject(new GatehouseError("cancelled"))),
      [commands.signIn]: () => 7,
    });
    await handlers.get(commands.showSession)?.();
    assert.equal(await handlers.get(commands.signIn)?.(), 7);
    assert.deepEqual(shown, []);
  });

  it("know an error of the other bundle by its name", async () => {
    class Other extends Error {
      override readonly name = "GatehouseError";
      toProblem(): Problem {
        return { code: "cancelled" };
      }
    }
    const { deps, handlers, shown } = world();
    registerCommands(
      deps,
      all(() => Promise.reject(new Other())),
    );
    await handlers.get(commands.signIn)?.();
    assert.deepEqual(shown, []);
  });

  it("are all taken back by the one Disposable", () => {
    const { deps, handlers } = world();
    registerCommands(
      deps,
      all(() => {}),
    ).dispose();
    assert.equal(handlers.size, 0);
  });

  it("offer the log for every problem, and the remedy first", () => {
    const titles = (problem: Problem) => problemButtons(problem, undefined, english).map(({ title }) => title);
    assert.deepEqual(titles({ code: "notConfigured" }), ["Open Settings", "Show Log"]);
    assert.deepEqual(titles({ code: "ambiguousRole" }), ["Choose a Role", "Show Log"]);
    assert.deepEqual(titles({ code: "sessionEnded" }), ["Sign In", "Show Log"]);
    assert.deepEqual(titles({ code: "userDisabled" }), ["Show Log"]);
  });

  it("offer the password where the browser has failed", () => {
    const titles = (problem: Problem) =>
      problemButtons(problem, commands.signIn, english).map(({ title, command }) => [title, command]);
    const params = { way: "browser" };
    const password = ["Use Password Instead", commands.signInWithPassword];
    const log = ["Show Log", commands.showLog];
    const again = ["Try Again", commands.signIn];
    assert.deepEqual(titles({ code: "emailMismatch", params }), [again, password, log]);
    assert.deepEqual(titles({ code: "unreachable", params }), [again, password, log]);
    assert.deepEqual(titles({ code: "signInRefused", params }), [["Sign In", commands.signIn], password, log]);
    assert.deepEqual(titles({ code: "signInRefused" }), [["Sign In", commands.signIn], log]);
  });
});

describe("settings", () => {
  const workspace = (values: Record<string, unknown>) =>
    ({ getConfiguration: () => ({ get: (key: string) => values[key] }) }) as never;

  it("leave out what is empty, and trim", () => {
    assert.deepEqual(readSettings(workspace({ [settings.region]: " eu-central-1 ", [settings.clientId]: "" })), {
      cognito: { region: "eu-central-1" },
      awsRegion: "",
      terminalCredentials: "endpoint",
      signInAutomatically: false,
    });
  });

  it("pass a callback port on as a number, and only one that somebody has set", () => {
    const port = (value: unknown) =>
      readSettings(workspace({ [settings.callbackPort]: value, [settings.domain]: "login.example.com" })).cognito;
    assert.deepEqual(port(8400), { domain: "login.example.com", callbackPort: 8400 });
    for (const value of [settingDefaults[settings.callbackPort], "8400", undefined])
      assert.deepEqual(port(value), { domain: "login.example.com" });
  });

  it("survive values of a wrong type", () => {
    const { terminalCredentials, cognito, signInAutomatically } = readSettings(
      workspace({
        [settings.terminalCredentials]: "sometimes",
        [settings.region]: 7,
        [settings.signInAutomatically]: "yes",
      }),
    );
    assert.deepEqual([terminalCredentials, cognito, signInAutomatically], ["endpoint", {}, false]);
  });
});

describe("configuration", () => {
  const invalid: Problem = { code: "configurationInvalid", params: { key: "cognito.region", source: "settings" } };

  function configured(...views: unknown[]) {
    const shown: Problem[] = [];
    const contexts: unknown[] = [];
    const configuration = createConfiguration({
      workspace: {
        getConfiguration: () => ({ get: () => "" }),
        onDidChangeConfiguration: () => ({ dispose() {} }),
      } as never,
      commands: { executeCommand: async (...args: unknown[]) => void contexts.push(args) } as never,
      log: silent,
      showProblem: (problem) => shown.push(problem),
    });
    const request = async () => {
      const view = views.shift();
      if (view instanceof Error) throw view;
      return view;
    };
    return { configuration, shown, contexts, client: { request: request as never } };
  }

  it("is complained about once, with the first key that is wrong", async () => {
    const view = { ok: false, problems: [invalid, { ...invalid, params: { key: "other" } }] };
    const { configuration, shown, contexts, client } = configured(view, view);
    await configuration.prepare(client);
    await configuration.prepare(client);
    assert.deepEqual(shown, [invalid]);
    assert.deepEqual(contexts.slice(0, 2), [
      ["setContext", contextKeys.configured, false],
      ["setContext", contextKeys.browserSignIn, false],
    ]);
  });

  it("says whether the browser can sign in, so that the command for the password is offered only beside that", async () => {
    const { configuration, contexts, client } = configured({ ok: true, browserSignIn: true });
    await configuration.prepare(client);
    assert.deepEqual(contexts.at(-1), ["setContext", contextKeys.browserSignIn, true]);
  });

  it("is not complained about where there is none yet", async () => {
    const { configuration, shown, client } = configured({ ok: false, problems: [{ code: "notConfigured" }] });
    await configuration.prepare(client);
    assert.deepEqual(shown, []);
  });

  it("does not keep the editor from an agent that refuses it", async () => {
    const { configuration, client } = configured(new GatehouseError("internal"));
    await configuration.prepare(client);
  });
});
