import type { AuthAnswer, UserPool } from "../../src/core/cognito/userPool.ts";
import { GatehouseError } from "../../src/core/errors.ts";

/** What no pool of the emulator does: answers as told, in order, and remembers what it was asked. */
export class ScriptedPool implements UserPool {
  readonly asked: { readonly call: string; readonly values: Readonly<Record<string, string>> }[] = [];
  private readonly answers: (AuthAnswer | GatehouseError)[];

  constructor(...answers: readonly (AuthAnswer | GatehouseError)[]) {
    this.answers = [...answers];
  }

  private next(call: string, values: Readonly<Record<string, string>>): AuthAnswer {
    this.asked.push({ call, values });
    // The last answer goes for every further call.
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    if (answer === undefined || answer instanceof GatehouseError) throw answer ?? new GatehouseError("internal");
    return answer;
  }

  async initiateSrp(username: string, A: string): Promise<AuthAnswer> {
    return this.next("initiateSrp", { username, A });
  }

  async respond(name: string, responses: Readonly<Record<string, string>>): Promise<AuthAnswer> {
    return this.next(name, responses);
  }

  associateSoftwareToken = unexpected;
  verifySoftwareToken = unexpected;
  confirmSignUp = unexpected;
  resendConfirmation = unexpected;
  forgotPassword = unexpected;
  confirmForgotPassword = unexpected;
  refresh = unexpected;

  async revoke(refreshToken: string): Promise<void> {
    this.asked.push({ call: "revoke", values: { refreshToken } });
  }
}

async function unexpected(): Promise<never> {
  throw new GatehouseError("internal", { detail: "not in the script" });
}
