/** Which pools the agent works with: host.json where there is one, else what an editor sent. */
import { type CognitoConfiguration, configurationKeys } from "../core/cognito/configuration.ts";
import {
  type BrowserPlace,
  callbackPath,
  defaultCallbackPort,
  loopbackRedirectUri,
} from "../core/cognito/managedLogin.ts";
import { GatehouseError, type Problem } from "../core/errors.ts";
import { type HostFile, parseSettings, readHostFile } from "../core/host/hostFile.ts";
import type { ConfigurationView, Settings } from "./protocol.ts";

export interface Configuration {
  /** Replaces the settings; a service agent doesn't take any. */
  configure(settings: Settings): void;
  view(): ConfigurationView;
  /** @throws GatehouseError notConfigured | configurationInvalid, the first of what is wrong */
  cognito(): CognitoConfiguration;
  /** Where managed login can send a browser back to. @throws GatehouseError browserSignInUnavailable, and as `cognito` does */
  browserPlace(): BrowserPlace;
}

export interface ConfigurationDependencies {
  readonly mode: "service" | "user";
  /** GATEHOUSE_CONFIG or /etc/gatehouse/host.json. Read at each question: it changes with an upgrade of the host. */
  readonly hostFile: string;
  /** Whether a service was handed the socket that the gate's callback page leads to. */
  readonly callbackSocket: boolean;
}

type Current =
  | {
      readonly source: "host.json" | "settings";
      readonly cognito: CognitoConfiguration;
      readonly host?: HostFile;
    }
  | { readonly problems: readonly Problem[] };

export function createConfiguration(deps: ConfigurationDependencies): Configuration {
  let settings: Settings = {};

  const current = (): Current => {
    const host = readHostFile(deps.hostFile);
    if (host.state === "invalid") return { problems: host.problems };
    if (host.state === "valid" && host.file.cognito !== undefined) {
      return { source: "host.json", cognito: host.file.cognito, host: host.file };
    }
    if (deps.mode === "service") return { problems: [notConfigured(["cognito"])] };
    const missing = (["region", "userPoolId", "clientId"] as const).filter((key) => settings[key] === undefined);
    if (missing.length > 0) return { problems: [notConfigured(missing.map((key) => configurationKeys[key]))] };
    const parsed = parseSettings(settings, "settings");
    return "problems" in parsed ? parsed : { source: "settings", cognito: parsed.configuration };
  };

  const cognito = (): Extract<Current, { cognito: unknown }> => {
    const now = current();
    if ("cognito" in now) return now;
    const [problem] = now.problems;
    throw new GatehouseError(problem?.code ?? "notConfigured", problem?.params);
  };

  const browserPlace = (now: Extract<Current, { cognito: unknown }>): BrowserPlace => {
    const unavailable = (setting: string) => new GatehouseError("browserSignInUnavailable", { setting });
    if (now.cognito.domain === undefined) throw unavailable(configurationKeys.domain);
    if (deps.mode === "user") {
      const port = now.cognito.callbackPort ?? defaultCallbackPort;
      return { kind: "loopback", redirectUri: loopbackRedirectUri(port), port };
    }
    if (!deps.callbackSocket) throw new GatehouseError("browserSignInUnavailable");
    const { domain, gate } = now.host ?? {};
    if (domain === undefined) throw unavailable("domain");
    const redirectUri = `https://${domain}${callbackPath}`;
    return { kind: "gate", redirectUri, unverifiedEmail: gate?.unverifiedEmail === true };
  };

  const canUseBrowser = (now: Extract<Current, { cognito: unknown }>): boolean => {
    try {
      return browserPlace(now) !== undefined;
    } catch {
      return false;
    }
  };

  return {
    configure(sent) {
      if (deps.mode === "service") return;
      // An empty setting is one that is not set.
      const set = Object.entries(sent).filter(([, value]) => value !== undefined && value !== "");
      settings = Object.fromEntries(set);
    },
    view() {
      const now = current();
      if ("problems" in now) return { ok: false, problems: now.problems };
      const { region, userPoolId, clientId, identityPoolId } = now.cognito;
      const pool = identityPoolId === undefined ? {} : { identityPoolId };
      return {
        ok: true,
        source: now.source,
        region,
        userPoolId,
        clientId,
        ...pool,
        ...(now.host?.awsRegion && { awsRegion: now.host.awsRegion }),
        browserSignIn: canUseBrowser(now),
      };
    },
    cognito: () => cognito().cognito,
    browserPlace: () => browserPlace(cognito()),
  };
}

function notConfigured(settings: readonly string[]): Problem {
  return { code: "notConfigured", params: { settings: settings.join(", ") } };
}
