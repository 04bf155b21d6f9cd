import type { AgentClient } from "../agent/connect.ts";
import {
  answerSignIn,
  cancelSignIn,
  chooseRole,
  getConfiguration,
  getSession,
  type SignInStep,
  startSignIn,
} from "../agent/protocol.ts";
import { GatehouseError, type Problem } from "../core/errors.ts";
import { describe, duration } from "../core/messages.ts";
import type { Role, Session, SignedIn } from "../core/session.ts";
import type { Arguments } from "./arguments.ts";
import { signInByBrowser } from "./browser.ts";
import { connectOrStart } from "./connecting.ts";
import type { Context } from "./context.ts";
import { exitCodes } from "./exitCodes.ts";
import { type Interaction, lineInteraction, terminalInteraction } from "./interaction.ts";
import { printable } from "./printable.ts";
import { answerTo } from "./prompts.ts";
import { UsageError } from "./report.ts";

/** How long the AWS credentials may take after the sign-in, in milliseconds. */
const patience = 15_000;

/** `gatehouse login [USER] [--password] [--role ROLE] [--stdin]`. */
export async function login(context: Context, given: Arguments): Promise<number> {
  const { process, t } = context;
  if (!given.flags.has("--stdin") && !process.stdin.isTTY)
    throw new UsageError(
      t("Signing in needs a terminal. Run it in one, or give the answers line by line with --stdin."),
      "login",
    );
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  const signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, interrupt);
  const interaction = given.flags.has("--stdin") ? lineInteraction(process) : terminalInteraction(process, interrupt);
  try {
    const work = signIn(context, given, interaction, controller.signal);
    return await Promise.race([work, aborted(controller.signal)]);
  } finally {
    interaction.close();
    for (const signal of signals) process.removeListener(signal, interrupt);
  }
}

async function signIn(
  context: Context,
  given: Arguments,
  interaction: Interaction,
  signal: AbortSignal,
): Promise<number> {
  const client = await connectOrStart({ ...context, signal });
  try {
    const configuration = await client.request(getConfiguration, undefined, signal);
    if (!configuration.ok) return reportConfiguration(context, configuration.problems);
    const byPassword = given.positionals.length > 0 || given.flags.has("--password") || given.flags.has("--stdin");
    const session =
      configuration.browserSignIn && !byPassword
        ? await signInByBrowser(context, client, interaction, signal)
        : await signInByPassword(context, client, interaction, given.positionals[0], signal);
    return await finish(context, client, interaction, session, given.options.get("--role"), signal);
  } finally {
    client.dispose();
  }
}

async function signInByPassword(
  context: Context,
  client: AgentClient,
  interaction: Interaction,
  given: string | undefined,
  signal: AbortSignal,
): Promise<Session> {
  const username = (given ?? (await askUsername(context, client, interaction, signal))).trim();
  if (username === "") throw new GatehouseError("missingInput", { field: context.t("User name or e-mail") });
  return await converse(context, client, interaction, username, signal);
}

function reportConfiguration({ process, t }: Context, problems: readonly Problem[]): number {
  for (const problem of problems) process.stderr.write(`gatehouse: ${describe(problem, t)}\n`);
  return exitCodes.notConfigured;
}

async function askUsername({ t }: Context, client: AgentClient, interaction: Interaction, signal: AbortSignal) {
  const session = await client.request(getSession, undefined, signal);
  const last = session.state === "signedIn" ? (session.email ?? session.username) : undefined;
  const label = t("User name or e-mail");
  const answer = await interaction.ask(last === undefined ? `${label}: ` : `${label} [${printable(last)}]: `);
  return answer.trim() === "" && last !== undefined ? last : answer;
}

