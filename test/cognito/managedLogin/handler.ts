/** Managed login's addresses. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { UserPool } from "../model.ts";
import type { Context } from "../operation.ts";
import { showErrorPage } from "./browser.ts";
import { OAuthError } from "./clientAuthentication.ts";
import { domainOfHost } from "./domains.ts";
import { type Exchange, readForm, sendJson } from "./exchange.ts";
import { authorize, type Login, showLogin, showStep, takePassword, takeStep } from "./login.ts";
import { logout } from "./logout.ts";
import { stepPaths } from "./steps.ts";
import { createStore } from "./store.ts";
import { takeRevocation, takeTokenRequest } from "./tokenEndpoint.ts";
import { sendUserInfo } from "./userInfo.ts";

type Page = (login: Login, exchange: Exchange) => void | Promise<void>;

const pages: Readonly<Record<string, Page>> = {
  "GET /oauth2/authorize": authorize,
  "GET /login": (_, exchange) => showLogin(exchange),
  "POST /login": takePassword,
  ...Object.fromEntries(
    Object.values(stepPaths).flatMap((path) => [
      [`GET ${path}`, showStep],
      [`POST ${path}`, takeStep],
    ]),
  ),
  "GET /logout": logout,
  "GET /error": (_, exchange) => showErrorPage(exchange),
};

const calls: readonly string[] = ["/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo"];

/**
 * Answers what is for managed login. False where it is not: another Host and, there, another path than those that applications call.
 * @param context the region in it does not matter
 */
export function createManagedLogin(
  context: Context,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const login: Login = { context, store: createStore(context.clock) };

  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://domain");
    const found = domainOfHost(context.state, request.headers.host ?? "");
    if (calls.includes(pathname)) {
      await answerCall(pathname, found?.pool, request, response);
      return true;
    }
    if (found === undefined) {
      // A name of a domain that nobody has: not for moto either.
      if (!/\.(amazoncognito\.com|localhost)(:\d+)?$/i.test(request.headers.host ?? "")) return false;
      sendJson(response, 404, undefined);
      return true;
    }
    const exchange: Exchange = { request, response, ...found, pathname, query: searchParams };
    const page = pages[`${request.method} ${pathname}`];
    if (page === undefined) {
      const known = Object.keys(pages).some((route) => route.endsWith(` ${pathname}`));
      sendJson(response, known ? 405 : 404, undefined);
    } else await page(login, exchange);
    return true;
  };

  async function answerCall(
    pathname: string,
    pool: UserPool | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (pathname === "/oauth2/userInfo") {
      if (request.method !== "GET" && request.method !== "POST") return sendJson(response, 405, undefined);
      return sendUserInfo(context, pool, request, response);
    }
    if (request.method !== "POST") return sendJson(response, 405, undefined);
    try {
      const form = await readForm(request);
      if (form === undefined) throw new OAuthError("invalid_request");
      const call = { ...login, pool, request, form };
      if (pathname === "/oauth2/token") return sendJson(response, 200, takeTokenRequest(call));
      takeRevocation(call);
      sendJson(response, 200, undefined);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      // RFC 6749, 5.2: whoever tried Basic is told so.
      const basic = error.status === 401 ? { "WWW-Authenticate": "Basic" } : undefined;
      sendJson(response, error.status, { error: error.error }, basic);
    }
  }
}
