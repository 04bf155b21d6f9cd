/** Kinds of nonsense in host.json, as data: run against the schema by a unit test, and against `gatehouse host apply` on a host. */

export interface Nonsense {
  readonly name: string;
  /** What replaces or adds keys of a good file, by their path; undefined removes one. */
  readonly change?: Readonly<Record<string, unknown>>;
  /** In place of a file made from a good one. */
  readonly text?: string;
  /** The key that the one problem names; absent where it names the file itself. */
  readonly key?: string;
  /** In what the problem says is allowed. */
  readonly allowed: RegExp;
}

/** A host.json that `host apply` takes. */
export const goodHostFile = {
  version: 1,
  domain: "ide.example.com",
  gateway: "oauth2-proxy",
  profile: "strict",
  user: "developer",
  folder: "/home/developer/environment",
  awsRegion: "eu-central-1",
  cognito: {
    region: "eu-central-1",
    userPoolId: "eu-central-1_AbCdEfGhI",
    clientId: "1terminals23456789",
    identityPoolId: "eu-central-1:01234567-89ab-cdef-0123-456789abcdef",
    domain: "login.example.com",
  },
  gate: {
    clientId: "2gate3456789",
    allowedEmails: ["alice@example.com", "bob.b+ide@example.com"],
    allowedGroups: ["developers", "開発者"],
    unverifiedEmail: false,
    sessionHours: 72,
    refreshMinutes: 60,
  },
  certificate: { name: "ide.example.com" },
  http2: true,
  metadataUsers: ["cwagent"],
  packages: ["gcc", "gcc-c++"],
  pins: {
    codeServer: { version: "4.141.1", url: "https://example.com/code-server.tar.gz", sha256: "0".repeat(64) },
  },
  lab: false,
};

const pin = goodHostFile.pins.codeServer;
const bell = String.fromCharCode(7);

