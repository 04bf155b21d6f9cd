import type { LogOutputChannel } from "vscode";
import type { Log } from "../../core/log.ts";

/** The extension's log channel; every line passes the redactor first. */
export function channelLog(
  channel: Pick<LogOutputChannel, "debug" | "info" | "warn" | "error">,
  redact: (line: string) => string,
): Log {
  return {
    debug: (line) => channel.debug(redact(line)),
    info: (line) => channel.info(redact(line)),
    warn: (line) => channel.warn(redact(line)),
    error: (line) => channel.error(redact(line)),
  };
}
