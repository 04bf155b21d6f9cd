import { randomBytes, randomInt } from "node:crypto";
import { z } from "zod";
import { invalidParameter } from "../errors.ts";
import { checkOAuthSettings } from "../managedLogin/clientSettings.ts";
import type { AppClient, UserPool } from "../model.ts";
import { fields, type Operations, operation } from "../operation.ts";
import { getClient, getPool, page, timestamp } from "./lookup.ts";
import { type ClientSettings, createClientRequest, tokenValidity, updateClientRequest } from "./schemas.ts";

const named = z.object({ UserPoolId: fields.userPoolId, ClientId: fields.clientId });

export const clientOperations: Operations = {
  CreateUserPoolClient: operation(
    "signed",
    createClientRequest,
    ({ GenerateSecret, ...settings }, { state, clock }) => {
      const pool = getPool(state, settings.UserPoolId);
      checkRotation(settings);
      checkValidity(settings);
      checkOAuthSettings(pool, settings);
      const client: AppClient = {
        id: randomId(26),
        ...(GenerateSecret ? { secret: randomBytes(64).toString("hex").slice(0, 52) } : {}),
        settings,
        createdAt: clock.now(),
        modifiedAt: clock.now(),
      };
      pool.clients.set(client.id, client);
      return { UserPoolClient: describe(client) };
    },
  ),

  DescribeUserPoolClient: operation("signed", named, (request, { state }) => ({
    UserPoolClient: describe(getClient(getPool(state, request.UserPoolId), request.ClientId)),
  })),

  UpdateUserPoolClient: operation("signed", updateClientRequest, ({ ClientId, ...settings }, { state, clock }) => {
    const pool = getPool(state, settings.UserPoolId);
    const client = getClient(pool, ClientId);
    checkRotation(settings);
    checkValidity(settings);
    checkOAuthSettings(pool, settings);
    client.settings = { ...settings, ClientName: settings.ClientName ?? client.settings.ClientName };
    client.modifiedAt = clock.now();
    return { UserPoolClient: describe(client) };
  }),

  DeleteUserPoolClient: operation("signed", named, (request, { state }) => {
    const pool: UserPool = getPool(state, request.UserPoolId);
    pool.clients.delete(getClient(pool, request.ClientId).id);
    return {};
  }),

  ListUserPoolClients: operation(
    "signed",
    z.object({
      UserPoolId: fields.userPoolId,
      MaxResults: z.number().int().min(1).max(60).optional(),
      NextToken: z.string().optional(),
    }),
    (request, { state }) => {
      const pool = getPool(state, request.UserPoolId);
      const { items, next } = page([...pool.clients.values()], request.MaxResults, request.NextToken);
      return {
        UserPoolClients: items.map(({ id, settings }) => ({
          ClientId: id,
          ClientName: settings.ClientName,
          UserPoolId: pool.id,
        })),
        NextToken: next,
      };
    },
  ),
};

/** Rotation is done by GetTokensFromRefreshToken alone (API reference, RefreshTokenRotationType). */
function checkRotation(settings: Omit<ClientSettings, "ClientName">): void {
  if (
    settings.RefreshTokenRotation?.Feature === "ENABLED" &&
    settings.ExplicitAuthFlows.includes("ALLOW_REFRESH_TOKEN_AUTH")
  ) {
    throw invalidParameter(
      "Refresh token rotation cannot be enabled with ALLOW_REFRESH_TOKEN_AUTH in ExplicitAuthFlows.",
    );
  }
}

/** Access and ID tokens 5 minutes to a day, refresh tokens an hour to 10 years (API reference, TokenValidityUnitsType). */
function checkValidity(settings: Parameters<typeof tokenValidity>[0]): void {
  const { access, id, refresh } = tokenValidity(settings);
  const [minute, day] = [60, 86_400];
  const within = (seconds: number, from: number, to: number) => seconds >= from && seconds <= to;
  if (
    !within(access, 5 * minute, day) ||
    !within(id, 5 * minute, day) ||
    !within(refresh, 60 * minute, 3650 * day) ||
    refresh < access ||
    refresh < id
  ) {
    throw invalidParameter("Invalid range for token validity.");
  }
}

function describe(client: AppClient): object {
  return {
    ...client.settings,
    ClientId: client.id,
    ...(client.secret === undefined ? {} : { ClientSecret: client.secret }),
    CreationDate: timestamp(client.createdAt),
    LastModifiedDate: timestamp(client.modifiedAt),
  };
}

function randomId(length: number): string {
  return Array.from({ length }, () => randomInt(36).toString(36)).join("");
}
