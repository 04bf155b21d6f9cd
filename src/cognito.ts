import type { FromCognito, ToCognito } from "./agent/cognitoMessages.ts";
import { serveCognito } from "./agent/cognitoService.ts";

process.title = "gatehouse-cognito";
const receive = serveCognito((message: FromCognito) => {
  if (process.connected) process.send?.(message);
});
process.on("message", (message) => receive(message as ToCognito));
// Its agent ended it, or died.
process.on("disconnect", () => process.exit(0));
// A Ctrl-C in the agent's terminal is the agent's to judge.
process.on("SIGINT", () => {});
