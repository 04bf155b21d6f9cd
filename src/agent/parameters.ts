/** What the server takes as parameters. Unknown keys are dropped: a newer client may send more. */
import * as z from "zod/mini";
import type { Answer, HelloParams, Settings } from "./protocol.ts";
import { errorCodes, ProtocolError } from "./serverConnection.ts";

const text = (longest: number) => z.string().check(z.maxLength(longest));
const secret = text(1024);
const code = text(64);

const helloParams = z.object({
  protocol: z.int().check(z.minimum(1)),
  client: z.enum(["editor", "cli"]),
  version: text(64),
});

const settings = z.object({
  region: z.optional(text(64)),
  userPoolId: z.optional(text(256)),
  clientId: z.optional(text(256)),
  identityPoolId: z.optional(text(256)),
  userPoolEndpoint: z.optional(text(2048)),
  identityPoolEndpoint: z.optional(text(2048)),
  domain: z.optional(text(256)),
  callbackPort: z.optional(z.number()),
});

const answer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("password"), password: secret }),
  z.object({ kind: z.literal("totp"), code }),
  z.object({ kind: z.literal("enrolTotp"), code }),
  z.object({
    kind: z.literal("newPassword"),
    password: secret,
    attributes: z.optional(z.record(text(128), text(2048))),
  }),
  z.object({ kind: z.literal("confirmAccount"), code }),
  z.object({ kind: z.literal("resetPassword"), code, password: secret }),
  z.object({ kind: z.literal("resend") }),
]);

/** A reader that answers the parameters, typed, or throws InvalidParams. The message names keys, never values. */
function reader<T>(schema: z.ZodMiniType): (params: unknown) => T {
  return (params) => {
    const result = z.safeParse(schema, params);
    if (result.success) return result.data as T;
    const keys = result.error.issues.map(({ path, code }) => `${path.join(".") || "parameters"}: ${code}`);
    throw new ProtocolError(errorCodes.invalidParams, `invalid parameters (${keys.slice(0, 5).join(", ")})`);
  };
}

export const parameters = {
  hello: reader<HelloParams>(helloParams),
  settings: reader<Settings>(settings),
  startSignIn: reader<{ username: string }>(z.object({ username: text(256) })),
  answerSignIn: reader<{ flow: string; answer: Answer }>(z.object({ flow: text(64), answer })),
  startBrowserSignIn: reader<{ language?: "en" | "ja" }>(z.object({ language: z.optional(z.enum(["en", "ja"])) })),
  awaitBrowserSignIn: reader<{ flow: string }>(z.object({ flow: text(64) })),
  cancelSignIn: reader<{ flow: string }>(z.object({ flow: text(64) })),
  chooseRole: reader<{ role: string }>(z.object({ role: text(2048) })),
} as const;
