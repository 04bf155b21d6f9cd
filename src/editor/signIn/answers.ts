import type { Answer, Prompt } from "../../core/cognito/prompt.ts";
import type { Problem } from "../../core/errors.ts";
import { describe } from "../../core/messages.ts";
import type { Translate } from "../../core/text.ts";
import type { Asker, Question, QuestionButton } from "./question.ts";
import type { Position } from "./steps.ts";

export interface AnswerDeps {
  readonly asker: Asker;
  readonly t: Translate;
  readonly copy: (text: string) => void;
  readonly showQrCode: () => Promise<void>;
}

export interface Asked {
  readonly prompt: Prompt;
  readonly position: Position;
  /** What was wrong with the answer before. */
  readonly problem?: Problem | undefined;
  /** Why this is asked (again), where nothing was wrong. */
  readonly notice?: Problem | undefined;
  /** What was sent before, to be corrected. */
  readonly before?: Answer | undefined;
}

export type Answered = Answer | "back" | "closed";

/** Asks for everything that a prompt wants. */
export function askAnswer(deps: AnswerDeps, asked: Asked): Promise<Answered> {
  const { prompt } = asked;
  switch (prompt.kind) {
    case "password":
      return askPassword(deps, asked);
    case "totp":
    case "enrolTotp":
      return askCode(deps, asked, prompt);
    case "newPassword":
      return askNewPassword(deps, asked, prompt);
    case "confirmAccount":
      return askConfirmation(deps, asked, prompt);
    case "resetPassword":
      return askReset(deps, asked, prompt);
    default:
      return unknownPrompt(prompt);
  }
}

async function askPassword(deps: AnswerDeps, asked: Asked): Promise<Answered> {
  const { t } = deps;
  const reply = await ask(deps, asked, 0, {
    prompt: t("Password of {username}", { username: asked.prompt.username }),
    secret: true,
    value: asked.before?.kind === "password" ? asked.before.password : "",
    buttons: ["back"],
    refuse: (value) => (value === "" ? t("Enter the password.") : undefined),
  });
  return typeof reply === "string" ? left(reply) : { kind: "password", password: reply.value };
}

async function askCode(
  deps: AnswerDeps,
  asked: Asked,
  prompt: Extract<Prompt, { kind: "totp" | "enrolTotp" }>,
): Promise<Answered> {
  const { t } = deps;
  const { before, problem, notice } = asked;
  const buttons: QuestionButton[] = prompt.kind === "enrolTotp" ? ["showQrCode", "copyKey", "back"] : ["back"];
  const seconds = problem?.code === "usedCode" ? Number(problem.params?.["waitSeconds"] ?? 0) : 0;
  const reply = await ask(deps, asked, 0, {
    prompt:
      prompt.kind === "totp"
        ? t("Code that your authenticator app shows for {username}", { username: prompt.username })
        : t("Scan the QR code with an authenticator app, or copy the key into it. Then enter the code that it shows."),
    placeholder: t("6 digits"),
    secret: true,
    // A wrong code may have only one wrong digit; a used one, or one for another key, is of no more use.
    value: problem?.code === "wrongCode" && before !== undefined && "code" in before ? before.code : "",
    buttons,
    refuse: (value) => refuseDigits(value, t),
    ...(prompt.kind === "enrolTotp" && notice !== undefined && problem === undefined
      ? { message: { text: `${describe(notice, t)} ${t("Scan the new QR code.")}`, severity: "info" } }
      : {}),
    ...(seconds > 0
      ? { wait: { seconds, message: (left) => describe({ code: "usedCode", params: { waitSeconds: left } }, t) } }
      : {}),
    ...(prompt.kind === "enrolTotp"
      ? { onButton: { copyKey: () => deps.copy(prompt.secret), showQrCode: deps.showQrCode } }
      : {}),
  });
  return typeof reply === "string" ? left(reply) : { kind: prompt.kind, code: digits(reply.value) };
}

async function askNewPassword(
  deps: AnswerDeps,
  asked: Asked,
  prompt: Extract<Prompt, { kind: "newPassword" }>,
): Promise<Answered> {
  const { t } = deps;
  const password = await askTwice(
    deps,
    asked,
    0,
    t("Choose a new password; the one that you were given works only once."),
  );
  if (password === "back" || password === "closed") return password;
  const attributes: Record<string, string> = {};
  for (const [index, attribute] of prompt.requiredAttributes.entries()) {
    const name = attribute.replace(/^userAttributes\./, "");
    const reply = await ask(deps, unproblematic(asked), 2 + index, {
      prompt: t("Your organisation asks for: {attribute}", { attribute: name }),
      refuse: (value) => (value.trim() === "" ? t("Enter a value.") : undefined),
      buttons: ["back"],
    });
    if (reply === "closed") return reply;
    if (typeof reply === "string") return askNewPassword(deps, unproblematic(asked), prompt);
    attributes[attribute] = reply.value.trim();
  }
  return {
    kind: "newPassword",
    password: password.value,
    ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
  };
}