/** Answers the agent's prompts until someone is signed in. A flow that is given up is cancelled at the agent. */
async function converse(
  context: Context,
  client: AgentClient,
  interaction: Interaction,
  username: string,
  signal: AbortSignal,
): Promise<Session> {
  const { t } = context;
  let step: SignInStep = await client.request(startSignIn, { username }, signal);
  let flow: string | undefined;
  try {
    while (step.state === "prompt") {
      flow = step.flow;
      if (step.notice) interaction.say(describe(step.notice, t));
      if (step.problem) interaction.say(describe(step.problem, t));
      const answer = await answerTo(step.prompt, {
        interaction,
        t,
        problem: step.problem,
        restarted: step.notice !== undefined,
      });
      step = await client.request(answerSignIn, { flow, answer }, signal);
    }
  } catch (error) {
    if (flow !== undefined) await client.request(cancelSignIn, { flow }, AbortSignal.timeout(2000)).catch(() => {});
    throw error;
  }
  if (step.state === "failed") throw new GatehouseError(step.problem.code, step.problem.params);
  return step.session;
}

/** Chooses a role where one must be, waits for the AWS credentials, and says how it ended. */
async function finish(
  context: Context,
  client: AgentClient,
  interaction: Interaction,
  session: Session,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  const { process, t } = context;
  let settled = await settledSession(client, session, signal);
  const role = wanted === undefined ? await offeredRole(context, interaction, settled) : roleNamed(settled, wanted);
  if (role !== undefined && role !== settled.role?.arn) {
    settled = await settledSession(client, await client.request(chooseRole, { role }, signal), signal);
  }
  process.stdout.write(`${t("Signed in as {user}.", { user: printable(settled.email ?? settled.username) })}\n`);
  const { credentials } = settled;
  if (credentials.state === "ready") {
    const time = duration((credentials.expiresAt - Date.now()) / 1000, t);
    const message = settled.role
      ? t("AWS credentials of {role} are in every terminal; valid for {time} and renewed before that.", {
          role: printable(settled.role.name),
          time,
        })
      : t("AWS credentials are in every terminal; valid for {time} and renewed before that.", { time });
    process.stdout.write(`${message}\n`);
    return exitCodes.ok;
  }
  const problem: Problem = credentials.state === "unavailable" ? credentials.problem : { code: "unreachable" };
  process.stderr.write(`gatehouse: ${describe(problem, t)}\n`);
  return exitCodes.failure;
}

/** An ARN that the session has; what it does not have is left to the agent to refuse. */
function roleNamed(session: SignedIn, wanted: string): string {
  return session.roles.find(({ arn, name }) => arn === wanted || name === wanted)?.arn ?? wanted;
}

async function offeredRole({ t }: Context, interaction: Interaction, session: SignedIn): Promise<string | undefined> {
  const { credentials, roles } = session;
  const undecided = credentials.state === "unavailable" && credentials.problem.code === "ambiguousRole";
  if (!undecided || roles.length === 0 || !interaction.interactive) return undefined;
  interaction.say(t("Several AWS roles are assigned to you:"));
  roles.forEach((role, index) => void interaction.say(printable(`  ${index + 1}  ${role.name}  ${role.arn}`)));
  for (;;) {
    const answer = (await interaction.ask(t("Role (1 to {count}): ", { count: roles.length }))).trim();
    const chosen: Role | undefined = roles[Number(answer) - 1] ?? roles.find(({ name }) => name === answer);
    if (chosen) return chosen.arn;
  }
}

/** The session once its AWS credentials are there, or it is known why not. */
async function settledSession(client: AgentClient, session: Session, signal: AbortSignal): Promise<SignedIn> {
  const decided = (candidate: Session) => candidate.state === "signedOut" || candidate.credentials.state !== "pending";
  let current = session;
  if (!decided(current)) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    current = await new Promise<Session>((resolve) => {
      const finishWith = (candidate: Session) => {
        subscription.dispose();
        closed.dispose();
        resolve(candidate);
      };
      const subscription = client.onSessionChanged((changed) => {
        if (decided(changed)) finishWith(changed);
      });
      const closed = client.onClose(() => finishWith(session));
      limit.addEventListener("abort", () => finishWith(session), { once: true });
      // It may have changed between the answer and the subscription.
      client.request(getSession).then(
        (now) => {
          if (decided(now)) finishWith(now);
        },
        () => finishWith(session),
      );
    });
  }
  if (current.state === "signedOut") throw new GatehouseError("signedOut");
  return current;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new GatehouseError("cancelled")), { once: true });
  });
}
