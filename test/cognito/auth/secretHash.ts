import { createHmac, timingSafeEqual } from "node:crypto";
import { notAuthorized } from "../errors.ts";
import type { AppClient } from "../model.ts";

/**
 * SECRET_HASH is the Base64 of HMAC-SHA256(client secret, user name + client id); `names` are the forms of the name it may be over.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
 */
export function checkSecretHash(client: AppClient, hash: string | undefined, names: readonly string[]): void {
  if (client.secret === undefined) {
    if (hash !== undefined)
      throw notAuthorized(`Client ${client.id} is not configured with secret but SECRET_HASH was received`);
    return;
  }
  if (hash === undefined)
    throw notAuthorized(`Client ${client.id} is configured with secret but SECRET_HASH was not received`);
  const { secret } = client;
  const given = Buffer.from(hash);
  const right = names.some((name) => {
    const expected = Buffer.from(createHmac("sha256", secret).update(`${name}${client.id}`).digest("base64"));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
  if (!right) throw notAuthorized(`Unable to verify secret hash for client ${client.id}`);
}

/** The secret itself, as GetTokensFromRefreshToken and RevokeToken take it. */
export function checkSecret(client: AppClient, secret: string | undefined): void {
  if (client.secret === undefined || client.secret === secret) return;
  throw notAuthorized(
    secret === undefined
      ? `Client ${client.id} is configured with secret but secret was not received`
      : `Unable to verify secret for client ${client.id}`,
  );
}
