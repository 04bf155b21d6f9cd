/**
 * Signing in with the person's own browser: the authorization code grant with PKCE (RFC 6749, RFC 7636) at Cognito's managed login.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
 */
import { createHash, randomBytes } from "node:crypto";
import { type CognitoConfiguration, managedLoginOrigin } from "./configuration.ts";

/** Languages that both managed login and Gatehouse speak. */
export type Language = "en" | "ja";

/** Where managed login sends the browser back to. Cognito compares the address to the byte with those of the app client. */
export type BrowserPlace =
  /** A page of the host, behind the gate's own sign-in, which tells whose e-mail address it has. */
  | { readonly kind: "gate"; readonly redirectUri: string; readonly unverifiedEmail: boolean }
  /** A port of this machine (RFC 8252, 7.3). */
  | { readonly kind: "loopback"; readonly redirectUri: string; readonly port: number };

/** Path of the address that the browser comes back to, in both places. */
export const callbackPath = "/gatehouse/callback";

/**
 * A fixed port, since Cognito takes none but a registered one. Below those that systems hand out by themselves (Linux from 32768,
 * others from 49152).
 */
export const defaultCallbackPort = 14283;

/** For CallbackURLs of the app client; of all http addresses Cognito takes those of `localhost`. */
export function loopbackRedirectUri(port: number): string {
  return `http://localhost:${port}${callbackPath}`;
}

/** One request at managed login. All but the address is secret until the browser has come back. */
export interface Authorization {
  /** To be opened in the browser. */
  readonly url: string;
  readonly state: string;
  readonly nonce: string;
  /** PKCE's code verifier. */
  readonly verifier: string;
}

/** @param configuration with a domain */
export function createAuthorization(
  { domain = "", clientId }: CognitoConfiguration,
  redirectUri: string,
  language: Language | undefined,
): Authorization {
  // 256 bits each, 43 characters (RFC 7636, 4.1).
  const [state, nonce, verifier] = [random(), random(), random()];
  const query = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: "openid email",
    state,
    nonce,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...(language && { lang: language }),
  });
  return { url: `${managedLoginOrigin(domain)}/oauth2/authorize?${query}`, state, nonce, verifier };
}

function random(): string {
  return randomBytes(32).toString("base64url");
}
