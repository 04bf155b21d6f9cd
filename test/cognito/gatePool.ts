/** The demo pool of a whole host: managed login on a custom domain, the gate's confidential client, and somebody whom the gate refuses. */
import {
  administratorOf,
  createDemoPool,
  createUser,
  type DemoPool,
  type DemoUser,
  emulatedTime,
  enrol,
  sdkClients,
} from "./demoPool.ts";
import { addBranding, addDomain, addOAuthClient, oauthSettings } from "./managedLogin/setUp.ts";

export interface GatePoolOptions {
  readonly region: string;
  /** Of the host, for example `ide.example.com`. */
  readonly domain: string;
  /** Of managed login: a custom domain. */
  readonly loginDomain: string;
}

export interface GatePool extends DemoPool {
  /** The client that oauth2-proxy signs people in by. */
  readonly gate: { readonly clientId: string; readonly clientSecret: string };
  /** Of managed login. */
  readonly domain: string;
  /** Has an authenticator, is in no group, and not on the host's list. */
  readonly refused: DemoUser & { readonly totpSecret: string };
}

/** @param endpoint of the emulator, with moto behind it */
export async function createGatePool(endpoint: string, options: GatePoolOptions): Promise<GatePool> {
  const { region, loginDomain } = options;
  const origin = `https://${options.domain}`;
  const LogoutURLs = [`${origin}/gatehouse/signed-out`];
  const pool = await createDemoPool(endpoint, {
    region,
    terminalClient: { ...oauthSettings, CallbackURLs: [`${origin}/gatehouse/callback`], LogoutURLs },
  });
  const { userPools } = sdkClients(endpoint, region, await administratorOf(endpoint));
  await addDomain(userPools, pool.userPoolId, loginDomain);
  await addBranding(userPools, pool.userPoolId, pool.clientId);
  const { clientId, clientSecret = "" } = await addOAuthClient(userPools, {
    UserPoolId: pool.userPoolId,
    ClientName: "gate",
    GenerateSecret: true,
    ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH"],
    CallbackURLs: [`${origin}/oauth2/callback`],
    LogoutURLs,
  });
  const eve = await createUser(userPools, pool.userPoolId, "eve@example.com", "Wrong-Staple-9", true);
  const totpSecret = await enrol(userPools, pool, eve, () => emulatedTime(endpoint));
  return { ...pool, gate: { clientId, clientSecret }, domain: loginDomain, refused: { ...eve, totpSecret } };
}
