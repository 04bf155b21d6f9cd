import type { InputBox, QuickInputButton } from "vscode";

/** As much of an event emitter as the fakes need. */
export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly event = (listener: (value: T) => void): { dispose(): void } => {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  };
  fire(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
  get size(): number {
    return this.#listeners.size;
  }
}

/** An input box without a window. */
export class FakeInputBox {
  readonly accept = new Emitter<void>();
  readonly change = new Emitter<string>();
  readonly press = new Emitter<QuickInputButton>();
  readonly hidden = new Emitter<void>();
  readonly onDidAccept = this.accept.event;
  readonly onDidChangeValue = this.change.event;
  readonly onDidTriggerButton = this.press.event;
  readonly onDidHide = this.hidden.event;
  title: string | undefined;
  step: number | undefined;
  totalSteps: number | undefined;
  enabled = true;
  busy = false;
  ignoreFocusOut = false;
  value = "";
  valueSelection: readonly [number, number] | undefined;
  placeholder: string | undefined;
  password = false;
  buttons: readonly QuickInputButton[] = [];
  prompt: string | undefined;
  validationMessage: InputBox["validationMessage"];
  shown = 0;
  disposed = false;

  show(): void {
    this.shown++;
  }
  hide(): void {
    this.hidden.fire();
  }
  dispose(): void {
    this.disposed = true;
    this.hidden.fire();
  }
  type(value: string): void {
    this.value = value;
    this.change.fire(value);
  }
  enter(value: string): void {
    this.type(value);
    this.accept.fire();
  }
}
