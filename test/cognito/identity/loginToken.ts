/** What an identity pool checks in a user pool's ID token before it believes it. */
import { decodeJwt } from "../auth/signingKeys.ts";
import { grantOf } from "../auth/tokens.ts";
import { notAuthorized } from "../errors.ts";
import type { IdentityPool } from "../model.ts";
import type { Context } from "../operation.ts";

export interface Login {
  /** `cognito-idp.REGION.amazonaws.com/POOLID` */
  readonly provider: string;
  readonly clientId: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** @throws NotAuthorizedException that says which check failed */
export function verifyLogin(context: Context, pool: IdentityPool, provider: string, token: string): Login {
  const refuse = (reason: string) => notAuthorized(`Invalid login token. ${reason}`);
  const decoded = decodeJwt(token);
  if (decoded === undefined) throw refuse("Not a valid OpenId Connect identity token.");
  const { claims } = decoded;
  const userPool = [...context.state.userPools.values()].find(
    ({ id, region }) => provider === `cognito-idp.${region}.amazonaws.com/${id}`,
  );
  if (userPool === undefined || claims["iss"] !== context.issuerOf(userPool)) {
    throw refuse("Issuer doesn't match providerName");
  }
  if (!decoded.isSignedBy(userPool.keys)) throw refuse("Token signature invalid.");
  if (claims["token_use"] !== "id") throw refuse("Can't pass in an access_token.");
  const now = context.clock.seconds();
  if (Number(claims["exp"]) <= now) throw refuse(`Token expired: ${claims["exp"]} >= ${now}`);
  const clientId = String(claims["aud"]);
  const known = pool.settings.CognitoIdentityProviders.find(
    ({ ProviderName, ClientId }) => ProviderName === provider && ClientId === clientId,
  );
  if (known === undefined) throw notAuthorized("Token is not from a supported provider of this identity pool.");
  if (known.ServerSideTokenCheck) {
    const grant = grantOf(userPool, claims);
    const user = userPool.users.get(String(claims["cognito:username"]));
    if (grant === undefined || grant.revoked || user === undefined || !user.enabled) throw refuse("Token is revoked.");
  }
  return { provider, clientId, claims };
}
