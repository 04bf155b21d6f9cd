import type { workspace as workspaceApi } from "vscode";
import type { Settings } from "../../agent/protocol.ts";
import { settings } from "../../manifest.ts";

export type TerminalCredentials = "endpoint" | "environment" | "off";

export interface EditorSettings {
  /** For the agent; what is empty is left out. */
  readonly cognito: Settings;
  /** Empty: the region of host.json or of the user pool. */
  readonly awsRegion: string;
  readonly terminalCredentials: TerminalCredentials;
  readonly signInAutomatically: boolean;
}

/** What package.json names as defaults; a test holds the two equal. */
export const settingDefaults: Readonly<Record<string, string | number | boolean>> = {
  [settings.region]: "",
  [settings.userPoolId]: "",
  [settings.clientId]: "",
  [settings.identityPoolId]: "",
  [settings.userPoolEndpoint]: "",
  [settings.identityPoolEndpoint]: "",
  [settings.domain]: "",
  [settings.callbackPort]: 14283,
  [settings.signInAutomatically]: false,
  [settings.awsRegion]: "",
  [settings.terminalCredentials]: "endpoint",
};

/** The settings of this moment. Never throws: a value of a wrong type counts as its default, the agent judges the rest. */
export function readSettings(workspace: Pick<typeof workspaceApi, "getConfiguration">): EditorSettings {
  const configuration = workspace.getConfiguration();
  const text = (key: string): string => {
    const value: unknown = configuration.get(key);
    return typeof value === "string" ? value.trim() : String(settingDefaults[key] ?? "");
  };
  const callbackPort: unknown = configuration.get(settings.callbackPort);
  const cognito = {
    region: text(settings.region),
    userPoolId: text(settings.userPoolId),
    clientId: text(settings.clientId),
    identityPoolId: text(settings.identityPoolId),
    userPoolEndpoint: text(settings.userPoolEndpoint),
    identityPoolEndpoint: text(settings.identityPoolEndpoint),
    domain: text(settings.domain),
  };
  const mode = text(settings.terminalCredentials);
  return {
    cognito: {
      ...Object.fromEntries(Object.entries(cognito).filter(([, value]) => value !== "")),
      ...(typeof callbackPort === "number" && callbackPort !== settingDefaults[settings.callbackPort]
        ? { callbackPort }
        : {}),
    },
    awsRegion: text(settings.awsRegion),
    terminalCredentials: mode === "environment" || mode === "off" ? mode : "endpoint",
    signInAutomatically: configuration.get(settings.signInAutomatically) === true,
  };
}
