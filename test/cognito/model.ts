/** What the emulator holds. Everything is in memory; times are milliseconds since 1970 on the emulator's clock. */
import type { Lock } from "./auth/lockout.ts";
import type { PoolKeys } from "./auth/signingKeys.ts";
import type { PasswordVerifier } from "./auth/srpVerifier.ts";
import type { IdentityPoolSettings, PoolRoles } from "./identity/schemas.ts";
import type { ClientSettings, PoolSettings } from "./userPools/schemas.ts";

/** Where a pool's managed login is. */
export interface Domain {
  /** A prefix, or a whole name where it is a custom domain. */
  readonly name: string;
  readonly certificateArn?: string | undefined;
  /** 1 is the classic hosted UI, 2 managed login. */
  managedLoginVersion: 1 | 2;
}

/** The look of a client's pages; the emulator has one look, and only asks whether there is a branding at all. */
export interface Branding {
  readonly id: string;
  readonly clientId: string;
  readonly useCognitoProvidedValues: boolean;
  readonly settings?: unknown;
  readonly createdAt: number;
}

export interface UserPool {
  readonly id: string;
  readonly region: string;
  /** With every default filled in, as DescribeUserPool answers them. */
  settings: PoolSettings;
  softwareTokenMfa: boolean;
  readonly createdAt: number;
  modifiedAt: number;
  readonly keys: PoolKeys;
  readonly clients: Map<string, AppClient>;
  /** By user name. */
  readonly users: Map<string, User>;
  readonly groups: Map<string, Group>;
  /** By origin_jti. */
  readonly grants: Map<string, Grant>;
  readonly refreshTokens: Map<string, RefreshToken>;
  /** At most one with a prefix and one custom. */
  readonly domains: Domain[];
  /** By id. */
  readonly brandings: Map<string, Branding>;
  /** Locks of names that nobody has: they have to behave alike. */
  readonly strangers: Map<string, Lock>;
}

export interface AppClient {
  readonly id: string;
  readonly secret?: string;
  settings: ClientSettings;
  readonly createdAt: number;
  modifiedAt: number;
}

export type UserStatus = "UNCONFIRMED" | "CONFIRMED" | "RESET_REQUIRED" | "FORCE_CHANGE_PASSWORD";

export interface User {
  readonly username: string;
  /** `sub` is one of them. */
  readonly attributes: Map<string, string>;
  enabled: boolean;
  status: UserStatus;
  readonly createdAt: number;
  modifiedAt: number;
  password?: PasswordVerifier | undefined;
  /** The passwords until now with the current one, newest first, no more than a policy can ask for. */
  readonly passwords: PasswordVerifier[];
  /** When a temporary password stops working. */
  temporaryUntil?: number | undefined;
  /** The verified authenticator. */
  softwareToken?: SoftwareToken | undefined;
  /** Associated by access token, not yet verified. */
  pendingSecret?: string | undefined;
  softwareTokenEnabled: boolean;
  readonly lock: Lock;
  readonly codes: Map<CodePurpose, MailedCode>;
}

export interface SoftwareToken {
  /** Base32. */
  readonly secret: string;
  /** 30 s steps whose code was accepted: none is accepted twice. */
  readonly usedSteps: Set<number>;
}

export type CodePurpose = "confirmation" | "passwordReset";

export interface MailedCode {
  readonly code: string;
  readonly expiresAt: number;
}

export interface Group {
  readonly name: string;
  description?: string | undefined;
  roleArn?: string | undefined;
  precedence?: number | undefined;
  readonly createdAt: number;
  modifiedAt: number;
  /** User names. */
  readonly members: Set<string>;
}

/** One sign-in and all tokens that descend from it. */
export interface Grant {
  readonly originJti: string;
  readonly eventId: string;
  readonly username: string;
  readonly clientId: string;
  /** Seconds since 1970. */
  readonly authTime: number;
  readonly scopes: readonly string[];
  /** A sign-in at the API gets one without the scope openid. */
  readonly withIdToken: boolean;
  revoked: boolean;
}

export interface RefreshToken {
  readonly grant: Grant;
  readonly expiresAt: number;
  /** Set once it was exchanged under rotation: from when on it is refused. */
  supersededFrom?: number | undefined;
}

export interface IdentityPool {
  readonly id: string;
  readonly region: string;
  settings: IdentityPoolSettings;
  roles: PoolRoles;
  readonly identities: Map<string, Identity>;
}

export interface Identity {
  readonly id: string;
  /** `PROVIDER sub`; undefined for a guest. */
  readonly login?: string;
  readonly createdAt: number;
}

export interface State {
  readonly userPools: Map<string, UserPool>;
  readonly identityPools: Map<string, IdentityPool>;
}

export const emptyState = (): State => ({ userPools: new Map(), identityPools: new Map() });
