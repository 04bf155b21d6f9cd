import type { Asker, Question, QuestionButton, Reply } from "../../src/editor/signIn/question.ts";

/** What the person does at one question: a text, a button, or closing the box. */
export type Act = string | { readonly press: QuestionButton } | "\u0000close";
export const close = "\u0000close";

/** Answers questions in turn, as a person would: a refused value is remembered and the next one tried. */
export class FakeAsker implements Asker {
  readonly questions: Question[] = [];
  readonly refusals: string[] = [];
  readonly #acts: Act[];
  readonly #closed = new AbortController();
  waits = 0;
  disposed = false;

  constructor(...acts: Act[]) {
    this.#acts = acts;
  }

  get signal(): AbortSignal {
    return this.#closed.signal;
  }

  async ask(question: Question): Promise<Reply> {
    this.questions.push(question);
    for (;;) {
      const act = this.#acts.shift();
      if (act === undefined) throw new Error(`nothing is left to answer ${question.prompt}`);
      if (act === close) {
        this.#closed.abort();
        return { kind: "closed" };
      }
      if (typeof act === "object") {
        const only = question.onButton?.[act.press];
        if (only === undefined) return { kind: "button", button: act.press };
        only();
        continue;
      }
      const refusal = question.refuse(act);
      if (refusal === undefined) return { kind: "value", value: act };
      this.refusals.push(refusal);
    }
  }

  busy(): void {
    this.waits++;
  }

  dispose(): void {
    this.disposed = true;
  }
}
