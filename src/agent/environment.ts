type Environment = Readonly<Record<string, string | undefined>>;

/** Whom Node trusts: a company's own authority is in the system's store, or in a file. */
const trust = "NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA|SSL_CERT_FILE|SSL_CERT_DIR";
const common = `HOME|PATH|LANG|LC_ALL|TZ|TMPDIR|MALLOC_ARENA_MAX|${trust}|https?_proxy|no_proxy`;
const forAgent = new RegExp(`^(${common}|XDG_\\w+|GATEHOUSE_\\w+)$`, "i");
const forCognito = new RegExp(`^(${common})$`, "i");

/** What an agent is told of its starter's environment: no NODE_OPTIONS, no AWS_*, nothing of the workspace. */
export function agentEnvironment(environment: Environment): Record<string, string | undefined> {
  return only(forAgent, environment);
}

/** What its process for Cognito is told of an agent's: nothing of systemd's either, neither sockets nor credentials' paths. */
export function cognitoEnvironment(environment: Environment): Record<string, string | undefined> {
  return only(forCognito, environment);
}

function only(kept: RegExp, environment: Environment): Record<string, string | undefined> {
  const entries = Object.entries(environment).filter(([name]) => kept.test(name));
  // Inside desktop VS Code, the "Node" is Electron.
  return { ...Object.fromEntries(entries), ELECTRON_RUN_AS_NODE: "1" };
}
