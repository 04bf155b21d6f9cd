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
    const problems = steps.flatMap(({ problem }) => problem ?? []);
    for (const problem of problems)
      process.stderr.write(
        `gatehouse: ${t("The refresh token could not be revoked: {why}", { why: describe(problem, t) })}\n`,
      );
    return problems.length === 0 ? exitCodes.ok : exitCodes.failure;
  } finally {
    client.dispose();
  }
}
