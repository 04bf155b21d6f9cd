/**
 * `/oauth2/authorize`, `/login` and the pages after it.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/login-endpoint.html
 */
import type { Challenge } from "../auth/challenges.ts";
import { signInByPassword } from "../auth/initiate.ts";
import { ServiceError } from "../errors.ts";
import type { User } from "../model.ts";
import type { Context } from "../operation.ts";
import { type AuthorizationRequest, readAuthorization, withParameters } from "./authorization.ts";
import { formToken, frameOf, isOwnForm, refuseForm, showUnavailable, toErrorPage } from "./browser.ts";
import { cookie, type Exchange, readForm, redirect, sendPage, setCookie } from "./exchange.ts";
import { type Form, loginPage } from "./pages.ts";
import { answerStep, beginStep, endsStep, FormFault, stepPage, stepPaths } from "./steps.ts";
import type { BrowserSession, PendingStep, Store } from "./store.ts";
import { describeError, type TextKey } from "./texts.ts";

export interface Login {
  readonly context: Context;
  readonly store: Store;
}

/** Cognito's name of the session cookie. */
export const sessionCookie = "cognito";
/** The sign-in that waits for its next page; the name is the emulator's own. */
const stepCookie = "cognito-step";

/** `GET /oauth2/authorize`: a code where the browser has a session, else on to the login page. */
export function authorize(login: Login, exchange: Exchange) {
  const request = valid(exchange);
  if (request === undefined) return;
  const { redirectUri, state } = request;
  const prompt = exchange.domain.managedLoginVersion === 1 ? [] : request.prompt;
  const session = findSession(login, exchange);
  const refuse = (error: string) => redirect(exchange, withParameters(redirectUri, { error, state }));
  // OpenID Connect Core 1.0, 3.1.2.1: "none" stands alone.
  if (prompt.includes("none") && prompt.length > 1) return refuse("invalid_request");
  if (session !== undefined && !prompt.includes("login")) return sendCode(login, exchange, request, session);
  if (prompt.includes("none")) return refuse("login_required");
  redirect(exchange, `/login?${queryOf(exchange)}`);
}

/** `GET /login`: always the form. (What Cognito shows here to somebody who is signed in is not documented.) */
export function showLogin(exchange: Exchange) {
  const request = valid(exchange);
  if (request === undefined || showUnavailable(exchange, request.client)) return;
  sendLoginPage(exchange, 200);
}

/** `POST /login`: user name and password. */
export async function takePassword(login: Login, exchange: Exchange): Promise<void> {
  const posted = await readForm(exchange.request);
  const request = valid(exchange);
  if (request === undefined || showUnavailable(exchange, request.client)) return;
  if (posted === undefined || !isOwnForm(exchange, posted)) return refuseForm(exchange);
  const typed = (posted.get("username") ?? "").trim();
  const password = posted.get("password") ?? "";
  if (typed === "" || password === "") return sendLoginPage(exchange, 400, "wrongPassword", typed);
  const target = { pool: exchange.pool, client: request.client };
  try {
    const outcome = signInByPassword(login.context, target, typed, password, signedIn);
    goOn(login, exchange, request, typed, outcome);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    sendLoginPage(exchange, 400, describeError(error), typed);
  }
}

/** The page of the challenge that this browser has to answer. */
export function showStep(login: Login, exchange: Exchange) {
  const request = valid(exchange);
  if (request === undefined) return;
  const step = findStep(login, exchange, request);
  if (step === undefined) return redirect(exchange, `/login?${queryOf(exchange)}`);
  sendPage(exchange, 200, stepPage(step, formOf(exchange)));
}

