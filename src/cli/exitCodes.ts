/** Exit codes of every command but `exec`; docs/cli.md documents them. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** What is needed first is missing: nobody is signed in … */
  signedOut: 3,
  /** … or the configuration is missing or wrong. */
  notConfigured: 3,
  /** 128 + SIGINT, as shells have it. */
  cancelled: 130,
} as const;

/** `exec` leaves the usual codes to its command, as env(1) and timeout(1) do. */
export const execExitCodes = {
  /** Gatehouse itself failed; the command was not started. */
  failure: 125,
  notExecutable: 126,
  notFound: 127,
} as const;
