import type { KeptConnection } from "../../agent/client.ts";
import { answerSignIn, cancelSignIn, type SignInStep, startSignIn } from "../../agent/protocol.ts";
import type { Answer, Prompt } from "../../core/cognito/prompt.ts";
import { GatehouseError } from "../../core/errors.ts";
import type { Session } from "../../core/session.ts";
import type { Translate } from "../../core/text.ts";
import { askAnswer } from "./answers.ts";
import type { Asker } from "./question.ts";
import { nextPosition, type Position, usernamePosition } from "./steps.ts";

export interface Enrolment {
  /** Shows the QR code, or another one in its place; the input keeps the focus. */
  show(prompt: Extract<Prompt, { kind: "enrolTotp" }>): Promise<void>;
  close(): void;
}

export interface FlowDeps {
  readonly agent: Pick<KeptConnection, "request">;
  readonly openInput: () => Asker;
  readonly enrolment: Enrolment;
  readonly copy: (text: string) => void;
  readonly t: Translate;
  /** The user name as soon as it is entered, so that a new attempt can offer it. */
  readonly onUsername?: (username: string) => void;
}

export interface FlowResult {
  readonly session: Session;
  readonly username: string;
}

/**
 * Signs in by asking for what the agent wants, step by step. Whatever ends it early also ends the flow in the agent.
 *
 * @param username offered in the first input
 * @throws GatehouseError `cancelled` when the person closes the input, else what the agent says
 */
export async function runSignIn(deps: FlowDeps, username: string): Promise<FlowResult> {
  const asker = deps.openInput();
  const pending: { flow?: string } = {};
  try {
    return await run(deps, asker, pending, username);
  } finally {
    deps.enrolment.close();
    asker.dispose();
    // The agent would forget it by itself; nobody needs to hear that it could not be reached.
    if (pending.flow !== undefined) deps.agent.request(cancelSignIn, { flow: pending.flow }).catch(() => {});
  }
}

async function run(deps: FlowDeps, asker: Asker, pending: { flow?: string }, offered: string): Promise<FlowResult> {
  let username = await askUsername(deps, asker, offered);
  let step = await start(deps, asker, username);
  let before: { prompt: Prompt; position: Position; answer: Answer } | undefined;
  for (;;) {
    if (step.state === "failed") {
      delete pending.flow;
      throw new GatehouseError(step.problem.code, step.problem.params ?? {});
    }
    if (step.state === "signedIn") {
      delete pending.flow;
      return { session: step.session, username };
    }
    pending.flow = step.flow;
    const { prompt, problem, notice } = step;
    const showQrCode = async (): Promise<void> => {
      if (prompt.kind === "enrolTotp") await deps.enrolment.show(prompt);
      else deps.enrolment.close();
    };
    await showQrCode();
    const position = nextPosition(prompt, before);
    const answer = await askAnswer(
      { asker, t: deps.t, copy: deps.copy, showQrCode },
      { prompt, position, problem, notice, before: before?.prompt.kind === prompt.kind ? before.answer : undefined },
    );
    if (answer === "closed") throw new GatehouseError("cancelled");
    asker.busy();
    if (answer === "back") {
      await deps.agent.request(cancelSignIn, { flow: step.flow }).catch(() => {});
      delete pending.flow;
      deps.enrolment.close();
      // From anything behind the password, back leads to the password.
      if (prompt.kind === "password") username = await askUsername(deps, asker, username);
      step = await start(deps, asker, username);
      before = undefined;
    } else {
      before = { prompt, position, answer };
      step = await deps.agent.request(answerSignIn, { flow: step.flow, answer }, asker.signal);
    }
  }
}

async function askUsername({ t, onUsername }: FlowDeps, asker: Asker, offered: string): Promise<string> {
  const reply = await asker.ask({
    step: usernamePosition.first,
    totalSteps: usernamePosition.total,
    prompt: t("E-mail address or user name"),
    placeholder: t("name@example.com"),
    value: offered,
    refuse: (value) => (value.trim() === "" ? t("Enter your e-mail address or user name.") : undefined),
  });
  if (reply.kind !== "value") throw new GatehouseError("cancelled");
  const username = reply.value.trim();
  onUsername?.(username);
  return username;
}

function start({ agent }: FlowDeps, asker: Asker, username: string): Promise<SignInStep> {
  asker.busy();
  return agent.request(startSignIn, { username }, asker.signal);
}
