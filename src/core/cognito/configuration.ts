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
  /** Managed login's whole host name; a name under .localhost with a port is reached by http on the loopback. */
  readonly domain?: string;
  /** Of localhost, where the browser comes back to where there is no gate. */
  readonly callbackPort?: number;
}

/** Keys of host.json that problems name as `setting`; the editor's settings end in the same names. */
export const configurationKeys = {
  region: "cognito.region",
  userPoolId: "cognito.userPoolId",
  clientId: "cognito.clientId",
  identityPoolId: "cognito.identityPoolId",
  userPoolEndpoint: "cognito.userPoolEndpoint",
  identityPoolEndpoint: "cognito.identityPoolEndpoint",
  domain: "cognito.domain",
  callbackPort: "cognito.callbackPort",
} as const;

/** An address that calls go to, and the key of host.json that decides about it. */
export interface ServiceAddress {
  readonly region: string;
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly setting: string;
}

export function userPoolAddress({ region, userPoolEndpoint }: CognitoConfiguration): ServiceAddress {
  return userPoolEndpoint === undefined
    ? { region, endpoint: `https://cognito-idp.${region}.amazonaws.com`, setting: configurationKeys.region }
    : { region, endpoint: withoutSlash(userPoolEndpoint), setting: configurationKeys.userPoolEndpoint };
}

export function identityPoolAddress({ region, identityPoolEndpoint }: CognitoConfiguration): ServiceAddress {
  return identityPoolEndpoint === undefined
    ? { region, endpoint: `https://cognito-identity.${region}.amazonaws.com`, setting: configurationKeys.region }
    : { region, endpoint: withoutSlash(identityPoolEndpoint), setting: configurationKeys.identityPoolEndpoint };
}

/** Of a name under localhost with its port: an emulator's. Such names are this machine, which not every resolver knows (RFC 6761, 6.3). */
function loopbackPort(domain: string): string | undefined {
  return /(?:^|\.)localhost:(\d+)$/.exec(domain)?.[1];
}

/** Where a browser finds managed login. */
export function managedLoginOrigin(domain: string): string {
  return `${loopbackPort(domain) === undefined ? "https" : "http"}://${domain}`;
}

/** Where managed login takes calls; undefined without a domain. */
export function managedLoginAddress({ region, domain }: CognitoConfiguration): ServiceAddress | undefined {
  if (domain === undefined) return undefined;
  const setting = configurationKeys.domain;
  const port = loopbackPort(domain);
  return { region, endpoint: port === undefined ? `https://${domain}` : `http://127.0.0.1:${port}`, setting };
}

/** Key of the identity pool's Logins map: the user pool's issuer without the scheme, whatever address its API is called at. */
export function loginsKey({ region, userPoolId }: CognitoConfiguration): string {
  return `cognito-idp.${region}.amazonaws.com/${userPoolId}`;
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, "");
}
