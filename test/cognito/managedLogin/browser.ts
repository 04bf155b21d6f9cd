/** What every page for a browser has in common: language, form protection, Cognito's error page. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { AppClient } from "../model.ts";
import { brandingOf } from "./branding.ts";
import { cookie, type Exchange, redirect, sendPage, setCookie } from "./exchange.ts";
import { errorPage, type Frame } from "./pages.ts";
import { type Language, texts } from "./texts.ts";

/** Remembers the language; the cookie's name is a guess. The classic hosted UI is in English only. */
const languageCookie = "lang";
/** Cognito's names of the form's token. */
const csrfCookie = "XSRF-TOKEN";
export const csrfField = "_csrf";

export function frameOf(exchange: Exchange): Frame {
  return { language: languageOf(exchange), poolName: exchange.pool.settings.PoolName };
}

/** `lang` of the request, remembered for the requests that come without one. */
function languageOf({ request, response, query, domain }: Exchange): Language {
  if (domain.managedLoginVersion === 1) return "en";
  const asked = query.get("lang");
  if (asked !== null) setCookie(response, languageCookie, asked === "ja" ? "ja" : "en");
  return (asked ?? cookie(request, languageCookie)) === "ja" ? "ja" : "en";
}

/** The token that the page's form has to bring along; a cookie holds its double. */
export function formToken({ request, response }: Exchange): string {
  const known = cookie(request, csrfCookie);
  if (known !== undefined && /^[\w-]{43}$/.test(known)) return known;
  const token = randomBytes(32).toString("base64url");
  setCookie(response, csrfCookie, token);
  return token;
}

export function isOwnForm({ request }: Exchange, form: URLSearchParams): boolean {
  const expected = Buffer.from(cookie(request, csrfCookie) ?? "");
  const given = Buffer.from(form.get(csrfField) ?? "");
  return expected.length > 0 && expected.length === given.length && timingSafeEqual(expected, given);
}

export function refuseForm(exchange: Exchange): void {
  const frame = frameOf(exchange);
  sendPage(exchange, 403, errorPage(frame, "errorTitle", texts[frame.language].forged));
}

/** To Cognito's own error page, which names the error in its address. */
export function toErrorPage(exchange: Exchange, error: string): void {
  const parameters = new URLSearchParams({ error });
  const clientId = exchange.query.get("client_id");
  if (clientId !== null) parameters.set("client_id", clientId);
  redirect(exchange, `/error?${parameters}`);
}

export function showErrorPage(exchange: Exchange): void {
  sendPage(exchange, 400, errorPage(frameOf(exchange), "errorTitle", exchange.query.get("error") ?? "unknown_error"));
}

/** Managed login has no page for a client without a branding; the classic hosted UI needs none. */
export function showUnavailable(exchange: Exchange, client: AppClient): boolean {
  if (exchange.domain.managedLoginVersion === 1 || brandingOf(exchange.pool, client) !== undefined) return false;
  const frame = frameOf(exchange);
  sendPage(exchange, 403, errorPage(frame, "unavailable", texts[frame.language].unavailableLead));
  return true;
}