async function askConfirmation(
  deps: AnswerDeps,
  asked: Asked,
  prompt: Extract<Prompt, { kind: "confirmAccount" }>,
): Promise<Answered> {
  const { t } = deps;
  const reply = await askMailedCode(
    deps,
    asked,
    prompt.destination === undefined
      ? t("This account is not confirmed yet. Enter the code that was sent to you.")
      : t("This account is not confirmed yet. Enter the code that was sent to {destination}.", {
          destination: prompt.destination,
        }),
  );
  if (reply === "resend") return { kind: reply };
  return typeof reply === "string" ? reply : { kind: "confirmAccount", code: reply.value };
}

async function askReset(
  deps: AnswerDeps,
  asked: Asked,
  prompt: Extract<Prompt, { kind: "resetPassword" }>,
): Promise<Answered> {
  const { t } = deps;
  // Only the password was refused: the code stays as it is.
  let code =
    asked.problem?.code === "passwordPolicy" && asked.before?.kind === "resetPassword" ? asked.before.code : "";
  let current = asked;
  for (;;) {
    if (code === "") {
      const reply = await askMailedCode(
        deps,
        current,
        prompt.destination === undefined
          ? t("The password has to be reset. Enter the code that was sent to you.")
          : t("The password has to be reset. Enter the code that was sent to {destination}.", {
              destination: prompt.destination,
            }),
      );
      if (reply === "resend") return { kind: reply };
      if (typeof reply === "string") return reply;
      code = reply.value;
      current = unproblematic(asked);
    }
    const password = await askTwice(deps, current, 1, t("Choose a new password."));
    if (password === "closed") return password;
    if (password !== "back") return { kind: "resetPassword", code, password: password.value };
    code = "";
    current = unproblematic(asked);
  }
}

async function askMailedCode(deps: AnswerDeps, asked: Asked, prompt: string): Promise<Given> {
  const { t } = deps;
  const again = asked.before?.kind === "resend" && asked.problem === undefined;
  const reply = await ask(deps, asked, 0, {
    prompt,
    secret: true,
    buttons: ["resend", "back"],
    value: asked.before !== undefined && "code" in asked.before ? asked.before.code : "",
    refuse: (value) => (digits(value) === "" ? t("Enter the code.") : undefined),
    ...(again ? { message: { text: t("A new code was sent."), severity: "info" } } : {}),
  });
  return typeof reply === "string" ? reply : { value: digits(reply.value) };
}

/** A password and the same again. Back leads from the second to the first. */
async function askTwice(
  deps: AnswerDeps,
  asked: Asked,
  offset: number,
  prompt: string,
): Promise<Exclude<Given, "resend">> {
  const { t } = deps;
  let current = asked;
  for (;;) {
    const first = await ask(deps, current, offset, {
      prompt,
      placeholder: t("New password"),
      secret: true,
      buttons: ["back"],
      refuse: (value) => (value === "" ? t("Enter the password.") : undefined),
    });
    if (typeof first === "string") return left(first);
    current = unproblematic(asked);
    const second = await ask(deps, current, offset + 1, {
      prompt: t("Enter the new password once more."),
      placeholder: t("New password"),
      secret: true,
      buttons: ["back"],
      refuse: (value) => (value === first.value ? undefined : t("This is not the same password as before.")),
    });
    if (second === "closed") return second;
    if (typeof second !== "string") return second;
  }
}

type Given = { readonly value: string } | "back" | "closed" | "resend";

/** One question of a prompt, with what is to be said about the answer before. */
async function ask(
  { asker, t }: AnswerDeps,
  { problem, notice, position }: Asked,
  offset: number,
  question: Omit<Question, "step" | "totalSteps">,
): Promise<Given> {
  const message =
    problem !== undefined
      ? ({ text: describe(problem, t), severity: "error" } as const)
      : notice !== undefined
        ? ({ text: describe(notice, t), severity: "info" } as const)
        : undefined;
  const reply = await asker.ask({
    ...(message === undefined ? {} : { message }),
    ...question,
    step: position.first + offset,
    totalSteps: position.total,
  });
  if (reply.kind === "value") return reply;
  return reply.kind === "button" && reply.button === "resend" ? "resend" : reply.kind === "closed" ? "closed" : "back";
}

function left(reply: Exclude<Given, { readonly value: string }>): "back" | "closed" {
  return reply === "closed" ? "closed" : "back";
}

function unproblematic(asked: Asked): Asked {
  return { prompt: asked.prompt, position: asked.position };
}

/** The digits of a code as people type it: in groups, or full-width as a Japanese keyboard gives them. */
export function digits(value: string): string {
  return value.normalize("NFKC").replace(/[\s-]/g, "");
}

function refuseDigits(value: string, t: Translate): string | undefined {
  return /^\d{6}$/.test(digits(value)) ? undefined : t("The code has 6 digits.");
}

function unknownPrompt(prompt: never): never {
  throw new TypeError(`unknown prompt ${JSON.stringify((prompt as Prompt).kind)}`);
}
