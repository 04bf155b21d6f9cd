/** The lines of nginx's configuration that begin a location behind the sign-in, which hands requests on to the editor or the agent. */
export function guardedLocations(configuration: string): string[] {
  const lines = configuration.split("\n");
  const begins = /^\s*location .*\{$/;
  return lines.filter((line, index) => {
    if (!begins.test(line)) return false;
    const after = lines.slice(index + 1);
    const body = after.slice(
      0,
      after.findIndex((each) => /^\s*\}$/.test(each) || begins.test(each)),
    );
    return body.some((each) => /proxy_pass http:\/\/(?:code_server|agent_callback);/.test(each));
  });
}
