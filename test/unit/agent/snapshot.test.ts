import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSession } from "../../../src/agent/session.ts";
import type { HeldCredentials, HeldSession } from "../../../src/agent/sessionView.ts";
import { createEstate, type EstateDependencies } from "../../../src/agent/snapshot.ts";
import type { CognitoConfiguration } from "../../../src/core/cognito/configuration.ts";
import type { IdClaims, Tokens } from "../../../src/core/cognito/verification.ts";
import { createRedactor } from "../../../src/core/redact.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { configuration, FakeCognito, roles } from "../../fakes/cognito.ts";
import { FakeLog } from "../../fakes/log.ts";

/** Everything there is, so that a field that is added and not kept fails here. */
type Complete = Required<HeldSession> & {
  readonly configuration: Required<CognitoConfiguration>;
  readonly tokens: Required<Tokens> & { readonly claims: Required<IdClaims> };
  readonly credentials: Required<HeldCredentials>;
};

const complete: Complete = {
  id: "opaque",
  configuration: {
    region: "us-east-1",
    userPoolId: "us-east-1_Fake00000",
    clientId: "client",
    clientSecret: "secret",
    identityPoolId: "us-east-1:01234567-89ab-cdef-0123-456789abcdef",
    userPoolEndpoint: "https://pool.example",
    identityPoolEndpoint: "https://identity.example",
    domain: "login.example",
    callbackPort: 14283,
  },
  signedInAt: 1,
  clockOffsetSeconds: -2,
  tokens: {
    idToken: "i",
    accessToken: "a",
    refreshToken: "r",
    expiresAt: 3,
    claims: {
      sub: "s",
      username: "yuki",
      email: "yuki@example.com",
      emailVerified: true,
      roles,
      preferredRole: roles[0] ?? "",
      groups: ["g"],
      originJti: "j",
      authTime: 4,
      exp: 5,
    },
  },
  tokensObtainedAt: 6,
  chosenRole: roles[1] ?? "",
  credentials: {
    accessKeyId: "ASIA",
    secretAccessKey: "k",
    sessionToken: "t",
    expiresAt: 7,
    accountId: "123456789012",
    obtainedAt: 8,
  },
};

describe("snapshot", () => {
  let directory: string;
  let log: FakeLog;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
    log = new FakeLog();
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const create = (more: Partial<EstateDependencies> = {}) => createEstate({ directory, private: true, log, ...more });
  const file = () => join(directory, "session.json");
  const sessionThat = (store: Parameters<typeof createSession>[0]["store"], clock: FakeClock, cognito: FakeCognito) =>
    createSession({
      cognito: cognito.load,
      configuration: () => configuration,
      clock,
      random: () => 0,
      log,
      redactor: createRedactor(),
      reason: "never",
      onChange() {},
      store,
    });

  it("gives back all that was kept", () => {
    const estate = create();
    assert.equal(estate.write(complete), undefined);
    assert.deepEqual(
      estate.read(() => complete.configuration),
      { reason: "agentRestarted", session: complete },
    );
  });

  it("gives back a session as the agent holds it, with the role that was chosen and its account", async () => {
    const clock = new FakeClock();
    const cognito = new FakeCognito(clock.now);
    const estate = create();
    let last: HeldSession | undefined;
    const session = sessionThat(
      (held) => {
        last = structuredClone(held);
        return estate.write(held);
      },
      clock,
      cognito,
    );
    await session.adopt(configuration, cognito.tokens(), 3);
    await session.chooseRole(roles[1] ?? "");
    const { session: found } = estate.read(() => configuration);
    assert.deepEqual(found, last);
    assert.equal(found?.chosenRole, roles[1]);
    assert.equal(found?.clockOffsetSeconds, 3);
    assert.equal(found?.credentials?.accountId, "123456789012");
    await session.signOut();
    assert.ok(!existsSync(file()));
    assert.deepEqual(
      estate.read(() => configuration),
      { reason: "never" },
    );
  });

  it("is taken with the configuration of now, and not for another pool, client or region", () => {
    const estate = create();
    estate.write(complete);
    const moved = { ...complete.configuration, userPoolEndpoint: "https://other.example" };
    assert.deepEqual(estate.read(() => moved).session?.configuration, moved);
    for (const other of [{ clientId: "x" }, { userPoolId: "x" }, { region: "x" }]) {
      assert.deepEqual(
        estate.read(() => ({ ...complete.configuration, ...other })),
        { reason: "agentRestarted" },
      );
    }
  });

  it("is emptied where it can't be removed, and nobody is signed in by it", () => {
    const estate = create({
      remove() {
        throw new Error("read-only");
      },
    });
    estate.write(complete);
    assert.equal(estate.write(undefined), undefined);
    assert.equal(readFileSync(file(), "utf8"), "");
    assert.deepEqual(
      estate.read(() => complete.configuration),
      { reason: "never" },
    );
  });

  it("makes a sign-out say so when it can neither be removed nor emptied", async () => {
    const clock = new FakeClock();
    const cognito = new FakeCognito(clock.now);
    const estate = create();
    const session = sessionThat(estate.write, clock, cognito);
    await session.adopt(configuration, cognito.tokens(), undefined);
    // Neither unlink(2) nor open(2) for writing works on a directory.
    rmSync(file());
    mkdirSync(file());
    writeFileSync(join(file(), "x"), "");
    const { steps } = await session.signOut();
    assert.deepEqual(
      steps.map(({ step, problem }) => [step, problem?.code]),
      [
        ["dropCredentials", "internal"],
        ["revokeRefreshToken", undefined],
      ],
    );
    assert.match(String(steps[0]?.problem?.params?.["detail"]), /EISDIR/);
  });
});
