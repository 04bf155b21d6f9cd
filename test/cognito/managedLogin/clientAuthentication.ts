import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Target } from "../auth/initiate.ts";
import type { State, UserPool } from "../model.ts";

/** An error of RFC 6749, 5.2. */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly error: string;
  readonly status: number;

  constructor(error: string, status = 400) {
    super(error);
    this.error = error;
    this.status = status;
  }
}

/**
 * The client that calls: id and secret by Basic or in the form; the id alone where it has no secret (RFC 6749, 2.3.1).
 * `pool` is the one that the address names; without one, the client id tells.
 * @throws OAuthError invalid_request, invalid_client
 */
export function authenticateClient(
  state: State,
  pool: UserPool | undefined,
  request: IncomingMessage,
  form: URLSearchParams,
): Target {
  const basic = readBasic(request.headers.authorization);
  const named = form.get("client_id");
  if (basic === undefined && named === null) throw new OAuthError("invalid_request");
  // Two ways at once, or two clients at once.
  if (basic !== undefined && (form.has("client_secret") || (named !== null && named !== basic.id))) {
    throw new OAuthError("invalid_request");
  }
  const id = basic?.id ?? named ?? "";
  const secret = basic?.secret ?? form.get("client_secret") ?? undefined;
  for (const candidate of pool === undefined ? state.userPools.values() : [pool]) {
    const client = candidate.clients.get(id);
    if (client === undefined) continue;
    // A secret for a client that has none: that this is refused is a guess. An empty one says nothing.
    if (!same(client.secret ?? "", secret ?? "")) break;
    return { pool: candidate, client };
  }
  throw new OAuthError("invalid_client");
}

function readBasic(header: string | undefined): { readonly id: string; readonly secret: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) {
    if (header !== undefined) throw new OAuthError("invalid_client");
    return undefined;
  }
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) throw new OAuthError("invalid_client");
  // Form-encoded by the RFC; Cognito's ids and secrets are the same either way.
  const decode = (part: string) => {
    try {
      return decodeURIComponent(part.replaceAll("+", " "));
    } catch {
      throw new OAuthError("invalid_client");
    }
  };
  return { id: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) };
}

function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
