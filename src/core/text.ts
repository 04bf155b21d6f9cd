/**
 * Turns an English sentence into the reader's language. The English text is the key, as in vscode.l10n.t; `{name}` stands for an
 * argument. The editor passes vscode.l10n.t, the CLI its own reader of the same bundle (l10n/bundle.l10n.ja.json).
 *
 * Call it as `t` with a literal: a test collects every literal and holds the bundles equal to them.
 */
export type Translate = (message: string, args?: Readonly<Record<string, string | number>>) => string;

/** Fills `{name}`; an unknown name stays as it stands. */
export function fill(message: string, args: Readonly<Record<string, string | number>> = {}): string {
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => String(args[name] ?? whole));
}

export const english: Translate = fill;
