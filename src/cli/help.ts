import type { Translate } from "../core/text.ts";

/** `gatehouse --help`. */
export function overview(t: Translate): string {
  return page([
    usage("COMMAND", t),
    "",
    t("Signs in to AWS with Amazon Cognito, and gives every terminal the credentials."),
    "",
    t("Commands:"),
    row("login [USER]", t("sign in, in the browser or with password and code")),
    row("logout", t("sign out of AWS")),
    row("status", t("show the session and what is wrong with it")),
    row("credentials", t("print AWS credentials for credential_process")),
    row("exec -- COMMAND", t("run a command with AWS credentials in its environment")),
    row("host apply", t("make this host what /etc/gatehouse/host.json says")),
    row("help [COMMAND]", t("explain a command")),
    "",
    row("--version", t("print the version")),
    "",
    t("Every command knows --help, and --debug to print the code of a problem."),
  ]);
}

/** `gatehouse COMMAND --help`. */
export function helpOf(command: string, t: Translate): string {
  switch (command) {
    case "login":
      return page([
        usage("login [USER] [--password] [--role ROLE] [--stdin]", t),
        "",
        t(
          "Signs in: in your browser where that is configured; else, or with USER, by password and code in the terminal.",
        ),
        t("An account without an authenticator app is shown a QR code to set one up."),
        "",
        row("--password", t("ask for the password and the code in the terminal in any case")),
        row("--role ROLE", t("the AWS role to take, by name or ARN, where there are several")),
        row("--stdin", t("read the answers from standard input, one a line, in the order in which they are asked for")),
        "",
        t(
          "Exit codes: 0 signed in; 1 failed, or signed in without AWS credentials; 2 wrong use; 3 not configured; 130 cancelled.",
        ),
      ]);
    case "logout":
      return page([
        usage("logout", t),
        "",
        t("Signs out of AWS: terminals get no more credentials from that moment, and the refresh token is revoked."),
        t("Keys that were handed out already stay valid at AWS for up to an hour."),
        "",
        t("Exit codes: 0 signed out; 1 the token could not be revoked."),
      ]);
    case "status":
      return page([
        usage("status [--json]", t),
        "",
        t("Shows the session, the AWS credentials, and what stands in their way in this terminal."),
        "",
        row("--json", t("print everything as JSON, as docs/cli.md describes it")),
        "",
        t("Exit codes: 0 all is well; 1 something needs a look or is not known; 2 something is wrong."),
      ]);
    case "credentials":
      return page([
        usage("credentials", t),
        "",
        t("Prints AWS credentials as JSON, in the format of credential_process. In ~/.aws/config:"),
        "",
        "  [profile gatehouse]",
        "  credential_process = gatehouse credentials",
        "",
        t("Exit codes: 0 printed; 1 failed; 3 signed out."),
      ]);
    case "exec":
      return page([
        usage("exec -- COMMAND [ARGUMENT...]", t),
        "",
        t(
          "Runs the command with AWS keys and a region in its environment, for tools that cannot ask Gatehouse by themselves.",
        ),
        t("The keys are not renewed while it runs: they last between 20 and 60 minutes."),
        "",
        t(
          "Exit codes: the command's own; 128 + N when signal N ended it; 125 no credentials; 126 cannot be run; 127 not found.",
        ),
      ]);
    case "host":
      return page([
        usage("host apply [--dry-run] [--json]", t),
        "",
        t(
          "Makes this host what /etc/gatehouse/host.json says: renders every file, validates all of them, switches what differs,",
        ),
        t(
          "reloads or restarts only what that concerns, and checks that the host works. What fails is put back. Needs root.",
        ),
        "",
        row("--dry-run", t("show what would be changed, and change nothing")),
        row("--json", t("print what was done as JSON, as docs/cli.md describes it")),
        "",
        t(
          "Exit codes: 0 the host is as it should be and works; 1 failed; 2 wrong use; 3 host.json is missing or wrong; 130 stopped.",
        ),
      ]);
    default:
      return overview(t);
  }
}

function usage(form: string, t: Translate): string {
  return t("Usage: {usage}", { usage: `gatehouse ${form}` });
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(18)} ${text}`;
}

function page(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
