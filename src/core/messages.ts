import type { Problem } from "./errors.ts";
import { describeConfiguration, describeNoBrowser, describeService, oneLine, sentence, unknown } from "./sentences.ts";
import type { Translate } from "./text.ts";

/**
 * What helps against a problem, for a button or a hint: sign in, choose a role, correct the configuration, have the code sent
 * again, wait, correct the clock, look at the log. What is said in `describe` and needs no command has none.
 */
export type Remedy = "signIn" | "chooseRole" | "configure" | "resend" | "retry" | "showLog";

/**
 * A problem as one to three sentences in the reader's language: what happened, and what to do. Missing parameters leave no gap:
 * every sentence has a form that does without them.
 */
export function describe(problem: Problem, t: Translate): string {
  const param = (name: string): string => {
    const value = problem.params?.[name];
    return value === undefined ? "" : oneLine(String(value));
  };
  const seconds = Math.ceil(Number(problem.params?.["waitSeconds"] ?? 0)) || 0;
  const detail = param("detail");

  switch (problem.code) {
    case "wrongPassword":
      return t("The user name or the password is wrong. Check both and try again.");
    case "wrongCode":
      return t("The code is wrong. Enter the one that your authenticator shows now, or that was sent to you last.");
    case "usedCode":
      return seconds > 0
        ? t("This code was used already. Wait {seconds} s for the next one and enter that.", { seconds })
        : t("This code was used already. Wait for the next one and enter that.");
    case "passwordPolicy":
      return detail
        ? t("The password does not meet the rules: {detail} Choose another one.", { detail: sentence(detail) })
        : t(
            "The password does not meet the rules of your organisation. Choose a longer one with more kinds of characters.",
          );
    case "missingInput":
      return param("field")
        ? t("Nothing was entered for {field}. Enter it and try again.", { field: param("field") })
        : t("Nothing was entered. Enter it and try again.");
    case "userDisabled":
      return t("This user is disabled. Ask your administrator to enable it.");
    case "userNotConfirmed":
      return t(
        "This user is not confirmed yet. Enter the confirmation code that was sent to you, or ask your administrator.",
      );
    case "passwordResetRequired":
      if (detail)
        return t("The password has to be reset, but no code can be sent to you: {detail} Ask your administrator.", {
          detail: sentence(detail),
        });
      return t("The password has to be reset. Enter the code that was sent to you and a new password.");
    case "temporaryPasswordExpired":
      return t("The temporary password has expired. Ask your administrator for a new one.");
    case "tooManyAttempts":
      return seconds > 0
        ? t("There were too many attempts. Wait about {time}, then try again.", { time: duration(seconds, t) })
        : t("There were too many attempts. Wait a few minutes, then try again.");
    case "codeExpired":
      return t("The code has expired. Have a new one sent and enter that.");
    case "flowExpired":
      if (param("minutes"))
        return t("The browser did not come back within {minutes} minutes. Sign in again.", {
          minutes: param("minutes"),
        });
      return param("newKey")
        ? t(
            "The sign-in took longer than Amazon Cognito waits, so it was started again. The key is a new one: remove the old one from your authenticator.",
          )
        : t(
            "The sign-in took longer than Amazon Cognito waits, so it was started again from what was already entered.",
          );
    case "flowUnknown":
      return t("This sign-in is no longer waiting for an answer. Sign in again.");
    case "challengeUnsupported":
      return param("challenge")
        ? t("The user pool asks for a step that Gatehouse cannot do here: {challenge}. Ask your administrator.", {
            challenge: param("challenge"),
          })
        : t("The user pool asks for a step that Gatehouse cannot do here. Ask your administrator.");
    case "cancelled":
      return t("The sign-in was cancelled. Nothing has changed.");
    case "browserSignInUnavailable":
      return describeNoBrowser(param("setting"), param("port"), t);
    case "browserSignInReplaced":
      return t(
        "Another sign-in with the browser was started after this one, and only one can be pending. Finish that.",
      );
    case "emailMismatch":
      return t(
        "The browser is signed in to Amazon Cognito as another user than the one who opened this editor. Sign out and open the editor again.",
      );
    case "signInRefused":
      return detail
        ? t("Amazon Cognito refused the sign-in ({detail}). Try again, or ask your administrator.", { detail })
        : t("Amazon Cognito refused the sign-in. Try again, or ask your administrator.");
    case "unreachable":
    case "tls":
    case "throttled":
    case "serverError":
      return describeService(
        problem.code,
        { endpoint: param("endpoint"), setting: param("setting"), status: param("status"), detail },
        t,
      );
    case "clockSkew": {
      const offset = Math.round(Number(problem.params?.["offsetSeconds"] ?? 0)) || 0;
      if (offset > 0)
        return t("This machine's clock is {time} ahead. Correct it, then try again.", { time: duration(offset, t) });
      if (offset < 0)
        return t("This machine's clock is {time} behind. Correct it, then try again.", { time: duration(-offset, t) });
      return t("This machine's clock is wrong. Correct it, then try again.");
    }
    case "tokenInvalid":
      return detail
        ? t(
            "Amazon Cognito's token was refused ({detail}). Check region, user pool and client ID, then sign in again.",
            {
              detail,
            },
          )
        : t("Amazon Cognito's token was refused. Check region, user pool and client ID, then sign in again.");
    case "clientMisconfigured":
      return t("Amazon Cognito refuses this app client. Check {setting} and the app client's sign-in flows.{detail}", {
        setting: param("setting") || "cognito.clientId",
        detail: detail ? ` ${sentence(detail)}` : "",
      });
    case "sessionEnded":
      return t("The session has ended. Sign in again.");
    case "identityPoolMissing":
      return t("You are signed in, but without AWS credentials: no identity pool is configured. Set {setting}.", {
        setting: param("setting") || "cognito.identityPoolId",
      });
    case "identityPoolRefused":
      return detail
        ? t("You are signed in, but the identity pool gives no AWS credentials: {detail} Ask your administrator.", {
            detail: sentence(detail),
          })
        : t("You are signed in, but the identity pool gives no AWS credentials. Ask your administrator.");
    case "noRole":
      return t("You are signed in, but no AWS role is assigned to you. Ask your administrator.");
    case "ambiguousRole":
      return t("You are signed in, but several AWS roles are assigned to you. Choose one.");
    case "roleNotAllowed":
      return param("role")
        ? t("The AWS role {role} is not assigned to you, or does not trust the identity pool. Choose another one.", {
            role: param("role"),
          })
        : t("This AWS role is not assigned to you, or does not trust the identity pool. Choose another one.");
    case "signedOut":
      return t("You are signed out. Sign in to get AWS credentials.");
    case "notConfigured":
      return param("settings")
        ? t(
            "Gatehouse is not configured. Set {settings} in /etc/gatehouse/host.json or in the editor's machine settings.",
            {
              settings: param("settings"),
            },
          )
        : t(
            "Gatehouse is not configured. Name the user pool in /etc/gatehouse/host.json or in the editor's machine settings.",
          );
    case "configurationInvalid":
      return describeConfiguration(param("key"), param("source"), param("allowed"), t);
    case "agentUnavailable":
      return t("The session agent does not answer.{detail} Try again; if it stays so, look at the log.", {
        detail: detail ? ` ${sentence(detail)}` : "",
      });
    case "agentTooOld":
      return t(
        "The running session agent is of another version. Sign out or reload the window, so that a new one starts.",
      );
    case "socketUnsafe":
      return t("{path} is not safe to use{detail}. Remove it or make it yours alone (mode 0700), then try again.", {
        path: param("path") || t("The agent's directory"),
        detail: detail ? ` (${detail})` : "",
      });
    case "commandNotFound":
      return param("command")
        ? t("The command {command} was not found. Check its name and your PATH.", { command: param("command") })
        : t("The command was not found. Check its name and your PATH.");
    case "internal":
      return detail
        ? t("Something unexpected happened: {detail} Try again; if it stays so, report it with the log.", {
            detail: sentence(detail),
          })
        : t("Something unexpected happened. Try again; if it stays so, report it with the log.");
    default:
      return unknown(problem.code, t);
  }
}

