import assert from "node:assert/strict";
import { awaitBrowserSignIn, cancelSignIn, startBrowserSignIn } from "../../../../src/agent/protocol.ts";
import { GatehouseError } from "../../../../src/core/errors.ts";
import { silent } from "../../../../src/core/log.ts";
import type { Session } from "../../../../src/core/session.ts";
import { english } from "../../../../src/core/text.ts";
import type { SessionChange } from "../../../../src/editor/session/store.ts";
import { type BrowserTurn, signInByBrowser } from "../../../../src/editor/signIn/browser.ts";
import { commands } from "../../../../src/manifest.ts";
import { Emitter } from "../../../fakes/inputBox.ts";
import { settle } from "../../../fakes/keptConnection.ts";
import { signedIn, signedOut } from "../../../fakes/session.ts";

const url = "https://login.example.com/oauth2/authorize?state=S&redirect_uri=https%3A%2F%2Fide.example.com";
const session = signedIn({ credentials: { state: "ready", expiresAt: 1, refreshedAt: 0 } });

interface Options {
  readonly opens?: boolean | Error | Promise<boolean>;
  readonly press?: string;
  readonly language?: string;
  readonly before?: Session;
}

function world({ opens = true, press, language = "en", before = signedOut }: Options = {}) {
  const asked: [string, unknown][] = [];
  const opened: string[] = [];
  const copied: string[] = [];
  const shown: string[][] = [];
  const titles: string[] = [];
  const cancelled = new Emitter<void>();
  const changes = new Emitter<SessionChange>();
  let finish: (step: unknown) => void = () => {};
  let progress = 0;
  const turn: BrowserTurn = { passwordWanted: new AbortController() };
  const request = async (type: { method: string }, params: unknown, signal?: AbortSignal): Promise<unknown> => {
    asked.push([type.method, params]);
    if (type.method === startBrowserSignIn.method) return { flow: "F", url, expiresAt: 0 };
    if (type.method === cancelSignIn.method) return null;
    return await new Promise((resolve, reject) => {
      finish = resolve;
      signal?.addEventListener("abort", () => reject(new GatehouseError("cancelled")));
    });
  };
  const result = signInByBrowser(
    {
      agent: { request: request as never },
      store: { current: () => ({ state: "known", session: before }), onChange: changes.event },
      window: {
        async withProgress(options: { title: string; cancellable: boolean }, task: (...args: unknown[]) => unknown) {
          assert.equal(options.cancellable, true);
          titles.push(options.title);
          progress++;
          try {
            return await task({ report() {} }, { onCancellationRequested: cancelled.event });
          } finally {
            progress--;
          }
        },
        showInformationMessage: async (message: string, ...items: string[]) => {
          shown.push([message, ...items]);
          return press;
        },
        setStatusBarMessage: (text: string) => shown.push([text]),
      } as never,
      env: {
        language,
        openExternal: async (uri: { text: string }) => {
          opened.push(uri.text);
          if (opens instanceof Error) throw opens;
          return await opens;
        },
        clipboard: { writeText: async (text: string) => void copied.push(text) },
      } as never,
      notification: 15,
      parse: (text) => ({ text }) as never,
      log: silent,
      t: english,
    },
    turn,
  );
  return {
    ...{ asked, opened, copied, shown, titles, cancelled, changes, turn, result },
    methods: () => asked.map(([method]) => method),
    answer: (step: unknown) => finish(step),
    showsProgress: () => progress > 0,
  };
}

