/** What others may see of the session: pure functions of what the agent holds. */
import type { CognitoConfiguration } from "../core/cognito/configuration.ts";
import type { AwsCredentials } from "../core/cognito/identityPool.ts";
import { roleOf, rolesOf } from "../core/cognito/roles.ts";
import type { Tokens } from "../core/cognito/verification.ts";
import type { ContainerCredentials, Supply } from "../core/credentials/endpoint.ts";
import { retryDelay } from "../core/credentials/schedule.ts";
import { GatehouseError, type Problem } from "../core/errors.ts";
import type { CredentialsView, Role, SignedIn } from "../core/session.ts";
import type { ProcessCredentials } from "./protocol.ts";

/** AWS keys with what the agent knows about them. */
export interface HeldCredentials extends ContainerCredentials {
  readonly obtainedAt: number;
}

/** A session as the agent holds it. The snapshot is this, without what is under way. */
export interface HeldSession {
  readonly id: string;
  /** With which it was fetched last. */
  configuration: CognitoConfiguration;
  readonly signedInAt: number;
  clockOffsetSeconds?: number | undefined;
  tokens: Tokens;
  tokensObtainedAt: number;
  /** ARN that the person chose; else the pool decides. */
  chosenRole?: string | undefined;
  credentials?: HeldCredentials | undefined;
}

export interface Trouble {
  readonly problem: Problem;
  readonly since: number;
  readonly nextAttemptAt: number;
}

/** The role in use, where it can be told: chosen, preferred, or the only one. */
export function roleInUse({ tokens: { claims }, chosenRole }: HeldSession): Role | undefined {
  const roles = rolesOf(claims);
  const arn = chosenRole ?? claims.preferredRole ?? (roles.length === 1 ? roles[0]?.arn : undefined);
  return arn === undefined ? undefined : roleOf(arn);
}

/** arn:PARTITION:iam::ACCOUNT:role/NAME */
function accountOf(role: Role | undefined): string | undefined {
  const account = role?.arn.split(":")[4];
  return account !== undefined && /^\d{12}$/.test(account) ? account : undefined;
}

/** Keys as the session keeps them and terminals get them. */
export function hold(credentials: AwsCredentials, session: HeldSession, now: number): HeldCredentials {
  return {
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    sessionToken: credentials.sessionToken,
    expiresAt: credentials.expiresAt,
    accountId: accountOf(roleInUse(session)),
    obtainedAt: now,
  };
}

export function viewSession(
  session: HeldSession,
  trouble: Trouble | undefined,
  renewing: boolean,
  now: number,
): SignedIn {
  const { tokens, clockOffsetSeconds } = session;
  const role = roleInUse(session);
  return {
    state: "signedIn",
    id: session.id,
    username: tokens.claims.username,
    ...(tokens.claims.email === undefined ? {} : { email: tokens.claims.email }),
    signedInAt: session.signedInAt,
    roles: rolesOf(tokens.claims),
    ...(role === undefined ? {} : { role }),
    credentials: viewCredentials(session, trouble, renewing, now),
    // Without keys, the same problem stands there.
    ...(trouble === undefined || !hasKeys(session, now) ? {} : { trouble }),
    ...(clockOffsetSeconds === undefined ? {} : { clockOffsetSeconds }),
  };
}

function viewCredentials(
  session: HeldSession,
  trouble: Trouble | undefined,
  renewing: boolean,
  now: number,
): CredentialsView {
  const { credentials } = session;
  if (credentials !== undefined && hasKeys(session, now)) {
    const { expiresAt, obtainedAt, accountId } = credentials;
    return { state: "ready", expiresAt, refreshedAt: obtainedAt, ...(accountId ? { account: accountId } : {}) };
  }
  if (trouble !== undefined) return { state: "unavailable", problem: trouble.problem };
  return renewing ? { state: "pending" } : { state: "unavailable", problem: { code: "sessionEnded" } };
}

export function hasKeys({ credentials }: HeldSession, now: number): boolean {
  return credentials !== undefined && credentials.expiresAt > now;
}

/** What the endpoint hands out. `renewal` settles when the attempt that is under way does. */
export function supplyOf(
  session: HeldSession,
  trouble: Trouble | undefined,
  renewal: Promise<void> | undefined,
  now: number,
): Supply {
  const { credentials } = session;
  if (credentials !== undefined && credentials.expiresAt > now) return { state: "ready", credentials };
  if (renewal !== undefined) return { state: "pending", settled: renewal };
  return { state: "unavailable", problem: trouble?.problem ?? { code: "sessionEnded" } };
}

/**
 * What credential_process gets.
 *
 * @throws GatehouseError why there are no keys
 */
export function processCredentialsOf(supply: Supply): ProcessCredentials {
  if (supply.state !== "ready") {
    const { code, params }: Problem = supply.state === "pending" ? { code: "signedOut" } : supply.problem;
    throw new GatehouseError(code, params);
  }
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = supply.credentials;
  const Expiration = new Date(expiresAt).toISOString();
  return { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration };
}

/** What is wrong with the person's rights or the configuration: time does not heal it, so it is not tried every few seconds. */
const lasting: readonly string[] = [
  "identityPoolMissing",
  "identityPoolRefused",
  "noRole",
  "ambiguousRole",
  "roleNotAllowed",
  "clientMisconfigured",
];
const lastingDelay = 10 * 60_000;

export function isLasting({ code }: Problem): boolean {
  return lasting.includes(code);
}

/** A renewal's failure, with the time of the next attempt. */
export function troubleOf(failure: {
  readonly problem: Problem;
  /** The trouble that there was already. */
  readonly before: Trouble | undefined;
  /** How many renewals failed before this one. */
  readonly failures: number;
  readonly session: HeldSession;
  readonly now: number;
  readonly random: () => number;
}): Trouble {
  const { problem, before, failures, session, now, random } = failure;
  const left = hasKeys(session, now) ? (session.credentials?.expiresAt ?? now) - now : 0;
  const delay = isLasting(problem) ? lastingDelay : retryDelay(failures, left, random);
  return { problem, since: before?.since ?? now, nextAttemptAt: now + delay };
}

/** Everything in a session that must not be seen. */
export function secretsOf({ tokens, credentials }: HeldSession): string[] {
  const secrets = [tokens.idToken, tokens.accessToken, tokens.refreshToken];
  return credentials === undefined ? secrets : [...secrets, credentials.secretAccessKey, credentials.sessionToken];
}
