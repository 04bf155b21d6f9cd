/** https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html */
import { missing, readAuthorization } from "./authorization.ts";
import { toErrorPage } from "./browser.ts";
import { cookie, type Exchange, redirect, setCookie } from "./exchange.ts";
import { type Login, sessionCookie } from "./login.ts";

/** `GET /logout`: ends the browser's session (no token), then to a registered sign-out URL, or to the login page. */
export function logout({ store }: Login, exchange: Exchange) {
  const { query, pool, request, response } = exchange;
  const client = pool.clients.get(query.get("client_id") ?? "");
  const end = (location: string) => {
    store.sessions.delete(cookie(request, sessionCookie));
    setCookie(response, sessionCookie, "", 0);
    redirect(exchange, location);
  };
  if (!query.has("client_id")) return toErrorPage(exchange, missing("client_id"));
  if (client === undefined) return toErrorPage(exchange, "invalid_request");
  const logoutUri = query.get("logout_uri");
  if (logoutUri !== null && client.settings.LogoutURLs?.includes(logoutUri)) return end(logoutUri);
  // Cognito's answer to a sign-out URL that is not registered to the byte, too: it then takes the request for the other form.
  if (!query.has("redirect_uri")) return toErrorPage(exchange, missing("redirect_uri"));
  const verdict = readAuthorization(pool, query);
  if (verdict.kind === "page") return toErrorPage(exchange, verdict.error);
  if (verdict.kind === "redirect") return end(verdict.location);
  end(`/login?${(request.url ?? "").split("?").slice(1).join("?")}`);
}
