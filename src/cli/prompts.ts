import type { Answer, Prompt } from "../agent/protocol.ts";
import type { Problem } from "../core/errors.ts";
import type { Modules } from "../core/qrCode.ts";
import type { Translate } from "../core/text.ts";
import type { Interaction } from "./interaction.ts";
import { printable } from "./printable.ts";
import { qrText } from "./qrText.ts";

interface Asking {
  readonly interaction: Interaction;
  readonly t: Translate;
  /** What was wrong with the answer before. */
  readonly problem?: Problem | undefined;
  /** The flow went back by itself: what was shown may not be on the screen any more, or not be true. */
  readonly restarted?: boolean;
}

/** Asks for what the agent wants to know. */
export async function answerTo(prompt: Prompt, asking: Asking): Promise<Answer> {
  const { interaction, t } = asking;
  switch (prompt.kind) {
    case "password":
      return {
        kind: "password",
        password: await interaction.ask(t("Password for {user}: ", { user: printable(prompt.username) }), {
          hidden: true,
        }),
      };
    case "totp":
      return { kind: "totp", code: await askCode(t("Code from the authenticator app"), asking) };
    case "enrolTotp":
      // After a mistyped code the picture is still there, and the key is the same.
      if (asking.problem === undefined || asking.restarted) await showKey(prompt, asking);
      return { kind: "enrolTotp", code: await askCode(t("Code that the app shows"), asking) };
    case "newPassword": {
      interaction.say(t("A new password has to be chosen."));
      const attributes: Record<string, string> = {};
      for (const name of prompt.requiredAttributes)
        attributes[name] = (await interaction.ask(`${printable(name)}: `)).trim();
      const password = await askNewPassword(asking);
      return { kind: "newPassword", password, ...(prompt.requiredAttributes.length > 0 ? { attributes } : {}) };
    }
    case "confirmAccount": {
      sayWhereSent(prompt.destination, asking);
      const code = await askCode(t("Code (empty: send it again)"), asking);
      return code === "" ? { kind: "resend" } : { kind: "confirmAccount", code };
    }
    case "resetPassword": {
      sayWhereSent(prompt.destination, asking);
      const code = await askCode(t("Code (empty: send it again)"), asking);
      if (code === "") return { kind: "resend" };
      return { kind: "resetPassword", code, password: await askNewPassword(asking) };
    }
  }
}

/** A code, without the blanks that apps and mails put in. After a used one the prompt counts down to the next. */
async function askCode(label: string, { interaction, t, problem }: Asking): Promise<string> {
  const seconds = problem?.code === "usedCode" ? Number(problem.params?.["waitSeconds"] ?? 0) : 0;
  const next = Date.now() + seconds * 1000;
  const counting = () => {
    const left = Math.ceil((next - Date.now()) / 1000);
    return left > 0 ? `${label} ${t("(the next one in {seconds} s)", { seconds: left })}: ` : `${label}: `;
  };
  const code = await interaction.ask(seconds > 0 ? counting : `${label}: `);
  return code.replace(/[\s-]/g, "");
}

async function askNewPassword({ interaction, t }: Asking): Promise<string> {
  for (;;) {
    const password = await interaction.ask(t("New password: "), { hidden: true });
    // Asking twice catches typing errors; nobody types what comes line by line.
    if (!interaction.interactive) return password;
    if (password === (await interaction.ask(t("New password again: "), { hidden: true }))) return password;
    interaction.say(t("The two passwords differ. Enter them again."));
  }
}

async function showKey(prompt: Extract<Prompt, { kind: "enrolTotp" }>, { interaction, t }: Asking): Promise<void> {
  const picture = interaction.interactive ? qrText(await modules(prompt.uri), interaction.columns) : undefined;
  interaction.say(
    picture
      ? t("This account has no authenticator app yet. Scan this code with one:")
      : t("This account has no authenticator app yet. Enter this key in one:"),
  );
  if (picture) interaction.say(`${picture}\n${t("or enter this key:")}`);
  interaction.say(`  ${printable(prompt.secret).replace(/(.{4})(?=.)/g, "$1 ")}`);
}

/** Rarely needed, and its encoder is large. */
async function modules(uri: string): Promise<Modules> {
  const { qrCode } = await import("../core/qrCode.ts");
  return qrCode(uri);
}

function sayWhereSent(destination: string | undefined, { interaction, t }: Asking): void {
  interaction.say(
    destination
      ? t("A code was sent to {destination}.", { destination: printable(destination) })
      : t("A code was sent to you."),
  );
}
