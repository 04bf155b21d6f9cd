import type { Log } from "../log.ts";
import type { CognitoConfiguration } from "./configuration.ts";

/** Temporary AWS keys. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch, Cognito's clock. */
  readonly expiresAt: number;
  readonly identityId: string;
}

export interface IdentityPool {
  credentials(idToken: string, role?: string, signal?: AbortSignal): Promise<AwsCredentials>;
}

export interface IdentityPoolDependencies {
  readonly configuration: CognitoConfiguration;
  readonly log: Log;
}

export function createIdentityPool(_dependencies: IdentityPoolDependencies): IdentityPool {
  throw new Error("not yet");
}
