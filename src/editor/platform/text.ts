import type { l10n } from "vscode";
import type { Translate } from "../../core/text.ts";

/** The editor's translations (l10n/bundle.l10n.*.json) as a Translate. */
export function translator(api: Pick<typeof l10n, "t">): Translate {
  return (message, args) => (args === undefined ? api.t(message) : api.t(message, { ...args }));
}