/** What helps against a problem, where a command can. */
export function remedy(problem: Problem): Remedy | undefined {
  switch (problem.code) {
    case "signedOut":
    case "sessionEnded":
    case "flowUnknown":
    case "cancelled":
    case "signInRefused":
    case "temporaryPasswordExpired":
      return "signIn";
    case "ambiguousRole":
    case "roleNotAllowed":
      return "chooseRole";
    case "notConfigured":
    case "configurationInvalid":
    case "identityPoolMissing":
    case "clientMisconfigured":
    case "tokenInvalid":
    case "browserSignInUnavailable":
      return "configure";
    case "codeExpired":
      return "resend";
    case "unreachable":
    case "tls":
    case "throttled":
    case "serverError":
    case "clockSkew":
      return "retry";
    case "agentUnavailable":
    case "internal":
      return "showLog";
    default:
      return undefined;
  }
}

/** A length of time as a person says it: seconds up to a minute and a half, then minutes, then hours; rounded. */
export function duration(seconds: number, t: Translate): string {
  if (seconds < 90) return t("{count} s", { count: Math.max(0, Math.round(seconds)) });
  if (seconds < 90 * 60) return t("{count} min", { count: Math.round(seconds / 60) });
  return t("{count} h", { count: Math.round(seconds / 3600) });
}
