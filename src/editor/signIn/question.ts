/** One input of the sign-in as data, and what came of it. The view is input.ts; tests answer without one. */
export interface Question {
  readonly step: number;
  readonly totalSteps: number;
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value?: string;
  /** Masked. Passwords, and codes too: browsers write what stands in other inputs to disk, for restoring the session. */
  readonly secret?: boolean;
  readonly buttons?: readonly QuestionButton[];
  /** Buttons that only do something; every other one ends the question. */
  readonly onButton?: Partial<Record<QuestionButton, () => void>>;
  /** Shown beside the input until something is typed. */
  readonly message?: { readonly text: string; readonly severity: "error" | "info" };
  /** Nothing is accepted for so many seconds; the message is made anew each second, and goes at the end. */
  readonly wait?: { readonly seconds: number; readonly message: (seconds: number) => string };
  /** Why a value can't be accepted; undefined when it can. */
  readonly refuse: (value: string) => string | undefined;
}

export type QuestionButton = "back" | "resend" | "copyKey" | "showQrCode";

export type Reply =
  | { readonly kind: "value"; readonly value: string }
  | { readonly kind: "button"; readonly button: QuestionButton }
  | { readonly kind: "closed" };

/** One input box that stays open from the first question to the last. */
export interface Asker {
  /** Aborts when the person closes the box. */
  readonly signal: AbortSignal;
  ask(question: Question): Promise<Reply>;
  /** Shows that an answer is being waited for; ends with the next question. */
  busy(): void;
  dispose(): void;
}
