/** What the soak repeats, and how its table calls the figures that tests record (test/host/counts.ts). */

/** How often: `--OPTION N`, handed to the tests as GATEHOUSE_OPTION. */
export const repetitions: Readonly<Record<string, number>> = {
  rotations: 1000,
  // Each needs a sign-in, and so a code that was not used: half a minute.
  "agent-kills": 40,
  "extension-host-kills": 20,
  reloads: 50,
  "apply-kills": 20,
  "host-kills": 20,
  reboots: 5,
  // More than there are commands: every one.
  cuts: 1000,
};

export function variableOf(option: string): string {
  return `GATEHOUSE_${option.toUpperCase().replaceAll("-", "_")}`;
}

const names: Readonly<Record<string, string>> = {
  rotations: "credentials rotated under a loop of AWS calls",
  reloads: "window reloaded under the loop",
  extensionHostKills: "extension host killed under the loop",
  calls: "AWS calls of the loop, not one failed",
  applyKills: "`gatehouse host apply` killed with -9 half-way, completed by the next run",
  agentKills: "agent killed with -9 while signed in",
  medianRestartMs: "time from the kill until another agent answered a client, median, ms",
  slowestRestartMs: "the same, longest, ms",
  restartsOverASecond: "of these over a second, and so done again",
  provisionCuts: "provision.sh killed at a command, completed by the next run",
  upgradeCuts: "upgrade by provision.sh killed at a command: one version whole, completed by the next run",
  callsUnderKills: "AWS calls under kills of the host's parts, not one failed",
  clickToCredentialsMs: "time from the click to AWS credentials, ms",
};

/** Parts of the host, as their figures begin. */
const parts: Readonly<Record<string, string>> = {
  nginx: "nginx",
  nginxWorkers: "nginx's workers",
  oauth2Proxy: "oauth2-proxy",
  redis: "redis",
  agentService: "the agent's service",
  codeServer: "code-server",
  host: "the host",
};

const ofParts: Readonly<Record<string, (part: string) => string>> = {
  Kills: (part) => `${part} ${part === parts["host"] ? "restarted" : "killed with -9"} under a working editor`,
  MedianMs: (part) => `time until ${part} was back, median, ms`,
  SlowestMs: () => "the same, longest, ms",
  WindowMs: () => "time until the editor's window worked again, longest, ms",
};

/** A figure's name for people; as it was recorded where it has none. */
export function nameOf(figure: string): string {
  const [, part = "", kind = ""] = /^(\w+?)(Kills|MedianMs|SlowestMs|WindowMs)$/.exec(figure) ?? [];
  const known = parts[part];
  return names[figure] ?? (known && ofParts[kind]?.(known)) ?? figure;
}
