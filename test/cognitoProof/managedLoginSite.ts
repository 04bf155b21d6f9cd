/** A pool with managed login, and somebody who visits it: a browser's cookies and redirects without a browser. */
import { randomBytes } from "node:crypto";
import { type IncomingMessage, request as send } from "node:http";
import {
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
} from "@aws-sdk/client-cognito-identity-provider";
import { addBranding, addDomain, oauthSettings } from "../cognito/managedLogin/setUp.ts";
import type { SignInTarget } from "../cognito/srpSignIn.ts";
import { createPool, type Emulator, email, type PoolOptions, password, region } from "./emulator.ts";

export const callback = "https://ide.example.com/oauth2/callback";
export const signedOut = "https://ide.example.com/oauth2/sign_out";

export interface Site extends SignInTarget {
  readonly prefix: string;
  /** `PREFIX.auth.REGION.amazoncognito.com` */
  readonly host: string;
}

export const oauthClient = {
  ...oauthSettings,
  AllowedOAuthScopes: ["openid", "email", "profile"],
  CallbackURLs: [callback],
  LogoutURLs: [signedOut],
} satisfies Partial<CreateUserPoolClientCommandInput>;

/** A pool with a domain of version 2 and one client that managed login serves; carol is in it. */
export async function createSite(emulator: Emulator, options: PoolOptions = {}): Promise<Site> {
  const target = await createPool(emulator, { ...options, client: { ...oauthClient, ...options.client } });
  const prefix = `proof-${randomBytes(4).toString("hex")}`;
  await addDomain(emulator.userPools, target.userPoolId, prefix);
  await brand(emulator, target);
  return { ...target, prefix, host: `${prefix}.auth.${region}.amazoncognito.com` };
}

export function brand({ userPools }: Emulator, { userPoolId, clientId }: SignInTarget): Promise<void> {
  return addBranding(userPools, userPoolId, clientId);
}

/** One more client, without a branding, of the site's pool. */
export async function addClient(
  { userPools }: Emulator,
  site: Site,
  changes: Partial<CreateUserPoolClientCommandInput> = {},
): Promise<Site> {
  const { UserPoolClient } = await userPools.send(
    new CreateUserPoolClientCommand({
      UserPoolId: site.userPoolId,
      ClientName: "another",
      PreventUserExistenceErrors: "ENABLED",
      ...oauthClient,
      ...changes,
    }),
  );
  const clientSecret = UserPoolClient?.ClientSecret;
  const { clientSecret: _, ...rest } = site;
  return {
    ...rest,
    clientId: UserPoolClient?.ClientId ?? "",
    ...(clientSecret === undefined ? {} : { clientSecret }),
  };
}

export interface Page {
  readonly status: number;
  /** Where it redirects to, made absolute. */
  readonly location: URL | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  /** Path and query that were asked for. */
  readonly path: string;
}

export class Visitor {
  readonly cookies = new Map<string, string>();
  readonly #endpoint: string;
  readonly host: string;

  constructor(emulator: Pick<Emulator, "endpoint">, site: Pick<Site, "host">) {
    this.#endpoint = emulator.endpoint;
    this.host = site.host;
  }

  /** One request, no redirect followed. */
  async open(
    path: string,
    form?: Readonly<Record<string, string>>,
    headers: Record<string, string> = {},
  ): Promise<Page> {
    const body = form === undefined ? "" : new URLSearchParams(form).toString();
    const sent = send(new URL(path, this.#endpoint), {
      method: form === undefined ? "GET" : "POST",
      headers: {
        Host: this.host,
        Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(form === undefined ? {} : { "Content-Type": "application/x-www-form-urlencoded" }),
        ...headers,
      },
    });
    sent.end(body);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.on("response", resolve).on("error", reject);
    });
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk;
    for (const line of response.headers["set-cookie"] ?? []) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const { location } = response.headers;
    return {
      status: response.statusCode ?? 0,
      location: location === undefined ? undefined : new URL(location, `https://${this.host}`),
      headers: response.headers,
      text,
      path,
    };
  }

  /** Follows redirects as long as they stay at managed login. */
  async visit(path: string): Promise<Page> {
    let page = await this.open(path);
    while (page.location?.host === this.host) page = await this.open(page.location.pathname + page.location.search);
    return page;
  }

  /** Fills in the page's form, with what is hidden in it, and goes where the answer leads. */
  async submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
    const action = unescapeHtml(/<form method="post" action="([^"]+)"/.exec(page.text)?.[1] ?? "");
    const _csrf = /name="_csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const answer = await this.open(action, { _csrf, ...fields });
    if (answer.location?.host !== this.host) return answer;
    return this.visit(answer.location.pathname + answer.location.search);
  }

  /** Name and password on the login page that `path` leads to. */
  async signIn(path: string, username = email, secret = password): Promise<Page> {
    return this.submit(await this.visit(path), { username, password: secret });
  }
}

/** The page's complaint. */
export function alertOf({ text }: Page): string | undefined {
  const found = /role="alert"[^>]*>([^<]*)</.exec(text)?.[1];
  return found === undefined ? undefined : unescapeHtml(found);
}

function unescapeHtml(text: string): string {
  return text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}

/** Path and query of an authorization request; `undefined` leaves a parameter out. */
export function authorizePath(
  { clientId }: SignInTarget,
  changes: Readonly<Record<string, string | undefined>> = {},
  path = "/oauth2/authorize",
): string {
  const query = new URLSearchParams();
  const parameters: Record<string, string | undefined> = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: callback,
    state: "state-1",
    scope: "openid email",
    ...changes,
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  return `${path}?${query}`;
}
