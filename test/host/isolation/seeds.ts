/** A host with secrets on it: somebody is signed in to AWS. What they are is read by root. */
import assert from "node:assert/strict";
import type { HostLab } from "../../lab/host/hostLab.ts";
import { Authenticator } from "../authenticator.ts";

const certificateKey = "/etc/letsencrypt/live/ide.gatehouse.localhost/privkey.pem";

/** Signs Alice in, and answers each secret by its name: its bytes in hexadecimal. */
export async function seedSecrets(lab: HostLab, user: string): Promise<Record<string, string>> {
  const { username, password, totpSecret } = lab.pool.enrolled;
  const code = await new Authenticator(totpSecret).code();
  await lab.run(["gatehouse", "login", username, "--stdin"], { user, input: `${password}\n${code}\n` });
  const read = async (path: string) =>
    (await lab.run(["python3", "-c", `print(open("${path}", "rb").read().hex())`])).stdout.trim();
  const snapshot = JSON.parse(Buffer.from(await read("/run/gatehouse-agent/session.json"), "hex").toString());
  const { tokens, credentials } = snapshot.session;
  const texts = {
    "refresh token": tokens.refreshToken,
    "access token": tokens.accessToken,
    "id token": tokens.idToken,
    "AWS secret key": credentials.secretAccessKey,
    "AWS session token": credentials.sessionToken,
    "certificate's key": Buffer.from(await read(certificateKey), "hex")
      .toString()
      .split("\n")[1],
  };
  const secrets: Record<string, string> = {
    "client secret": await read("/etc/gatehouse/secrets/client-secret"),
    "cookie secret": await read("/etc/gatehouse/secrets/cookie-secret"),
  };
  for (const [label, text] of Object.entries(texts)) {
    assert.ok(typeof text === "string" && text.length > 15, label);
    secrets[label] = Buffer.from(text).toString("hex");
  }
  return secrets;
}
