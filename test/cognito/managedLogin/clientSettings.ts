/**
 * What CreateUserPoolClient and UpdateUserPoolClient check of the settings that managed login goes by.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
 */
import { invalidParameter, ServiceError } from "../errors.ts";
import type { UserPool } from "../model.ts";
import type { ClientSettings } from "../userPools/schemas.ts";

export const standardScopes = ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"];

type Settings = Omit<ClientSettings, "ClientName">;

/** @throws InvalidParameterException, InvalidOAuthFlowException, ScopeDoesNotExistException */
export function checkOAuthSettings(pool: UserPool, settings: Settings): void {
  const { CallbackURLs = [], LogoutURLs = [], DefaultRedirectURI, SupportedIdentityProviders = [] } = settings;
  checkFlows(settings);
  for (const scope of settings.AllowedOAuthScopes ?? []) {
    // Resource servers with scopes of their own are not emulated.
    if (!standardScopes.includes(scope)) {
      throw new ServiceError("ScopeDoesNotExistException", `Invalid scope requested: ${scope}`);
    }
  }
  for (const url of [...CallbackURLs, ...LogoutURLs]) checkUrl(url);
  if (DefaultRedirectURI !== undefined) {
    checkUrl(DefaultRedirectURI);
    // The rule is AWS's, the wording is a guess.
    if (!CallbackURLs.includes(DefaultRedirectURI)) {
      throw invalidParameter("DefaultRedirectURI must be one of the CallbackURLs.");
    }
  }
  for (const provider of SupportedIdentityProviders) {
    if (provider !== "COGNITO") {
      throw invalidParameter(`The provider ${provider} does not exist for User Pool ${pool.id}.`);
    }
  }
}

function checkFlows(settings: Settings): void {
  const { AllowedOAuthFlows: flows = [], AllowedOAuthScopes: scopes = [], CallbackURLs: callbacks = [] } = settings;
  for (const flow of flows) {
    if (flow !== "code" && flow !== "implicit" && flow !== "client_credentials") {
      throw invalidParameter(
        `1 validation error detected: Value '[${flow}]' at 'allowedOAuthFlows' failed to satisfy constraint: Member must satisfy enum value set: [code, implicit, client_credentials]`,
      );
    }
    // Better refused than ignored.
    if (flow !== "code") throw invalidParameter(`This emulator has no ${flow} flow.`);
  }
  if (settings.AllowedOAuthFlowsUserPoolClient && (flows.length === 0 || scopes.length === 0)) {
    throw invalidParameter(
      "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
    );
  }
  if (flows.includes("code") && callbacks.length === 0) {
    throw new ServiceError(
      "InvalidOAuthFlowException",
      "CallbackUrls can not be empty when code flow or implicit flow is selected",
    );
  }
}

/** Absolute, without a fragment, https; http for this machine only; or an app's own scheme. The wordings are guesses. */
function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || text.length > 1024) throw invalidParameter(`${text} is not an absolute URI.`);
  if (text.includes("#")) throw invalidParameter(`${text} cannot contain a fragment.`);
  if (url.protocol === "http:" && !["localhost", "127.0.0.1", "[::1]"].includes(url.hostname)) {
    throw invalidParameter(`${text} cannot use the HTTP protocol.`);
  }
}
