/** Where log lines go. Implementations pass every line through the redactor; lines are in English. */
export interface Log {
  debug(line: string): void;
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

/** For callers that keep no log. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
