import { z } from "zod";
import type { SessionStore } from "./auth/sessions.ts";
import type { Clock } from "./clock.ts";
import { invalidParameter } from "./errors.ts";
import type { RoleKeys } from "./identity/roleKeys.ts";
import type { State, UserPool } from "./model.ts";
import type { Outbox } from "./outbox.ts";

/** What an operation works on. */
export interface Context {
  readonly state: State;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly sessions: SessionStore;
  readonly roleKeys: RoleKeys;
  /** From the request's credential scope; decides where a new pool lies. */
  readonly region: string;
  readonly issuerOf: (pool: UserPool) => string;
}

export interface Operation {
  /** `signed`: an IAM-authorised API; a SigV4 Authorization header has to be there (the key is not looked at). */
  readonly access: "public" | "signed";
  readonly run: (body: unknown, context: Context) => object | Promise<object>;
}

export type Operations = Readonly<Record<string, Operation>>;

/** An operation whose request is validated before it runs. */
export function operation<Schema extends z.ZodType>(
  access: Operation["access"],
  schema: Schema,
  run: (request: z.output<Schema>, context: Context) => object | Promise<object>,
): Operation {
  return {
    access,
    run(body, context) {
      const parsed = schema.safeParse(body);
      if (parsed.success) return run(parsed.data, context);
      throw invalidParameter(validationError(parsed.error.issues[0], body));
    },
  };
}

/** A value outside of an enumeration is named with what is allowed, as AWS does (moto's tests quote it); the rest in zod's words. */
function validationError(issue: z.core.$ZodIssue | undefined, body: unknown): string {
  const path = issue?.path ?? [];
  if (issue?.code !== "invalid_value") {
    return `1 validation error detected: Value at '${path.join(".")}' failed to satisfy constraint: ${issue?.message}`;
  }
  const value = path.reduce<unknown>(
    (parent, key) => (parent as Record<PropertyKey, unknown> | undefined)?.[key],
    body,
  );
  const given = value === undefined || value === null ? "null" : `'${String(value)}'`;
  const member = path.map((key) => String(key).replace(/^[A-Z]/, (letter) => letter.toLowerCase())).join(".");
  return `1 validation error detected: Value ${given} at '${member}' failed to satisfy constraint: Member must satisfy enum value set: [${issue.values.join(", ")}]`;
}

/** Request fields that many operations share. */
export const fields = {
  userPoolId: z.string().min(1),
  clientId: z.string().min(1),
  username: z.string().min(1).max(128),
  attributes: z
    .array(z.object({ Name: z.string().min(1).max(32), Value: z.string().max(2048).default("") }))
    .default([]),
  accessToken: z.string().min(1),
  secretHash: z.string().optional(),
};
