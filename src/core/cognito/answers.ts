/** What a person typed, made ready for Cognito, or refused before anybody is asked. */
import type { Problem } from "../errors.ts";
import type { Answer, Prompt } from "./prompt.ts";

/** The answer with its codes cleaned, or the problem with it. */
export function checkAnswer(prompt: Prompt, answer: Answer): { readonly answer: Answer } | Problem {
  if (answer.kind === "resend") {
    return prompt.kind === "confirmAccount" || prompt.kind === "resetPassword" ? { answer } : missing(fieldOf(prompt));
  }
  if (answer.kind !== prompt.kind) return missing(fieldOf(prompt));
  switch (answer.kind) {
    case "password":
      return answer.password === "" ? missing("password") : { answer };
    case "totp":
    case "enrolTotp": {
      const code = clean(answer.code);
      if (code === "") return missing("code");
      // Cognito takes six digits and nothing else; anything else isn't worth an attempt.
      return /^\d{6}$/.test(code) ? { answer: { ...answer, code } } : { code: "wrongCode" };
    }
    case "newPassword": {
      if (answer.password === "") return missing("password");
      const required = prompt.kind === "newPassword" ? prompt.requiredAttributes : [];
      const empty = required.find((name) => !answer.attributes?.[name]?.trim());
      return empty === undefined ? { answer } : missing(empty);
    }
    case "confirmAccount": {
      const code = clean(answer.code);
      return code === "" ? missing("code") : { answer: { ...answer, code } };
    }
    case "resetPassword": {
      const code = clean(answer.code);
      if (code === "") return missing("code");
      return answer.password === "" ? missing("password") : { answer: { ...answer, code } };
    }
  }
}

function fieldOf(prompt: Prompt): string {
  return prompt.kind === "password" || prompt.kind === "newPassword" ? "password" : "code";
}

/** Codes are copied with spaces (`123 456`) and typed with an input method's full-width digits. */
function clean(code: string): string {
  return code.normalize("NFKC").replace(/[\s-]/g, "");
}

function missing(field: string): Problem {
  return { code: "missingInput", params: { field } };
}
