import { randomBytes } from "node:crypto";
import { createEphemeral, type PasswordChallenge, signPasswordClaim, timestamp } from "../../src/core/cognito/srp.ts";
import { foreignSignatures, N } from "../foreignClients/srp.ts";
import { inTurn, ms, type Row, times } from "./measure.ts";

/** What a client computes in one sign-in: its ephemeral pair and the claim's signature. */
export async function srp(rounds: number): Promise<Row[]> {
  const challenge: PasswordChallenge = {
    poolName: "Ab3dEf9hI",
    userId: "6f1e0f5c-30c1-70f8-9e6f-2d1c5a3b7e44",
    password: "Correct-Horse-7",
    salt: randomBytes(16).toString("hex"),
    B: (BigInt(`0x${randomBytes(384).toString("hex")}`) % N).toString(16),
    secretBlock: randomBytes(600).toString("base64"),
    timestamp: timestamp(Date.now()),
  };
  const { own, ...foreign } = await inTurn(rounds, {
    own: () => signPasswordClaim(createEphemeral(), challenge),
    ...Object.fromEntries(Object.entries(foreignSignatures).map(([name, sign]) => [name, () => sign(challenge)])),
  });
  return Object.entries(foreign as Record<string, number>).map(([name, theirs]) => ({
    what: `SRP sign-in computation against ${name}`,
    measured: ms(own),
    against: `${times(theirs / own)} faster (${ms(theirs)})`,
    goal: "≥ 5×",
    reached: theirs / own >= 5,
  }));
}
