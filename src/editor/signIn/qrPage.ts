import type { Modules } from "../../core/qrCode.ts";
import { qrPath } from "../../core/qrPath.ts";
import type { Translate } from "../../core/text.ts";

export interface QrPage {
  readonly username: string;
  /** Base32. */
  readonly secret: string;
  /** Of the otpauth:// address. */
  readonly modules: Modules;
  readonly language: string;
  readonly nonce: string;
}

/**
 * The page with the QR code: one SVG and text, no script, nothing loaded from anywhere. The code stays dark on white in every
 * theme, because many apps can't read it the other way round.
 */
export function qrPage(page: QrPage, t: Translate): string {
  const size = page.modules.length + 8;
  const key = groups(page.secret)
    .map((group) => `<span>${escapeHtml(group)}</span>`)
    .join(" ");
  const text = (message: string): string => escapeHtml(message);
  return `<!DOCTYPE html>
<html lang="${escapeHtml(page.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${page.nonce}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(t("Set Up an Authenticator App"))}</title>
<style nonce="${page.nonce}">
body { margin: 0 auto; padding: 8rem 1.5rem 2rem; max-width: 44rem; line-height: 1.5;
  font-family: var(--vscode-font-family); font-size: var(--vscode-font-size); color: var(--vscode-foreground); }
/* Beside the text: below the input box and above an open terminal there are some 300 pixels. */
main { display: grid; grid-template-columns: 15rem 1fr; grid-template-rows: repeat(4, auto) 1fr; column-gap: 2rem; }
main > * { grid-column: 2; }
h1 { font-size: 1.4em; font-weight: 600; margin: 0 0 .5em; }
svg { width: 15rem; max-width: 100%; height: auto; background: #fff; border-radius: 6px; grid-column: 1; grid-row: 1 / -1; }
@media (max-width: 34rem) {
  main { display: block; text-align: center; }
  svg { margin: .5rem 0 1rem; }
}
p { margin: 0 0 .75em; }
code { font-family: var(--vscode-editor-font-family); font-size: 1.15em; color: var(--vscode-foreground);
  background: var(--vscode-textCodeBlock-background); border: 1px solid var(--vscode-widget-border, transparent); border-radius: 4px;
  display: inline-block; padding: .5em .8em; }
code span { display: inline-block; margin: 0 .15em; }
.hint { color: var(--vscode-descriptionForeground); }
</style>
</head>
<body>
<main>
<h1>${text(t("Set Up an Authenticator App"))}</h1>
<p>${text(t("Scan this code with the app on your phone, then enter the 6 digits that it shows above."))}</p>
<svg viewBox="0 0 ${size} ${size}" role="img" aria-label="${text(
    t("QR code for {username}. The key below it says the same.", { username: page.username }),
  )}" shape-rendering="crispEdges"><path fill="#000" d="${qrPath(page.modules)}"/></svg>
<p>${text(t("No camera? Enter this key in the app:"))}</p>
<p><code>${key}</code></p>
<p class="hint">${text(t("Time based, 6 digits, 30 seconds. Show it to nobody: whoever has the key can make your codes."))}</p>
</main>
</body>
</html>`;
}

/** The key in groups of four, as people read it out. */
export function groups(secret: string): string[] {
  return secret.match(/.{1,4}/g) ?? [];
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
