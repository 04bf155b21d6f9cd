/** Codes that are mailed: to confirm an account or to reset a password. */
import { randomInt } from "node:crypto";
import { attemptLimit, ServiceError } from "../errors.ts";
import type { CodePurpose, User, UserPool } from "../model.ts";
import type { Context } from "../operation.ts";
import { maskEmail } from "./description.ts";

const hour = 3_600_000;
const validity: Record<CodePurpose, number> = { confirmation: 24 * hour, passwordReset: hour };

export interface CodeDelivery {
  readonly Destination: string;
  readonly DeliveryMedium: "EMAIL";
  readonly AttributeName: "email";
}

/** Sends a new code; the one before is void. The user has an e-mail address (the caller has looked). */
export function sendCode(context: Context, pool: UserPool, user: User, purpose: CodePurpose): CodeDelivery {
  const destination = user.attributes.get("email") ?? "";
  const code = String(randomInt(1_000_000)).padStart(6, "0");
  const now = context.clock.now();
  user.codes.set(purpose, { code, expiresAt: now + validity[purpose] });
  context.outbox.put({
    userPoolId: pool.id,
    username: user.username,
    destination,
    medium: "EMAIL",
    kind: purpose,
    code,
    sentAt: now,
  });
  return simulatedDelivery(destination);
}

/** The answer that a user who does not exist gets, too. */
export function simulatedDelivery(address: string): CodeDelivery {
  return { Destination: maskEmail(address), DeliveryMedium: "EMAIL", AttributeName: "email" };
}

/** Times of wrong codes within the last hour. */
const mistakes = new WeakMap<User, number[]>();

/**
 * Takes a code, when `accept` doesn't throw: what a code is for can be refused to somebody who has it without using it up. After five wrong ones within an hour none is looked at (AWS: 5 to 20, by its judgement of the risk).
 */
export function redeemCode(
  user: User,
  purpose: CodePurpose,
  code: string,
  now: number,
  accept: () => void = () => undefined,
): void {
  const recent = (mistakes.get(user) ?? []).filter((time) => time > now - hour);
  if (recent.length >= 5) throw attemptLimit();
  const sent = user.codes.get(purpose);
  if (sent === undefined || now >= sent.expiresAt) {
    throw new ServiceError("ExpiredCodeException", "Invalid code provided, please request a code again.");
  }
  if (sent.code !== code) {
    mistakes.set(user, [...recent, now]);
    throw new ServiceError("CodeMismatchException", "Invalid verification code provided, please try again.");
  }
  accept();
  mistakes.delete(user);
  user.codes.delete(purpose);
}
