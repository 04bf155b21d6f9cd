/**
 * The agent's protocol: JSON-RPC 2.0 in LSP framing on a Unix socket. Both ends are our own (serverConnection.ts, clientConnection.ts):
 * vscode-jsonrpc alone (60 KB) would be the whole budget of dist/extension.js, and has no bound for what it buffers. Tests hold
 * both equal to it on the wire.
 *
 * No request ever answers a Cognito token. Parameters are validated by the server (zod); a client that sends anything else is
 * answered InvalidParams, or cut off when it does not speak the framing at all.
 */
import type { Answer, Prompt } from "../core/cognito/prompt.ts";
import type { Problem } from "../core/errors.ts";
import type { Session } from "../core/session.ts";

export type { Answer, Prompt } from "../core/cognito/prompt.ts";

/** Raised when a message changes in a way that an older peer would misread. `hello` itself never changes. */
export const protocolVersion = 1;

/** A message longer than this closes the connection (1 MiB: the largest honest message is some 2 KiB). */
export const maxMessageBytes = 1024 * 1024;

export interface HelloParams {
  readonly protocol: number;
  readonly client: "editor" | "cli";
  /** The product's version, for the log and for the offer to restart an outdated agent. */
  readonly version: string;
}

export interface Endpoint {
  /** For AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:PORT/credentials`. */
  readonly uri: string;
  /** For AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: absolute path, 0600 (service: 0640). */
  readonly tokenFile: string;
}

export interface HelloResult {
  readonly protocol: number;
  readonly version: string;
  readonly pid: number;
  /** `service`: sockets were handed over by systemd. `user`: started by the extension or the CLI. */
  readonly mode: "service" | "user";
  readonly endpoint: Endpoint;
}

/**
 * Settings of an editor that was not provisioned by Gatehouse; keys as in host.json, absent where not set.
 * A service agent ignores them: there host.json alone counts.
 */
export interface Settings {
  readonly region?: string;
  readonly userPoolId?: string;
  readonly clientId?: string;
  readonly identityPoolId?: string;
  /** Base address in place of https://cognito-idp.REGION.amazonaws.com. */
  readonly userPoolEndpoint?: string;
  /** Base address in place of https://cognito-identity.REGION.amazonaws.com. */
  readonly identityPoolEndpoint?: string;
  /** Managed login's whole host name. */
  readonly domain?: string;
  /** Of localhost, where the browser comes back to after managed login; 14283. */
  readonly callbackPort?: number;
}

/** What is in force, or everything that is wrong with it. */
export type ConfigurationView =
  | {
      readonly ok: true;
      readonly source: "host.json" | "settings";
      readonly region: string;
      readonly userPoolId: string;
      readonly clientId: string;
      readonly identityPoolId?: string;
      /** For AWS_REGION, where host.json names one. */
      readonly awsRegion?: string;
      /** Whether `startBrowserSignIn` can be asked for: managed login and the address that it sends the browser back to are known. */
      readonly browserSignIn: boolean;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Where a sign-in stands. `problem` says what was wrong with the last answer (the same prompt is asked again);
 * `notice` says why the flow went back by itself (for example flowExpired while a phone was being enrolled).
 */
export type SignInStep =
  | {
      readonly state: "prompt";
      readonly flow: string;
      readonly prompt: Prompt;
      readonly problem?: Problem;
      readonly notice?: Problem;
    }
  | { readonly state: "signedIn"; readonly session: Session }
  | { readonly state: "failed"; readonly problem: Problem };

/** A sign-in that waits for the browser. */
export interface BrowserSignIn {
  readonly flow: string;
  /** Managed login's address, to be opened in the person's browser. */
  readonly url: string;
  /** Milliseconds since the epoch: from then on the browser's return is refused. */
  readonly expiresAt: number;
}

export interface SignOutResult {
  /** Each step of the sign-out from AWS, whether it was done, and if not why. */
  readonly steps: readonly { readonly step: "dropCredentials" | "revokeRefreshToken"; readonly problem?: Problem }[];
}

/** AWS keys for credential_process and `gatehouse exec`; Expiration in ISO 8601. */
export interface ProcessCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  readonly Expiration: string;
}

/** A request's name with the types of its parameters and result (types only: at run time it is the name). */
export interface Request<P, R> {
  readonly method: string;
  readonly types?: { readonly params: P; readonly result: R };
}
export interface Notification<P> {
  readonly method: string;
  readonly types?: { readonly params: P };
}
const request = <P, R>(method: string): Request<P, R> => ({ method });
const notification = <P>(method: string): Notification<P> => ({ method });

// Parameters are one object, or none (`undefined`). Every error answer carries a Problem as its `data`.
export const hello = request<HelloParams, HelloResult>("hello");
/** Replaces the settings of an agent in `user` mode; answers what is then in force. */
export const configure = request<Settings, ConfigurationView>("configure");
export const getConfiguration = request<undefined, ConfigurationView>("configuration/get");
export const getSession = request<undefined, Session>("session/get");
/** Starts a flow; one that is pending for another client is not disturbed. */
export const startSignIn = request<{ readonly username: string }, SignInStep>("signIn/start");
export const answerSignIn = request<{ readonly flow: string; readonly answer: Answer }, SignInStep>("signIn/answer");
/**
 * Starts a sign-in by managed login in the person's browser. One is pending at a time, whoever began it: the one before ends with
 * `browserSignInReplaced`. @throws browserSignInUnavailable, notConfigured, configurationInvalid
 */
export const startBrowserSignIn = request<{ readonly language?: "en" | "ja" }, BrowserSignIn>("signIn/browser");
/** Answers when the browser has come back, or with what went wrong; after ten minutes with `flowExpired`. */
export const awaitBrowserSignIn = request<{ readonly flow: string }, SignInStep>("signIn/browserResult");
/**
 * Asks whether this window may begin a sign-in without a click. Granted to one window at a time, while nobody is signed in, none is
 * pending, and nobody has signed out.
 */
export const claimAutomaticSignIn = request<undefined, { readonly granted: boolean }>("signIn/claimAutomatic");
/** Ends a flow of this client, of either kind. */
export const cancelSignIn = request<{ readonly flow: string }, null>("signIn/cancel");
export const chooseRole = request<{ readonly role: string }, Session>("session/chooseRole");
export const signOut = request<undefined, SignOutResult>("session/signOut");
/** Renews tokens and AWS credentials now. */
export const refresh = request<undefined, Session>("session/refresh");
export const getCredentials = request<undefined, ProcessCredentials>("credentials/get");

/** Sent to every client after each change. */
export const sessionChanged = notification<Session>("session/changed");
/** A terminal asked for credentials while nobody is signed in; sent once until the next sign-in. */
export const credentialsWanted = notification<null>("credentials/wanted");
