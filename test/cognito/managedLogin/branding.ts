/** Managed login shows nothing for a client without a branding: the API that gives it one. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { invalidParameter, notFound, ServiceError } from "../errors.ts";
import type { AppClient, Branding, UserPool } from "../model.ts";
import { fields, type Operations, operation } from "../operation.ts";
import { getClient, getPool, timestamp } from "../userPools/lookup.ts";

const byId = z.object({ UserPoolId: fields.userPoolId, ManagedLoginBrandingId: z.string() });

export const brandingOperations: Operations = {
  // https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateManagedLoginBranding.html
  CreateManagedLoginBranding: operation(
    "signed",
    z.object({
      UserPoolId: fields.userPoolId,
      ClientId: fields.clientId,
      UseCognitoProvidedValues: z.boolean().default(false),
      Settings: z.unknown().optional(),
      Assets: z.array(z.looseObject({})).optional(),
    }),
    (request, { state, clock }) => {
      const pool = getPool(state, request.UserPoolId);
      const client = getClient(pool, request.ClientId);
      if (request.UseCognitoProvidedValues && (request.Settings !== undefined || request.Assets !== undefined)) {
        throw invalidParameter("Settings and Assets can't be set together with UseCognitoProvidedValues.");
      }
      if (brandingOf(pool, client) !== undefined) {
        throw new ServiceError(
          "ManagedLoginBrandingExistsException",
          "A managed login branding style already exists for this app client.",
        );
      }
      const branding: Branding = {
        id: randomUUID(),
        clientId: client.id,
        useCognitoProvidedValues: request.UseCognitoProvidedValues,
        settings: request.Settings,
        createdAt: clock.now(),
      };
      pool.brandings.set(branding.id, branding);
      return { ManagedLoginBranding: describe(pool, branding) };
    },
  ),

  DescribeManagedLoginBranding: operation("signed", byId, (request, { state }) => {
    const pool = getPool(state, request.UserPoolId);
    return { ManagedLoginBranding: describe(pool, getBranding(pool, request.ManagedLoginBrandingId)) };
  }),

  DescribeManagedLoginBrandingByClient: operation(
    "signed",
    z.object({ UserPoolId: fields.userPoolId, ClientId: fields.clientId }),
    (request, { state }) => {
      const pool = getPool(state, request.UserPoolId);
      const branding = brandingOf(pool, getClient(pool, request.ClientId));
      if (branding === undefined) throw notFound("Managed login branding does not exist for this app client.");
      return { ManagedLoginBranding: describe(pool, branding) };
    },
  ),

  DeleteManagedLoginBranding: operation("signed", byId, (request, { state }) => {
    const pool = getPool(state, request.UserPoolId);
    pool.brandings.delete(getBranding(pool, request.ManagedLoginBrandingId).id);
    return {};
  }),
};

export function brandingOf(pool: UserPool, client: AppClient): Branding | undefined {
  return [...pool.brandings.values()].find(({ clientId }) => clientId === client.id);
}

function getBranding(pool: UserPool, id: string): Branding {
  const branding = pool.brandings.get(id);
  if (branding === undefined) throw notFound("Managed login branding does not exist.");
  return branding;
}

function describe(pool: UserPool, branding: Branding): object {
  return {
    ManagedLoginBrandingId: branding.id,
    UserPoolId: pool.id,
    UseCognitoProvidedValues: branding.useCognitoProvidedValues,
    Settings: branding.settings,
    CreationDate: timestamp(branding.createdAt),
    LastModifiedDate: timestamp(branding.createdAt),
  };
}
