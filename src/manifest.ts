/**
 * Every id that package.json contributes, in one place. test/unit/manifest.test.ts holds package.json, package.nls*.json and the
 * l10n bundles equal to it.
 */
export const commands = {
  signIn: "gatehouse.signIn.start",
  signInWithPassword: "gatehouse.signIn.withPassword",
  signOutOfAws: "gatehouse.session.signOut",
  showSession: "gatehouse.session.show",
  chooseRole: "gatehouse.session.chooseRole",
  refreshCredentials: "gatehouse.session.refresh",
  addProfile: "gatehouse.terminal.addProfile",
  checkTerminal: "gatehouse.terminal.check",
  openSettings: "gatehouse.settings.open",
  showLog: "gatehouse.log.show",
} as const;

export const settings = {
  region: "gatehouse.cognito.region",
  userPoolId: "gatehouse.cognito.userPoolId",
  clientId: "gatehouse.cognito.clientId",
  identityPoolId: "gatehouse.cognito.identityPoolId",
  userPoolEndpoint: "gatehouse.cognito.userPoolEndpoint",
  identityPoolEndpoint: "gatehouse.cognito.identityPoolEndpoint",
  domain: "gatehouse.cognito.domain",
  callbackPort: "gatehouse.cognito.callbackPort",
  signInAutomatically: "gatehouse.signIn.automatically",
  awsRegion: "gatehouse.terminal.region",
  terminalCredentials: "gatehouse.terminal.credentials",
} as const;

export const contextKeys = {
  signedIn: "gatehouse.signedIn",
  configured: "gatehouse.configured",
  browserSignIn: "gatehouse.browserSignIn",
} as const;

export const authenticationProviderId = "gatehouse";
export const terminalProfileId = "gatehouse.terminal.environment";
export const walkthroughId = "gatehouse.start";

export type CommandId = (typeof commands)[keyof typeof commands];
export type SettingId = (typeof settings)[keyof typeof settings];
