import type { FromCognito, ToCognito } from "./agent/cognitoMessages.ts";
import { serveCognito } from "./agent/cognitoService.ts";

process.title = "gatehouse-cognito";
const receive = serveCognito((message: FromCognito) => {
  if (process.connected) process.send?.(message);
});
process.on("message", (message) => receive(message as ToCognito));
// Its agent ended it, or died.
process.on("disconnect", () => process.exit(0));
// A Ctrl-C in the agent's terminal, and systemd's signal to a whole unit, are the agent's to judge: it may wait for an answer.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