export const nonsense: readonly Nonsense[] = [
  { name: "an empty file", text: "", allowed: /^JSON/ },
  { name: "half a file", text: '{"version": 1, "dom', allowed: /^JSON/ },
  { name: "a comment", text: '{ // mine\n "version": 1 }', allowed: /^JSON/ },
  { name: "a list", text: "[]", allowed: /a JSON object/ },
  { name: "an unknown key", change: { domian: "ide.example.com" }, key: "domian", allowed: /one of .*domain/ },
  { name: "an unknown key of the gate", change: { "gate.emails": [] }, key: "gate.emails", allowed: /allowedEmails/ },
  { name: "an unknown pin", change: { "pins.nginx": pin }, key: "pins.nginx", allowed: /codeServer/ },
  {
    name: "an unknown key of a pin",
    change: { "pins.codeServer.md5": "x" },
    key: "pins.codeServer.md5",
    allowed: /sha256/,
  },
  { name: "another version", change: { version: 2 }, key: "version", allowed: /^1$/ },
  { name: "no domain", change: { domain: undefined }, key: "domain", allowed: /host name/ },
  { name: "a domain in upper case", change: { domain: "IDE.example.com" }, key: "domain", allowed: /lower case/ },
  {
    name: "a domain that ends a directive",
    change: { domain: "ide.example.com; return 200" },
    key: "domain",
    allowed: /host name/,
  },
  { name: "a domain with a line break", change: { domain: "ide.example.com\nx" }, key: "domain", allowed: /host name/ },
  {
    name: "a domain with a line break at its end",
    change: { domain: "ide.example.com\n" },
    key: "domain",
    allowed: /host name/,
  },
  { name: "a domain with a port", change: { domain: "ide.example.com:8443" }, key: "domain", allowed: /host name/ },
  { name: "an address for a domain", change: { domain: "192.0.2.1" }, key: "domain", allowed: /host name/ },
  { name: "a wildcard", change: { domain: "*.example.com" }, key: "domain", allowed: /host name/ },
  { name: "a variable of nginx", change: { domain: "$host.example.com" }, key: "domain", allowed: /host name/ },
  { name: "an unknown gateway", change: { gateway: "apache" }, key: "gateway", allowed: /oauth2-proxy/ },
  {
    name: "a gateway that isn't built yet",
    change: { gateway: "alb" },
    key: "gateway",
    allowed: /no other gateway yet/,
  },
  { name: "an unknown profile", change: { profile: "Strict" }, key: "profile", allowed: /"strict" or "developer"/ },
  { name: "root as user", change: { user: "root" }, key: "user", allowed: /ordinary user/ },
  { name: "a system user", change: { user: "www-data" }, key: "user", allowed: /ordinary user/ },
  { name: "a user of Gatehouse's", change: { user: "gatehouse-agent" }, key: "user", allowed: /ordinary user/ },
  { name: "a user in upper case", change: { user: "Developer" }, key: "user", allowed: /lower case/ },
  { name: "a specifier of systemd as user", change: { user: "dev%n" }, key: "user", allowed: /ordinary user/ },
  { name: "no user", change: { user: undefined }, key: "user", allowed: /ordinary user/ },
  { name: "a relative folder", change: { folder: "environment" }, key: "folder", allowed: /absolute path/ },
  {
    name: "a folder that leads upwards",
    change: { folder: "/home/developer/../alice" },
    key: "folder",
    allowed: /absolute/,
  },
  { name: "a folder with spaces", change: { folder: "/home/developer/my work" }, key: "folder", allowed: /absolute/ },
  { name: "a folder that runs a command", change: { folder: "/home/$(id)" }, key: "folder", allowed: /absolute/ },
  {
    name: "a folder with a slash at its end",
    change: { folder: "/home/developer/" },
    key: "folder",
    allowed: /absolute/,
  },
  {
    name: "a folder of the system's",
    change: { folder: "/etc/gatehouse" },
    key: "folder",
    allowed: /no system folder/,
  },
  { name: "a region that is none", change: { awsRegion: "Frankfurt" }, key: "awsRegion", allowed: /AWS region/ },
  {
    name: "a pool of another region",
    change: { "cognito.userPoolId": "us-east-1_AbCdEfGhI" },
    key: "cognito.userPoolId",
    allowed: /begins with eu-central-1_/,
  },
  {
    name: "an identity pool of another region",
    change: { "cognito.identityPoolId": "us-east-1:01234567-89ab-cdef-0123-456789abcdef" },
    key: "cognito.identityPoolId",
    allowed: /begins with eu-central-1:/,
  },
  { name: "no pools", change: { cognito: undefined }, key: "cognito", allowed: /userPoolId/ },
  { name: "no managed login", change: { "cognito.domain": undefined }, key: "cognito.domain", allowed: /login/ },
  {
    name: "managed login under the host's own name",
    change: { "cognito.domain": "ide.example.com" },
    key: "cognito.domain",
    allowed: /another than domain/,
  },
  {
    name: "managed login with a scheme",
    change: { "cognito.domain": "https://login.example.com" },
    key: "cognito.domain",
    allowed: /host name/,
  },
  {
    name: "managed login with a port",
    change: { "cognito.domain": "login.localhost:8080" },
    key: "cognito.domain",
    allowed: /host name/,
  },
  {
    name: "a secret in the file",
    change: { "cognito.clientSecret": "x".repeat(40) },
    key: "cognito.clientSecret",
    allowed: /nothing/,
  },
  { name: "no gate", change: { gate: undefined }, key: "gate", allowed: /clientId/ },
  {
    name: "the terminals' client at the gate",
    change: { "gate.clientId": "1terminals23456789" },
    key: "gate.clientId",
    allowed: /another than cognito.clientId/,
  },
  {
    name: "a client that ends a text",
    change: { "gate.clientId": 'x"\ncookie_secure=false' },
    key: "gate.clientId",
    allowed: /app client id/,
  },
  {
    name: "nobody who may come in",
    change: { "gate.allowedEmails": [], "gate.allowedGroups": [] },
    key: "gate.allowedEmails",
    allowed: /at least one/,
  },
  {
    name: "everybody may come in",
    change: { "gate.allowedEmails": ["*"] },
    key: "gate.allowedEmails",
    allowed: /e-mail addresses/,
  },
  {
    name: "an e-mail in upper case",
    change: { "gate.allowedEmails": ["Alice@example.com"] },
    key: "gate.allowedEmails",
    allowed: /lower case/,
  },
  {
    name: "an e-mail twice",
    change: { "gate.allowedEmails": ["a@example.com", "a@example.com"] },
    key: "gate.allowedEmails",
    allowed: /each once/,
  },
  {
    name: "two e-mails in one",
    change: { "gate.allowedEmails": ["a@example.com\neve@example.com"] },
    key: "gate.allowedEmails",
    allowed: /e-mail/,
  },
  {
    name: "an e-mail for a list",
    change: { "gate.allowedEmails": "a@example.com" },
    key: "gate.allowedEmails",
    allowed: /a list/,
  },
  {
    name: "a group with a quote",
    change: { "gate.allowedGroups": ['x"]'] },
    key: "gate.allowedGroups",
    allowed: /without spaces/,
  },
  {
    name: "a group with a space",
    change: { "gate.allowedGroups": ["the developers"] },
    key: "gate.allowedGroups",
    allowed: /without spaces/,
  },
  {
    name: "a group with a backslash",
    change: { "gate.allowedGroups": ["x\\"] },
    key: "gate.allowedGroups",
    allowed: /without spaces/,
  },
  {
    name: "a group with a control character",
    change: { "gate.allowedGroups": [`x${bell}`] },
    key: "gate.allowedGroups",
    allowed: /Cognito groups/,
  },
  {
    name: "a text for a condition",
    change: { "gate.unverifiedEmail": "false" },
    key: "gate.unverifiedEmail",
    allowed: /true or false/,
  },
  {
    name: "a session of no hours",
    change: { "gate.sessionHours": 0 },
    key: "gate.sessionHours",
    allowed: /from 1 to 720/,
  },
  {
    name: "a session without end",
    change: { "gate.sessionHours": 1e9 },
    key: "gate.sessionHours",
    allowed: /from 1 to 720/,
  },
  { name: "half an hour", change: { "gate.sessionHours": 1.5 }, key: "gate.sessionHours", allowed: /whole number/ },
  {
    name: "hours as a text",
    change: { "gate.sessionHours": "72h" },
    key: "gate.sessionHours",
    allowed: /whole number/,
  },
  {
    name: "a refresh each second",
    change: { "gate.refreshMinutes": 0.02 },
    key: "gate.refreshMinutes",
    allowed: /whole number/,
  },
  {
    name: "a refresh after the end",
    change: { "gate.sessionHours": 1, "gate.refreshMinutes": 90 },
    key: "gate.refreshMinutes",
    allowed: /shorter than/,
  },
  {
    name: "a certificate elsewhere",
    change: { "certificate.name": "../../root" },
    key: "certificate.name",
    allowed: /letsencrypt/,
  },
  { name: "a text for HTTP/2", change: { http2: "off" }, key: "http2", allowed: /true or false/ },
  {
    name: "metadata for the IDE's user",
    change: { metadataUsers: ["developer"] },
    key: "metadataUsers",
    allowed: /other than the IDE's/,
  },
  {
    name: "a set of nftables' as user",
    change: { metadataUsers: ["cwagent, 0-65535"] },
    key: "metadataUsers",
    allowed: /users beside root/,
  },
  {
    name: "an option for a package",
    change: { packages: ["--allow-unauthenticated"] },
    key: "packages",
    allowed: /package names/,
  },
  { name: "a command for a package", change: { packages: ["gcc;reboot"] }, key: "packages", allowed: /package names/ },
  {
    name: "a short checksum",
    change: { "pins.codeServer.sha256": "abc" },
    key: "pins.codeServer.sha256",
    allowed: /64 digits/,
  },
  {
    name: "no checksum",
    change: { "pins.codeServer.sha256": undefined },
    key: "pins.codeServer.sha256",
    allowed: /SHA-256/,
  },
  {
    name: "a download without TLS",
    change: { "pins.codeServer.url": "http://example.com/x.tar.gz" },
    key: "pins.codeServer.url",
    allowed: /https/,
  },
  {
    name: "a file outside the lab",
    change: { "pins.codeServer.url": "file:///root/x.tar.gz" },
    key: "pins.codeServer.url",
    allowed: /only where lab is true/,
  },
  {
    name: "a range for a version",
    change: { "pins.codeServer.version": "^4.141.1" },
    key: "pins.codeServer.version",
    allowed: /three numbers/,
  },
  { name: "null", change: { cognito: null }, key: "cognito", allowed: /a JSON object/ },
  {
    name: "an own prototype",
    text: JSON.stringify(goodHostFile).replace("{", '{"__proto__":{"lab":true},'),
    key: "__proto__",
    allowed: /one of/,
  },
];

/** The file that the nonsense makes, as text. */
export function nonsenseText({ change = {}, text }: Nonsense, good: object = goodHostFile): string {
  if (text !== undefined) return text;
  const file = structuredClone(good) as Record<string, unknown>;
  for (const [path, value] of Object.entries(change)) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    const parent = keys.reduce((at, key) => {
      at[key] ??= {};
      return at[key] as Record<string, unknown>;
    }, file);
    parent[last] = value;
  }
  return JSON.stringify(file, null, 2);
}
