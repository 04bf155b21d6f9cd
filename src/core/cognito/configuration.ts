/** Where the pools are: from host.json or the settings, validated there. */
export interface CognitoConfiguration {
  readonly region: string;
  readonly userPoolId: string;
  readonly clientId: string;
  /** Only for app clients that have one; terminals use a public client. */
  readonly clientSecret?: string;
  readonly identityPoolId?: string;
  /** Base address in place of https://cognito-idp.REGION.amazonaws.com. */
  readonly userPoolEndpoint?: string;
  /** Base address in place of https://cognito-identity.REGION.amazonaws.com. */
  readonly identityPoolEndpoint?: string;
}

/** Keys of host.json that problems name as `setting`; the editor's settings end in the same names. */
export const configurationKeys = {
  region: "cognito.region",
  userPoolId: "cognito.userPoolId",
  clientId: "cognito.clientId",
  clientSecret: "cognito.clientSecret",
  identityPoolId: "cognito.identityPoolId",
  userPoolEndpoint: "cognito.userPoolEndpoint",
  identityPoolEndpoint: "cognito.identityPoolEndpoint",
} as const;

/** Base address of the user pool's API, without a slash at its end. */
export function userPoolEndpoint(configuration: CognitoConfiguration): string {
  const address =
    configuration.userPoolEndpoint ?? `https://cognito-idp.${configuration.region}.${domain(configuration)}`;
  return address.replace(/\/+$/, "");
}

/** Base address of the identity pool's API, without a slash at its end. */
export function identityPoolEndpoint(configuration: CognitoConfiguration): string {
  const address =
    configuration.identityPoolEndpoint ?? `https://cognito-identity.${configuration.region}.${domain(configuration)}`;
  return address.replace(/\/+$/, "");
}

/** What the pool's tokens carry as `iss`, without the scheme: also the key of the identity pool's Logins map. */
export function loginsKey(configuration: CognitoConfiguration): string {
  return `cognito-idp.${configuration.region}.${domain(configuration)}/${configuration.userPoolId}`;
}

/** Cognito is in the China partition too, under another domain. */
function domain({ region }: CognitoConfiguration): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}
