/**
 * What a browser shows when it has come back. A page without script, picture or link, that repeats nothing of what was sent to it:
 * its address still holds the code and the state, which are worth nothing by then.
 */
import { createHash } from "node:crypto";
import type { Language } from "../core/cognito/managedLogin.ts";
import type { Problem } from "../core/errors.ts";
import { describe } from "../core/messages.ts";
import type { Translate } from "../core/text.ts";
import type { Outcome } from "./callbackServer.ts";

export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer;
}

const style =
  ":root{color-scheme:light dark}" +
  "body{margin:0;min-height:100vh;display:grid;place-items:center;font:1rem/1.6 system-ui,sans-serif}" +
  "main{max-width:34rem;padding:2rem;box-sizing:border-box;text-align:center;text-wrap:balance}" +
  "h1{font-size:1.5rem;line-height:1.3;margin:0 0 .75rem}" +
  "p{margin:.5rem 0}" +
  ".mark{font-size:2.5rem;line-height:1;color:#1a7f37}" +
  ".no .mark{color:#b3261e}" +
  "@media(prefers-color-scheme:dark){.mark{color:#57c26f}.no .mark{color:#ff8a80}}";

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** @param outcome `problem` undefined: the person is signed in */
export function renderPage({ problem, notice }: Outcome, language: Language, t: Translate): Page {
  const title = problem === undefined ? t("Sign-in complete") : t("Sign-in failed");
  const told = problem ?? notice;
  const lines = [
    ...(told === undefined ? [] : [describe(plain(told), t)]),
    problem === undefined
      ? t("Go back to where you came from. You can close this page.")
      : t("Nothing has changed in your session. You can close this page."),
  ];
  const paragraphs = lines.map((line) => `<p>${escapeHtml(line)}</p>`).join("\n");
  const html = `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)} – Gatehouse</title>
<style>${style}</style>
</head>
<body${problem === undefined ? "" : ' class="no"'}>
<main>
<div class="mark" aria-hidden="true">${problem === undefined ? "✓" : "✕"}</div>
<h1>${escapeHtml(title)}</h1>
${paragraphs}
</main>
</body>
</html>
`;
  const body = Buffer.from(html);
  return {
    status: problem === undefined ? 200 : statusOf(problem),
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Length": body.length,
      "Content-Language": language,
      "Content-Security-Policy": policy,
      "Cache-Control": "no-store",
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
      "X-Frame-Options": "DENY",
      "Cross-Origin-Opener-Policy": "same-origin",
      // The next request is another sign-in's, or none.
      Connection: "close",
    },
    body,
  };
}

/** Of the languages that there are the one that the browser likes best (RFC 9110, 12.5.4); English if in doubt. */
export function preferredLanguage(acceptLanguage: string | undefined): Language {
  let best: { readonly language: Language; readonly quality: number } | undefined;
  for (const range of (acceptLanguage ?? "").slice(0, 512).split(",")) {
    const [, tag, quality = "1"] = /^\s*(en|ja)(?:-[\w-]+)?\s*(?:;\s*q=([\d.]+))?\s*$/i.exec(range) ?? [];
    if (tag === undefined || Number(quality) <= (best?.quality ?? 0)) continue;
    best = { language: tag.toLowerCase() as Language, quality: Number(quality) };
  }
  return best?.language ?? "en";
}

/** Without texts, which came from elsewhere. */
function plain({ code, params = {} }: Problem): Problem {
  return { code, params: Object.fromEntries(Object.entries(params).filter(([, value]) => typeof value === "number")) };
}

function statusOf({ code }: Problem): number {
  if (code === "emailMismatch") return 403;
  return code === "unreachable" || code === "tls" || code === "serverError" || code === "throttled" ? 502 : 400;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
