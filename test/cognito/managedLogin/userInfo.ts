/** https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html */
import type { IncomingMessage, ServerResponse } from "node:http";
import { authorise, readableAttributes } from "../auth/tokens.ts";
import { ServiceError } from "../errors.ts";
import type { UserPool } from "../model.ts";
import type { Context } from "../operation.ts";
import { sendJson } from "./exchange.ts";

/** @param pool the one that the address names; undefined where the token tells */
export function sendUserInfo(
  context: Context,
  pool: UserPool | undefined,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const refuse = (status: number, error: string, description: string) =>
    sendJson(
      response,
      status,
      { error, error_description: description },
      { "WWW-Authenticate": `Bearer error="${error}", error_description="${description}"` },
    );
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined) return refuse(400, "invalid_request", "Bad OAuth2 request at UserInfo Endpoint");
  try {
    const { user, grant, pool: own } = authorise(context, token, "openid");
    if (pool !== undefined && own !== pool) throw new ServiceError("NotAuthorizedException", "Invalid Access Token");
    // Cognito writes `email_verified` as a text here.
    sendJson(response, 200, { ...Object.fromEntries(readableAttributes(user, grant.scopes)), username: user.username });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    refuse(401, "invalid_token", "Access token is expired, disabled, or deleted, or the user has globally signed out.");
  }
}
