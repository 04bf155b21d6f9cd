/** What managed login remembers between two requests. Everything ends by the emulator's clock. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { AppClient, UserPool } from "../model.ts";

/** A browser in which somebody is signed in. */
export interface BrowserSession {
  readonly pool: UserPool;
  readonly username: string;
  /** When they typed, seconds since 1970. */
  readonly authTime: number;
}

/** A sign-in that waits for its next page. The API's session string stays here: the browser never has it. */
export interface PendingStep {
  readonly pool: UserPool;
  readonly client: AppClient;
  readonly challenge: "NEW_PASSWORD_REQUIRED" | "SOFTWARE_TOKEN_MFA" | "MFA_SETUP";
  readonly session: string;
  /** The name as typed. */
  readonly typed: string;
  /** Base32, while an authenticator is being enrolled. */
  readonly secret?: string;
  /** Required attributes that the person has no value for yet. */
  readonly attributes?: readonly string[];
}

/** What an authorization code stands for. */
export interface CodeGrant {
  readonly pool: UserPool;
  readonly client: AppClient;
  readonly username: string;
  readonly authTime: number;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly nonce: string | undefined;
  /** PKCE, S256. */
  readonly codeChallenge: string | undefined;
}

interface Box<T> {
  put(value: T): string;
  get(id: string | undefined): T | undefined;
  delete(id: string | undefined): void;
}

export interface Store {
  /** Cognito's fixed hour from the last time that somebody typed; using it does not prolong it. */
  readonly sessions: Box<BrowserSession>;
  /** Longer than any session string lives, so that its end is told as such. */
  readonly steps: Box<PendingStep>;
  /** Five minutes. */
  readonly codes: Box<CodeGrant>;
}

const minute = 60_000;

export function createStore(clock: Clock): Store {
  return {
    sessions: createBox(clock, 60 * minute, () => randomBytes(48).toString("base64url")),
    steps: createBox(clock, 60 * minute, () => randomBytes(32).toString("base64url")),
    codes: createBox(clock, 5 * minute, randomUUID),
  };
}

const kept = 10_000;

function createBox<T>(clock: Clock, lifetime: number, newId: () => string): Box<T> {
  const entries = new Map<string, { readonly value: T; readonly expiresAt: number }>();
  return {
    put(value) {
      const id = newId();
      entries.set(id, { value, expiresAt: clock.now() + lifetime });
      const [oldest] = entries.keys();
      if (entries.size > kept && oldest !== undefined) entries.delete(oldest);
      return id;
    },
    get(id) {
      const entry = entries.get(id ?? "");
      return entry === undefined || clock.now() >= entry.expiresAt ? undefined : entry.value;
    },
    delete(id) {
      entries.delete(id ?? "");
    },
  };
}
