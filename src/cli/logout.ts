import { signOut } from "../agent/protocol.ts";
import { describe } from "../core/messages.ts";
import { connectExisting } from "./connecting.ts";
import type { Context } from "./context.ts";
import { exitCodes } from "./exitCodes.ts";

/** `gatehouse logout`. */
export async function logout(context: Context): Promise<number> {
  const { process, t } = context;
  const client = await connectExisting(context);
  if (client === undefined) {
    process.stdout.write(`${t("Nobody was signed in.")}\n`);
    return exitCodes.ok;
  }
  try {
    const { steps } = await client.request(signOut);
    process.stdout.write(
      `${t("Signed out. Keys that were handed out already stay valid at AWS for up to an hour.")}\n`,
    );
    let code: number = exitCodes.ok;
    for (const { step, problem } of steps) {
      if (problem === undefined) continue;
      code = exitCodes.failure;
      const why = describe(problem, t);
      const sentence =
        step === "dropCredentials"
          ? t("What was kept of the session could not be removed: {why}", { why })
          : t("The refresh token could not be revoked: {why}", { why });
      process.stderr.write(`gatehouse: ${sentence}\n`);
    }
    return code;
  } finally {
    client.dispose();
  }
}
