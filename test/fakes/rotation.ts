import type { ReceivedTokens, UserPool } from "../../src/core/cognito/userPool.ts";
import type { Tokens, TokenVerifier } from "../../src/core/cognito/verification.ts";

/** A pool that rotates refresh tokens without any grace: r1, r2, … ; only the newest counts. */
export class RotatingPool implements Pick<UserPool, "refresh" | "revoke"> {
  current = "r1";
  readonly revoked: string[] = [];

  async refresh(refreshToken: string): Promise<ReceivedTokens> {
    if (refreshToken !== this.current) throw new Error(`${refreshToken} is not ${this.current}`);
    this.current = `r${Number(this.current.slice(1)) + 1}`;
    return { idToken: "id", accessToken: "access", refreshToken: this.current, expiresIn: 3600 };
  }

  async revoke(refreshToken: string): Promise<void> {
    this.revoked.push(refreshToken);
  }
}

/** Takes every token; fails while `prepareError` or `verifyError` is set. */
export class PliantVerifier implements TokenVerifier {
  prepareError: Error | undefined;
  verifyError: Error | undefined;

  async prepare(): Promise<void> {
    if (this.prepareError) throw this.prepareError;
  }

  async verify(received: ReceivedTokens, given?: string): Promise<Tokens> {
    if (this.verifyError) throw this.verifyError;
    const { idToken, accessToken } = received;
    const claims = { sub: "s", username: "u", roles: [], groups: [], authTime: 0, exp: 0 };
    return { idToken, accessToken, refreshToken: received.refreshToken ?? given ?? "", expiresAt: 0, claims };
  }
}
