/** What the sentences of messages.ts are put together from. */
import type { Translate } from "./text.ts";

interface Service {
  readonly endpoint: string;
  readonly setting: string;
  readonly status: string;
  readonly detail: string;
}

export function describeService(
  code: "unreachable" | "tls" | "throttled" | "serverError",
  service: Service,
  t: Translate,
) {
  const endpoint = service.endpoint || t("Amazon Cognito");
  const because = service.detail ? ` (${service.detail})` : "";
  const where = service.setting ? ` ${t("The address comes from {setting}.", { setting: service.setting })}` : "";
  switch (code) {
    case "unreachable":
      return t("{endpoint} could not be reached{because}. Check the network.{where}", { endpoint, because, where });
    case "tls":
      return t(
        "{endpoint} has no certificate that this machine trusts{because}. Check the address and any proxy.{where}",
        {
          endpoint,
          because,
          where,
        },
      );
    case "throttled":
      return t("{endpoint} is answering too many requests now. Wait a minute, then try again.", { endpoint });
    case "serverError":
      return t("{endpoint} has a problem of its own{because}. Try again in a minute.{where}", {
        endpoint,
        because: service.status ? ` (HTTP ${service.status})` : "",
        where,
      });
  }
}

export function describeNoBrowser(setting: string, port: string, t: Translate): string {
  if (port && setting)
    return t(
      "Port {port} of localhost, where the browser comes back to, is taken. Free it, or choose another with {setting}.",
      { port, setting },
    );
  return setting
    ? t("Signing in with the browser is not configured. Set {setting}, or sign in with your password.", { setting })
    : t("Signing in with the browser is not possible here. Sign in with your password.");
}

export function describeConfiguration(key: string, source: string, allowed: string, t: Translate): string {
  const named = key || t("a key");
  if (source && allowed)
    return t("{key} in {source} is not valid. Allowed is: {allowed}", {
      key: named,
      source,
      allowed: sentence(allowed),
    });
  if (source) return t("{key} in {source} is not valid. Correct it.", { key: named, source });
  if (allowed)
    return t("The configuration of {key} is not valid. Allowed is: {allowed}", {
      key: named,
      allowed: sentence(allowed),
    });
  return t("The configuration of {key} is not valid. Correct it.", { key: named });
}

/** A code of a newer agent. The type says that it cannot be; the wire does not. */
export function unknown(code: never, t: Translate): string {
  return t("Something unexpected happened: {detail} Try again; if it stays so, report it with the log.", {
    detail: sentence(oneLine(String(code))),
  });
}

/** Foreign text (an SDK's, a server's) on one line of bearable length, braces taken out so that it cannot look like a gap. */
export function oneLine(text: string): string {
  const line = text
    .replace(/[\p{Cc}\s]+/gu, " ")
    .replace(/[{}]/g, "")
    .trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}

export function sentence(text: string): string {
  return /[.!?…。]$/.test(text) ? text : `${text}.`;
}
