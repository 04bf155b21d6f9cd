/**
 * The request that `/oauth2/authorize` and `/login` take, and its answers.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
 */
import type { AppClient, UserPool } from "../model.ts";

export interface AuthorizationRequest {
  readonly client: AppClient;
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly nonce: string | undefined;
  readonly scopes: readonly string[];
  readonly codeChallenge: string | undefined;
  /** The prompts that were asked for; only managed login knows them, not the classic hosted UI. */
  readonly prompt: readonly string[];
}

export type Verdict =
  | { readonly kind: "valid"; readonly request: AuthorizationRequest }
  /** Nobody to send the browser back to: Cognito's own page says what is wrong. */
  | { readonly kind: "page"; readonly error: string }
  | { readonly kind: "redirect"; readonly location: string };

export function readAuthorization(pool: UserPool, query: URLSearchParams): Verdict {
  const clientId = query.get("client_id");
  const redirectUri = query.get("redirect_uri");
  if (clientId === null) return { kind: "page", error: missing("client_id") };
  if (redirectUri === null) return { kind: "page", error: missing("redirect_uri") };
  const client = pool.clients.get(clientId);
  // Cognito's words for a client that does not exist, and for a URL that is not to the byte one of the client's.
  if (client === undefined) return { kind: "page", error: "invalid_request" };
  if (!client.settings.CallbackURLs?.includes(redirectUri)) return { kind: "page", error: "redirect_mismatch" };
  const state = query.get("state") ?? undefined;
  const error = fault(client, query);
  if (error !== undefined) return { kind: "redirect", location: withParameters(redirectUri, { error, state }) };
  return {
    kind: "valid",
    request: {
      client,
      redirectUri,
      state,
      nonce: query.get("nonce") ?? undefined,
      scopes: requestedScopes(query) ?? client.settings.AllowedOAuthScopes ?? [],
      codeChallenge: query.get("code_challenge") ?? undefined,
      prompt: words(query.get("prompt")),
    },
  };
}

export const missing = (parameter: string) => `Required String parameter '${parameter}' is not present`;

/** The URL with parameters added; everything that stands in it stays as it is, to the byte. */
export function withParameters(url: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const added = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) added.set(name, value);
  }
  return `${url}${url.includes("?") ? "&" : "?"}${added}`;
}

function fault(client: AppClient, query: URLSearchParams): string | undefined {
  const { AllowedOAuthFlows = [], AllowedOAuthScopes = [], AllowedOAuthFlowsUserPoolClient } = client.settings;
  const responseType = query.get("response_type");
  if (responseType !== "code" && responseType !== "token") return "invalid_request";
  if (!AllowedOAuthFlowsUserPoolClient || !(responseType === "code" && AllowedOAuthFlows.includes("code"))) {
    return "unauthorized_client";
  }
  const challenge = query.get("code_challenge");
  const method = query.get("code_challenge_method");
  if ((challenge === null) !== (method === null) || (method !== null && method !== "S256")) return "invalid_request";
  // RFC 7636, 4.2: SHA-256 in base64url. That Cognito looks at the form is a guess.
  if (challenge !== null && !/^[\w-]{43}$/.test(challenge)) return "invalid_request";
  const scopes = requestedScopes(query);
  if (scopes === undefined) return undefined;
  if (scopes.some((scope) => !AllowedOAuthScopes.includes(scope))) return "invalid_scope";
  const needsOpenid = scopes.some((scope) => ["email", "phone", "profile"].includes(scope));
  return needsOpenid && !scopes.includes("openid") ? "invalid_scope" : undefined;
}

function requestedScopes(query: URLSearchParams): readonly string[] | undefined {
  const scopes = words(query.get("scope"));
  return scopes.length === 0 ? undefined : [...new Set(scopes)];
}

function words(text: string | null): string[] {
  return (text ?? "").split(/\s+/).filter((word) => word !== "");
}