describe("sign-in with the browser", () => {
  it("opens managed login at once, waits with a way out, and ends with the session", async () => {
    const { result, asked, opened, titles, shown, answer, showsProgress, changes, cancelled } = world();
    await settle();
    assert.deepEqual(opened, [url]);
    assert.ok(showsProgress());
    // Links as the editor's notifications have them.
    assert.ok(titles[0]?.includes(`[Open it again](${url})`));
    assert.ok(titles[0]?.includes(`(command:${commands.signInWithPassword})`));
    answer({ state: "signedIn", session });
    assert.equal(await result, session);
    assert.ok(!showsProgress());
    assert.deepEqual(asked.slice(0, 2), [
      [startBrowserSignIn.method, { language: "en" }],
      [awaitBrowserSignIn.method, { flow: "F" }],
    ]);
    assert.deepEqual([shown, changes.size, cancelled.size], [[], 0, 0]);
  });

  it("asks for the pages in the editor's language", async () => {
    const { asked, result, answer } = world({ language: "ja" });
    await settle();
    answer({ state: "signedIn", session });
    await result;
    assert.deepEqual(asked[0]?.[1], { language: "ja" });
  });

  it("ends the flow in the agent when the person cancels", async () => {
    const { result, cancelled, methods, shown } = world();
    await settle();
    cancelled.fire();
    await assert.rejects(result, { code: "cancelled" });
    assert.equal(methods().at(-1), cancelSignIn.method);
    assert.deepEqual(shown, []);
  });

  it("ends the flow in the agent when the password is wanted", async () => {
    const { result, turn, methods } = world();
    await settle();
    turn.passwordWanted.abort();
    await assert.rejects(result, { code: "cancelled" });
    assert.equal(methods().at(-1), cancelSignIn.method);
  });

  it("opens the page again for whoever asks once more, as long as it waits", async () => {
    const { result, turn, opened, answer } = world();
    await settle();
    turn.openAgain?.();
    assert.deepEqual(opened, [url, url]);
    answer({ state: "signedIn", session });
    await result;
    assert.equal(turn.openAgain, undefined);
  });

  for (const opens of [false, new Error("no browser")]) {
    it(`offers the link where the browser can't be opened (${opens}), and goes on waiting`, async () => {
      const { result, copied, shown, answer } = world({ opens, press: "Copy Link" });
      await settle();
      assert.deepEqual(copied, [url]);
      assert.deepEqual(shown[0]?.slice(1), ["Copy Link"]);
      assert.match(shown[1]?.[0] ?? "", /\$\(check\)/);
      answer({ state: "signedIn", session });
      assert.equal(await result, session);
    });
  }

  it("offers no link any more once it is over", async () => {
    let decline = (_: boolean): void => {};
    const asking = new Promise<boolean>((resolve) => {
      decline = resolve;
    });
    const { result, shown, answer } = world({ opens: asking });
    await settle();
    answer({ state: "signedIn", session });
    await result;
    decline(false);
    await settle();
    assert.deepEqual(shown, []);
  });

  it("fails with what the agent says", async () => {
    const { result, answer } = world();
    await settle();
    answer({ state: "failed", problem: { code: "signInRefused", params: { detail: "access_denied" } } });
    await assert.rejects(result, { code: "signInRefused", params: { detail: "access_denied" } });
  });

  it("gives way without a word to another one that takes its place", async () => {
    const { result, answer } = world();
    await settle();
    answer({ state: "failed", problem: { code: "browserSignInReplaced" } });
    await assert.rejects(result, { code: "cancelled" });
  });

  it("ends when somebody signs in elsewhere, once that session is whole", async () => {
    const { result, changes, methods, showsProgress } = world();
    await settle();
    const change = (next: Session) => changes.fire({ known: { state: "known", session: next }, previous: undefined });
    change({ ...session, credentials: { state: "pending" } });
    await settle();
    assert.ok(showsProgress());
    assert.ok(!methods().includes(cancelSignIn.method));
    change(session);
    assert.equal(await result, session);
    assert.equal(methods().at(-1), cancelSignIn.method);
  });

  it("does not take the session that was there before for the new one", async () => {
    const { result, changes, answer } = world({ before: session });
    await settle();
    changes.fire({ known: { state: "known", session }, previous: session });
    await settle();
    const other = { ...session, id: "2" };
    answer({ state: "signedIn", session: other });
    assert.equal(await result, other);
  });
});
