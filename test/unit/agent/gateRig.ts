/** The agent's side of the gate's callback page, on the real emulator: everything but the sockets of clients. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBrowserSignIns } from "../../../src/agent/browserSignIns.ts";
import { createCallbackServer } from "../../../src/agent/callbackServer.ts";
import type { Cognito } from "../../../src/agent/cognito.ts";
import { createConfiguration } from "../../../src/agent/configuration.ts";
import { createSession } from "../../../src/agent/session.ts";
import { readBundle } from "../../../src/core/bundle.ts";
import { createCodeExchange, type Redeemed } from "../../../src/core/cognito/codeExchange.ts";
import type { CognitoConfiguration } from "../../../src/core/cognito/configuration.ts";
import { createFlow } from "../../../src/core/cognito/flow.ts";
import { createIdentityPool } from "../../../src/core/cognito/identityPool.ts";
import { createTokenSource } from "../../../src/core/cognito/tokens.ts";
import { createRedactor } from "../../../src/core/redact.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { FakeLog } from "../../fakes/log.ts";

export const gateDomain = "ide.gatehouse.example";
export const gateCallback = `https://${gateDomain}/gatehouse/callback`;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export async function createGateRig(cognito: CognitoConfiguration, gate: object = {}) {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
  const hostFile = join(directory, "host.json");
  const users = { user: "developer", gate: { clientId: "gate", allowedGroups: ["developers"], ...gate } };
  writeFileSync(hostFile, JSON.stringify({ domain: gateDomain, cognito, ...users }));
  const log = new FakeLog();
  const redactor = createRedactor();
  const clock = new FakeClock();
  clock.wall = Date.now();
  /** Everything that Cognito gave for a code, whether anybody got it or not. */
  const redeemed: Redeemed[] = [];
  const hold: { until?: Promise<void> } = {};
  const real: Cognito = {
    createFlow,
    createTokenSource,
    createIdentityPool,
    createCodeExchange: (deps) => ({
      async redeem(grant, signal) {
        const result = await createCodeExchange(deps).redeem(grant, signal);
        redeemed.push(result);
        await hold.until;
        return result;
      },
    }),
  };
  const configuration = createConfiguration({ mode: "service", hostFile, callbackSocket: true });
  const shared = { configuration: () => configuration.cognito(), cognito: async () => real, clock, log, redactor };
  const session = createSession({
    ...shared,
    random: () => 0,
    reason: "never",
    store: () => undefined,
    onChange() {},
  });
  let idles = 0;
  const browser = createBrowserSignIns({
    ...shared,
    session,
    place: () => configuration.browserPlace(),
    loopback: { lease: () => Promise.reject(new Error("a gate has no loopback")) },
    onIdle() {
      idles++;
    },
  });
  const server = createCallbackServer({
    place: "gate",
    comeBack: browser.comeBack,
    translate: (language) => readBundle(join(import.meta.dirname, "../../.."), language),
    log,
  });
  const socketPath = join(directory, "callback.sock");
  server.listen(socketPath);
  await once(server, "listening");

  return {
    configuration,
    session,
    browser,
    redeemed,
    hold,
    clock,
    log,
    redactor,
    idles: () => idles,
    /** A request as nginx makes it; `email` is what the gate knows. */
    async open(
      path: string,
      email?: string | string[],
      more: OutgoingHttpHeaders = {},
      method = "GET",
    ): Promise<Answer> {
      const headers = { ...(email === undefined ? {} : { "X-Gatehouse-Email": email }), ...more };
      const sent = request({ socketPath, path, method, headers });
      sent.end();
      const [response] = await once(sent, "response");
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      return { status: response.statusCode ?? 0, headers: response.headers, text };
    },
    /** Whether the tokens of a code were revoked, that of the index in `redeemed`. */
    async isRevoked(index = 0): Promise<boolean> {
      const source = createTokenSource({ configuration: cognito, log });
      return source.refresh(redeemed[index]?.tokens.refreshToken ?? "").then(
        () => false,
        (error: { code?: string }) => error.code === "sessionEnded",
      );
    },
    async dispose(): Promise<void> {
      await session.dispose(0);
      server.closeAllConnections();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export type GateRig = Awaited<ReturnType<typeof createGateRig>>;
