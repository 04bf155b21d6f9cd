import type { Prompt } from "../../core/cognito/prompt.ts";

/** How many inputs a prompt takes. */
export function inputsOf(prompt: Prompt): number {
  if (prompt.kind === "newPassword") return 2 + prompt.requiredAttributes.length;
  return prompt.kind === "resetPassword" ? 3 : 1;
}

/** How many are likely to come after it: a code, unless this is the code. */
function expectedAfter(prompt: Prompt): number {
  return prompt.kind === "totp" || prompt.kind === "enrolTotp" ? 0 : 1;
}

/** Where a prompt stands: the number of its first input, and of all inputs as far as one can tell. The user name is 1. */
export interface Position {
  readonly first: number;
  readonly total: number;
}

export const usernamePosition: Position = { first: 1, total: 3 };

/** The position of the next prompt. A prompt that is asked again, and a password, keep their number. */
export function nextPosition(
  prompt: Prompt,
  before?: { readonly prompt: Prompt; readonly position: Position },
): Position {
  const first =
    before === undefined || prompt.kind === "password"
      ? 2
      : before.prompt.kind === prompt.kind
        ? before.position.first
        : before.position.first + inputsOf(before.prompt);
  return { first, total: first + inputsOf(prompt) - 1 + expectedAfter(prompt) };
}
