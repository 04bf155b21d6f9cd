/** Managed login set up by the calls that set it up in AWS. For tests and the lab. */
import {
  type CognitoIdentityProviderClient,
  CreateManagedLoginBrandingCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  CreateUserPoolDomainCommand,
} from "@aws-sdk/client-cognito-identity-provider";

/** What makes a client one that managed login serves: code flow, the pool's own users, `openid email`. */
export const oauthSettings = {
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthFlows: ["code"],
  AllowedOAuthScopes: ["openid", "email"],
  SupportedIdentityProviders: ["COGNITO"],
} satisfies Partial<CreateUserPoolClientCommandInput>;

/** Gives a pool a domain of version 2: a prefix, or a whole name (which in AWS needs a certificate; here only its ARN). */
export async function addDomain(
  userPools: CognitoIdentityProviderClient,
  UserPoolId: string,
  Domain: string,
): Promise<void> {
  const CertificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000";
  const custom = Domain.includes(".") ? { CustomDomainConfig: { CertificateArn } } : {};
  await userPools.send(new CreateUserPoolDomainCommand({ UserPoolId, Domain, ManagedLoginVersion: 2, ...custom }));
}

/** A client with a branding, without which managed login shows it no page. */
export async function addOAuthClient(
  userPools: CognitoIdentityProviderClient,
  settings: CreateUserPoolClientCommandInput,
): Promise<{ readonly clientId: string; readonly clientSecret: string | undefined }> {
  const created = await userPools.send(
    new CreateUserPoolClientCommand({ PreventUserExistenceErrors: "ENABLED", ...oauthSettings, ...settings }),
  );
  const { ClientId: clientId = "", ClientSecret: clientSecret } = created.UserPoolClient ?? {};
  await addBranding(userPools, settings.UserPoolId ?? "", clientId);
  return { clientId, clientSecret };
}

export async function addBranding(
  userPools: CognitoIdentityProviderClient,
  UserPoolId: string,
  ClientId: string,
): Promise<void> {
  await userPools.send(new CreateManagedLoginBrandingCommand({ UserPoolId, ClientId, UseCognitoProvidedValues: true }));
}
