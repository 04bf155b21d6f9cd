/** What one key of host.json says about another. Works on values that the schema may have refused: answers nothing about those. */

/** The key that is wrong, and what is allowed there. */
export type Finding = readonly [key: string, allowed: string];

type Json = Readonly<Record<string, unknown>>;

export function crossChecks(value: unknown): Finding[] {
  const file = object(value);
  const cognito = object(file["cognito"]);
  const gate = object(file["gate"]);
  const found: Finding[] = poolChecks(cognito);
  const add = (wrong: boolean, key: string, allowed: string): void => {
    if (wrong) found.push([key, allowed]);
  };
  const { domain, user, lab } = file;
  add(
    typeof domain === "string" && domain === cognito["domain"],
    "cognito.domain",
    "managed login's host name, which is another than domain",
  );
  add(
    typeof gate["clientId"] === "string" && gate["clientId"] === cognito["clientId"],
    "gate.clientId",
    "the gate's own app client, which has a secret: another than cognito.clientId",
  );
  add(
    file["gate"] !== undefined && isEmpty(gate["allowedEmails"]) && isEmpty(gate["allowedGroups"]),
    "gate.allowedEmails",
    "at least one e-mail address here, or one group in gate.allowedGroups: else nobody could come in",
  );
  const { refreshMinutes = 60, sessionHours = 72 } = gate;
  add(
    isPositive(refreshMinutes) && isPositive(sessionHours) && refreshMinutes >= sessionHours * 60,
    "gate.refreshMinutes",
    "a time that is shorter than gate.sessionHours",
  );
  const others = file["metadataUsers"];
  add(
    typeof user === "string" && Array.isArray(others) && others.includes(user),
    "metadataUsers",
    "users other than the IDE's: it must not reach the instance's own credentials",
  );
  for (const name of ["codeServer", "oauth2Proxy"]) {
    const url = object(object(file["pins"])[name])["url"];
    add(
      typeof url === "string" && url.startsWith("file:") && lab !== true,
      `pins.${name}.url`,
      "an https address; a file only where lab is true",
    );
  }
  return found;
}

/** A pool is in the region that its id begins with. */
export function poolChecks(value: unknown): Finding[] {
  const { region, userPoolId, identityPoolId } = object(value);
  if (typeof region !== "string" || !/^[a-z0-9-]+$/.test(region)) return [];
  const checks = [
    ["cognito.userPoolId", userPoolId, `${region}_`],
    ["cognito.identityPoolId", identityPoolId, `${region}:`],
  ] as const;
  return checks.flatMap(([key, id, start]) =>
    typeof id !== "string" || id.startsWith(start)
      ? []
      : [[key, `an id in the region ${region}, so one that begins with ${start}`] as const],
  );
}

/** Nothing, or nothing in it. What is no list is the schema's to refuse. */
function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function isPositive(value: unknown): value is number {
  return typeof value === "number" && value > 0;
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
