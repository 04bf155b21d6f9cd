/** OpenID Connect Discovery 1.0, with the members that Cognito has. */
import type { UserPool } from "../model.ts";

export interface Addresses {
  readonly issuer: string;
  /** Of the pages; undefined where the pool has no domain. */
  readonly pages: string | undefined;
  /** Of what applications call. */
  readonly calls: string | undefined;
}

export function discoveryDocument(pool: UserPool, { issuer, pages, calls }: Addresses): object {
  return {
    ...(pages === undefined || pool.domains.length === 0
      ? {}
      : {
          authorization_endpoint: `${pages}/oauth2/authorize`,
          end_session_endpoint: `${pages}/logout`,
          token_endpoint: `${calls}/oauth2/token`,
          userinfo_endpoint: `${calls}/oauth2/userInfo`,
          revocation_endpoint: `${calls}/oauth2/revoke`,
          scopes_supported: ["openid", "email", "phone", "profile"],
          token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
        }),
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    id_token_signing_alg_values_supported: ["RS256"],
    subject_types_supported: ["public"],
    response_types_supported: ["code", "token"],
  };
}
