import assert from "node:assert/strict";
import type { QuickInputButton } from "vscode";
import { openInput } from "../../../../src/editor/signIn/input.ts";
import type { Question, QuestionButton } from "../../../../src/editor/signIn/question.ts";
import { EditorClock } from "../../../fakes/editorClock.ts";
import { FakeInputBox } from "../../../fakes/inputBox.ts";

const button = (id: string): QuickInputButton => ({ iconPath: { id } as never, tooltip: id });
const buttons: Record<QuestionButton, QuickInputButton> = {
  back: button("back"),
  resend: button("resend"),
  copyKey: button("copyKey"),
  showQrCode: button("showQrCode"),
};
const question = (more: Partial<Question> = {}): Question => ({
  step: 2,
  totalSteps: 3,
  prompt: "Password",
  refuse: (value) => (value === "" ? "Enter it." : undefined),
  ...more,
});

describe("input of the sign-in", () => {
  let box: FakeInputBox;
  let clock: EditorClock;

  beforeEach(() => {
    box = new FakeInputBox();
    clock = new EditorClock();
  });

  const open = () =>
    openInput({ createInputBox: () => box as never, title: "Sign In to AWS", buttons, info: 1, clock });

  it("shows the step and masks a secret, and stays when the window loses the focus", async () => {
    const answer = open().ask(question({ secret: true, buttons: ["back"] }));
    assert.deepEqual([box.title, box.step, box.totalSteps], ["Sign In to AWS", 2, 3]);
    assert.ok(box.password && box.ignoreFocusOut);
    assert.deepEqual(box.buttons, [buttons.back]);
    box.enter("secret");
    assert.deepEqual(await answer, { kind: "value", value: "secret" });
  });

  it("says why a value is refused, keeps it, and is quiet again when something is typed", () => {
    void open().ask(question());
    box.enter("");
    assert.equal(box.validationMessage, "Enter it.");
    box.type("x");
    assert.equal(box.validationMessage, undefined);
  });

  it("cannot be answered while it waits for the agent", async () => {
    const input = open();
    const first = input.ask(question());
    box.enter("x");
    await first;
    input.busy();
    assert.ok(box.busy && !box.enabled);
    box.accept.fire();
    void input.ask(question({ message: { text: "Wrong.", severity: "error" }, value: "x" }));
    assert.ok(!box.busy && box.enabled);
    assert.equal(box.validationMessage, "Wrong.");
    assert.equal(box.value, "x");
  });

  it("counts the seconds down, takes nothing meanwhile, and then the next code", async () => {
    const answer = open().ask(question({ wait: { seconds: 3, message: (left) => `wait ${left} s` } }));
    const seen = [box.validationMessage];
    box.enter("123456");
    for (let second = 0; second < 3; second++) {
      clock.pass(1000);
      seen.push(box.validationMessage);
    }
    assert.deepEqual(seen, ["wait 3 s", "wait 2 s", "wait 1 s", undefined]);
    assert.equal(clock.timers, 0);
    box.enter("123456");
    assert.deepEqual(await answer, { kind: "value", value: "123456" });
  });

  it("stops counting when it is closed, tells the flow, and answers nothing more", async () => {
    const input = open();
    const answer = input.ask(question({ wait: { seconds: 30, message: String } }));
    box.hide();
    assert.deepEqual(await answer, { kind: "closed" });
    assert.ok(input.signal.aborted);
    assert.equal(clock.timers, 0);
    assert.deepEqual(await input.ask(question()), { kind: "closed" });
  });

  it("leaves the question open for a button that only does something", async () => {
    let copied = 0;
    const answer = open().ask(question({ buttons: ["copyKey", "back"], onButton: { copyKey: () => void copied++ } }));
    box.press.fire(buttons.copyKey);
    box.press.fire(buttons.resend);
    assert.equal(copied, 1);
    box.press.fire(buttons.back);
    assert.deepEqual(await answer, { kind: "button", button: "back" });
  });

  it("leaves no listener behind", () => {
    const input = open();
    input.dispose();
    assert.ok(box.disposed);
    assert.equal(box.accept.size + box.change.size + box.press.size + box.hidden.size, 0);
  });
});
