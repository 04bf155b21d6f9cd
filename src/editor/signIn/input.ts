import type { Disposable, InputBox, InputBoxValidationSeverity, QuickInputButton } from "vscode";
import type { Clock } from "../platform/clock.ts";
import type { Asker, Question, QuestionButton, Reply } from "./question.ts";

export interface InputDeps {
  readonly createInputBox: () => InputBox;
  readonly title: string;
  readonly buttons: Readonly<Record<QuestionButton, QuickInputButton>>;
  /** vscode.InputBoxValidationSeverity.Info, which only the editor has at run time. */
  readonly info: InputBoxValidationSeverity;
  readonly clock: Clock;
}

/** Opens an input box for a whole sign-in. It stays while another application has the focus: the code comes from a phone. */
export function openInput(deps: InputDeps): Asker {
  const box = deps.createInputBox();
  const closed = new AbortController();
  const listeners: Disposable[] = [];
  let question: Question | undefined;
  let answer: ((reply: Reply) => void) | undefined;
  let waiting: Disposable | undefined;

  const reply = (value: Reply): void => {
    waiting?.dispose();
    waiting = undefined;
    const resolve = answer;
    answer = undefined;
    resolve?.(value);
  };
  const startWaiting = ({ seconds, message }: NonNullable<Question["wait"]>): void => {
    const end = deps.clock.now() + seconds * 1000;
    const tick = (): void => {
      const left = Math.ceil((end - deps.clock.now()) / 1000);
      box.validationMessage = left > 0 ? message(left) : undefined;
      if (left > 0) return;
      waiting?.dispose();
      waiting = undefined;
    };
    waiting = deps.clock.every(1000, tick);
    tick();
  };

  box.title = deps.title;
  box.ignoreFocusOut = true;
  listeners.push(
    box.onDidAccept(() => {
      if (question === undefined || answer === undefined || waiting !== undefined) return;
      const refusal = question.refuse(box.value);
      if (refusal === undefined) reply({ kind: "value", value: box.value });
      else box.validationMessage = refusal;
    }),
    box.onDidChangeValue(() => {
      if (waiting === undefined) box.validationMessage = undefined;
    }),
    box.onDidTriggerButton((pressed) => {
      const button = question?.buttons?.find((name) => pressed === deps.buttons[name]);
      const act = button && question?.onButton?.[button];
      if (act !== undefined) act();
      else if (button !== undefined) reply({ kind: "button", button });
    }),
    box.onDidHide(() => {
      closed.abort();
      reply({ kind: "closed" });
    }),
  );

  return {
    signal: closed.signal,
    ask(next) {
      if (closed.signal.aborted) return Promise.resolve<Reply>({ kind: "closed" });
      question = next;
      box.step = next.step;
      box.totalSteps = next.totalSteps;
      box.prompt = next.prompt;
      box.placeholder = next.placeholder;
      box.password = next.secret === true;
      box.buttons = (next.buttons ?? []).map((button) => deps.buttons[button]);
      box.value = next.value ?? "";
      box.valueSelection = undefined;
      box.busy = false;
      box.enabled = true;
      box.validationMessage =
        next.message?.severity === "info" ? { message: next.message.text, severity: deps.info } : next.message?.text;
      if (next.wait !== undefined) startWaiting(next.wait);
      box.show();
      return new Promise<Reply>((resolve) => {
        answer = resolve;
      });
    },
    busy() {
      box.validationMessage = undefined;
      box.busy = true;
      box.enabled = false;
    },
    dispose() {
      waiting?.dispose();
      for (const listener of listeners) listener.dispose();
      box.dispose();
    },
  };
}