export async function takeStep(login: Login, exchange: Exchange): Promise<void> {
  const posted = await readForm(exchange.request);
  const request = valid(exchange);
  if (request === undefined) return;
  if (posted === undefined || !isOwnForm(exchange, posted)) return refuseForm(exchange);
  const step = findStep(login, exchange, request);
  if (step === undefined) return sendLoginPage(exchange, 400, "expired");
  try {
    const outcome = answerStep(login.context, step, posted, signedIn);
    login.store.steps.delete(cookie(exchange.request, stepCookie));
    goOn(login, exchange, request, step.typed, outcome);
  } catch (error) {
    if (error instanceof FormFault) {
      return sendPage(exchange, 400, stepPage(step, formOf(exchange, error.text)));
    }
    if (!(error instanceof ServiceError)) throw error;
    const text = describeError(error);
    if (!endsStep(error)) return sendPage(exchange, 400, stepPage(step, formOf(exchange, text)));
    login.store.steps.delete(cookie(exchange.request, stepCookie));
    sendLoginPage(exchange, 400, text, step.typed);
  }
}

interface SignedIn {
  readonly user: User;
}

const signedIn = (_context: Context, _pool: unknown, _client: unknown, user: User): SignedIn => ({ user });

function goOn(
  login: Login,
  exchange: Exchange,
  request: AuthorizationRequest,
  typed: string,
  outcome: SignedIn | Challenge,
) {
  const { context, store } = login;
  const { pool, response } = exchange;
  if ("ChallengeName" in outcome) {
    const step = beginStep(context, { pool, client: request.client }, typed, outcome);
    setCookie(response, stepCookie, store.steps.put(step));
    return redirect(exchange, `${stepPaths[step.challenge]}?${queryOf(exchange)}`);
  }
  store.sessions.delete(cookie(exchange.request, sessionCookie));
  const session = { pool, username: outcome.user.username, authTime: context.clock.seconds() };
  setCookie(response, sessionCookie, store.sessions.put(session), 3600);
  setCookie(response, stepCookie, "", 0);
  sendCode(login, exchange, request, session);
}

function sendCode(
  { store }: Login,
  exchange: Exchange,
  { client, redirectUri, scopes, state, nonce, codeChallenge }: AuthorizationRequest,
  { pool, username, authTime }: BrowserSession,
) {
  const code = store.codes.put({ pool, client, username, authTime, redirectUri, scopes, nonce, codeChallenge });
  redirect(exchange, withParameters(redirectUri, { code, state }));
}

/** The request, or undefined where it is answered already. */
function valid(exchange: Exchange): AuthorizationRequest | undefined {
  const verdict = readAuthorization(exchange.pool, exchange.query);
  if (verdict.kind === "page") toErrorPage(exchange, verdict.error);
  else if (verdict.kind === "redirect") redirect(exchange, verdict.location);
  else if (!verdict.request.client.settings.SupportedIdentityProviders?.includes("COGNITO")) {
    toErrorPage(exchange, "Login option is not available. Please try another one");
  } else return verdict.request;
  return undefined;
}

function findSession({ store }: Login, { request, pool }: Exchange): BrowserSession | undefined {
  const session = store.sessions.get(cookie(request, sessionCookie));
  if (session === undefined || session.pool !== pool) return undefined;
  // Whoever was deleted or disabled meanwhile has to sign in, and can't.
  return pool.users.get(session.username)?.enabled ? session : undefined;
}

function findStep({ store }: Login, exchange: Exchange, { client }: AuthorizationRequest): PendingStep | undefined {
  const step = store.steps.get(cookie(exchange.request, stepCookie));
  const matches = step?.pool === exchange.pool && step.client === client;
  return matches && stepPaths[step.challenge] === exchange.pathname ? step : undefined;
}

function sendLoginPage(exchange: Exchange, status: number, error?: TextKey, typed?: string): void {
  const names = exchange.pool.settings.UsernameAttributes ?? [];
  const byEmail = names.length === 1 && names[0] === "email";
  const form = { ...formOf(exchange, error), action: `/login?${queryOf(exchange)}` };
  sendPage(exchange, status, loginPage({ ...form, byEmail, typed }));
}

function formOf(exchange: Exchange, error?: TextKey): Form & { readonly restart: string } {
  return {
    ...frameOf(exchange),
    action: `${exchange.pathname}?${queryOf(exchange)}`,
    csrf: formToken(exchange),
    error,
    restart: `/login?${queryOf(exchange)}`,
  };
}

/** As it came. */
function queryOf({ request }: Exchange): string {
  const url = request.url ?? "";
  return url.includes("?") ? url.slice(url.indexOf("?") + 1) : "";
}
