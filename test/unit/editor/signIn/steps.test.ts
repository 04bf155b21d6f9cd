import assert from "node:assert/strict";
import type { Prompt } from "../../../../src/core/cognito/prompt.ts";
import { nextPosition, type Position } from "../../../../src/editor/signIn/steps.ts";

const username = "alice";
const password: Prompt = { kind: "password", username };
const totp: Prompt = { kind: "totp", username };
const newPassword: Prompt = { kind: "newPassword", username, requiredAttributes: ["name"] };

function positions(...prompts: Prompt[]): string[] {
  let before: { prompt: Prompt; position: Position } | undefined;
  return prompts.map((prompt) => {
    const position = nextPosition(prompt, before);
    before = { prompt, position };
    return `${position.first}/${position.total}`;
  });
}

describe("step numbers", () => {
  it("count user name, password and code as three", () => {
    assert.deepEqual(positions(password, totp), ["2/3", "3/3"]);
  });

  it("stay where a prompt is asked again", () => {
    assert.deepEqual(positions(password, password, totp, totp), ["2/3", "2/3", "3/3", "3/3"]);
  });

  it("make room for a new password with its repetition and what the organisation asks for", () => {
    assert.deepEqual(positions(password, newPassword, totp), ["2/3", "3/6", "6/6"]);
  });

  it("go back when the password is asked for once more", () => {
    assert.deepEqual(positions(password, { kind: "confirmAccount", username }, password, totp), [
      "2/3",
      "3/4",
      "2/3",
      "3/3",
    ]);
  });
});
