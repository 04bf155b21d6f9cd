/** Sends the list and says which request got further than it may, and which control didn't get through. */
import type { Gate } from "../gateSession.ts";
import { editorMarks, type HostileRequest, type Outcome, type Sent, type Values } from "./request.ts";
import { exchange, type Received, type WireAnswer } from "./wire.ts";

export interface Failure {
  readonly kind: string;
  readonly name: string;
  readonly as: "stranger" | "control" | "person";
  /** What came back instead. */
  readonly saw: string;
}

/** All of them as somebody without a session, and those that nobody may send as somebody with one. */
export async function sendAsStranger(
  gate: Pick<Gate, "port" | "caFile">,
  list: readonly HostileRequest[],
  values: Values,
): Promise<Failure[]> {
  return concurrently(list, async (each) => {
    const failures = await judge(each, "stranger", each, false);
    if (each.evenSignedIn) failures.push(...(await judge(each, "person", each, true)));
    return failures;
  });

  async function judge(
    each: HostileRequest,
    as: "stranger" | "person",
    sent: Sent,
    withSession: boolean,
  ): Promise<Failure[]> {
    const received = await exchange(gate, values.host, fill(sent, values, withSession));
    const saw = complaint(received, each.refused, values);
    return saw === undefined ? [] : [{ kind: each.kind, name: each.name, as, saw }];
  }
}

/** The controls, with the session. */
export async function sendControls(
  gate: Pick<Gate, "port" | "caFile">,
  list: readonly HostileRequest[],
  values: Values,
): Promise<Failure[]> {
  return concurrently(list, async ({ kind, name, control }) => {
    const received = await exchange(gate, values.host, fill(control, values, true));
    const last = received.answers.at(-1);
    const reached = last !== undefined && control.expect.some((outcome) => matches(last, outcome, values));
    const shown = !control.shows || editorMarks.some((mark) => mark.test(received.text));
    return reached && shown ? [] : [{ kind, name, as: "control", saw: describe(received) }];
  });
}

/** Four at a time: the machine is small, and the gate limits how often the sign-in is asked for. */
async function concurrently(
  list: readonly HostileRequest[],
  each: (request: HostileRequest) => Promise<readonly Failure[]>,
): Promise<Failure[]> {
  const left = [...list];
  const failures: Failure[] = [];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) failures.push(...(await each(next)));
  };
  await Promise.all(Array.from({ length: 4 }, work));
  return failures;
}

function fill(sent: Sent, values: Values, withSession: boolean): Sent {
  const put = (text: string) =>
    text.replaceAll(/\{(\w+)\}/g, (all, name: string) => values[name as keyof Values] ?? all);
  const { raw, headers, ...rest } = sent;
  const cookieLine = withSession ? "Cookie: {session}\r\n" : "";
  const fields = Object.entries(headers ?? {}).flatMap(([name, value]): [string, string][] => {
    if (value !== "{cookie}") return [[name, put(value)]];
    return withSession ? [[name, put("{session}")]] : [];
  });
  return {
    ...rest,
    ...(raw === undefined ? {} : { raw: put(raw.replaceAll("{cookie}\r\n", cookieLine)) }),
    ...(headers === undefined ? {} : { headers: Object.fromEntries(fields) }),
  };
}

function complaint(received: Received, allowed: readonly Outcome[], values: Values): string | undefined {
  const { answers, text } = received;
  const mark = editorMarks.find((each) => each.test(text));
  if (mark !== undefined) return `${mark} in ${describe(received)}`;
  if (answers.length === 0) return allowed.includes("closed") || allowed.includes(400) ? undefined : "no answer";
  const wrong = answers.find((answer) => !allowed.some((outcome) => matches(answer, outcome, values)));
  if (wrong !== undefined) return describe(received);
  const given = answers.find(({ headers }) => /^__Host-gatehouse=[^;\s]/m.test(headers["set-cookie"] ?? ""));
  return given === undefined ? undefined : `a session's cookie in ${describe(received)}`;
}

function matches(answer: WireAnswer, outcome: Outcome, values: Values): boolean {
  const location = answer.headers["location"];
  if (typeof outcome === "number") {
    if (answer.status !== outcome) return false;
    // A redirect that is no sign-in stays on this host.
    return location === undefined || sameHost(location, values);
  }
  if (outcome === "closed" || answer.status !== 302 || location === undefined || !URL.canParse(location)) return false;
  const { protocol, host, pathname, searchParams } = new URL(location);
  if (protocol !== "https:" || host !== values.login) return false;
  const own = `https://${values.host}`;
  if (outcome === "sign-out") {
    return pathname === "/logout" && searchParams.get("logout_uri") === `${own}/gatehouse/signed-out`;
  }
  if (pathname !== "/oauth2/authorize" || searchParams.get("redirect_uri") !== `${own}/oauth2/callback`) return false;
  // oauth2-proxy's state: a nonce, a colon, and where the person is sent in the end.
  const state = Buffer.from(searchParams.get("state") ?? "", "base64url").toString("utf8");
  return sameHost(state.slice(state.indexOf(":") + 1), values);
}

function sameHost(location: string, { host }: Values): boolean {
  const base = `https://${host}`;
  return URL.canParse(location, base) && new URL(location, base).origin === base;
}

function describe({ answers, text }: Received): string {
  if (answers.length === 0) return text === "" ? "no answer" : JSON.stringify(text.slice(0, 200));
  return answers
    .map(({ status, headers, body }) => `${status} ${headers["location"] ?? ""} ${JSON.stringify(body.slice(0, 120))}`)
    .join("; ");
}
