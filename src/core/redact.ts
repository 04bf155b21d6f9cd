/**
 * The one place where secrets are taken out of text that people or files get to see. Two nets: exact values that the agent knows
 * (`remember`), and shapes that secrets have, for those that it doesn't.
 */

export interface Redactor {
  /** The text with every secret replaced by a word in brackets. */
  redact(text: string): string;
  /** From now on takes out this very value, also as JSON or a URL would write it. Answers how to forget it again. */
  remember(secret: string): () => void;
}

/**
 * Shapes, in the order in which they are tried: those with a name around them first. None of them may take more than linear time:
 * what is repeated has a bound, or can start in one place only.
 */
const shapes: readonly (readonly [RegExp, string])[] = [
  // Key Uri Format: the secret is a parameter, the account another.
  [/otpauth:\/\/[^\s"'`<>]+/gi, "[otpauth]"],
  // Header lines, also as JSON writes them.
  [/((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[:=]\s*["']?)[^\r\n"']+/gi, "$1$2[header]"],
  // user:password@ in an address (a proxy's, for example).
  [/(:\/\/)[^\s/@:"']{0,256}:[^\s/@"']{1,256}@/g, "$1[user]@"],
  // JSON, form, environment and command-line fields whose value is a secret, whatever it looks like.
  [
    /((?:pass(?:word|wd|phrase)|secret(?:_?access_?key|_?key|_?code|_?hash|_?block)?|token|client_?secret|signature|claim_?signature|code_?verifier|otp|totp)["']?\s*[:=]\s*)("(?:[^"\\]|\\.){0,4096}"?|'(?:[^'\\]|\\.){0,4096}'?|[^\s,;&"'{}[\]]+)/gi,
    "$1[secret]",
  ],
  // Cognito's session strings have 20 characters at least; "session: renewed" is a line of our own.
  [/(session["']?\s*[:=]\s*["']?)[^\s"',;&{}[\]]{20,}/gi, "$1[secret]"],
  [/((?:code|mfa|pin)["']?\s*[:=]\s*["']?)\d{4,10}\b/gi, "$1[code]"],
  [/([?&](?:code|state)=)[^\s&#"']+/gi, "$1[secret]"],
  // RFC 7519 and RFC 7516 (Cognito's refresh token is a JWE of five parts).
  [/\beyJ[\w-]{5,}(?:\.[\w-]*){1,4}/g, "[token]"],
  // IAM unique ids: keys, not roles or users, which name no secret.
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,28}\b/g, "[access key]"],
  // Session tokens, session strings, SRP values: nothing else in a log is that long and unbroken.
  [/[A-Za-z0-9+/_=%-]{100,}/g, "[long secret]"],
  // A TOTP key in base32; words and ids are not that long in these letters alone.
  [/\b[A-Z2-7]{26,}\b=*/g, "[key]"],
  // 40 characters of base64 with large and small letters and a digit: a secret access key. (A hash in hexadecimal has no large ones.)
  [
    /(?<![A-Za-z0-9/+=_.-])(?=[^\s]{0,39}[A-Z])(?=[^\s]{0,39}[a-z])(?=[^\s]{0,39}\d)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_.-])/g,
    "[secret key]",
  ],
];

/** Values shorter than this would take out ordinary words. */
const shortest = 4;

export function createRedactor(): Redactor {
  const known = new Map<string, number>();
  let sorted: string[] | undefined;

  return {
    redact(text) {
      let result = text;
      // The longest first, or a part of it would hide the whole.
      sorted ??= [...known.keys()].sort((one, other) => other.length - one.length);
      for (const secret of sorted) {
        if (result.includes(secret)) result = result.replaceAll(secret, "[secret]");
      }
      for (const [shape, replacement] of shapes) result = result.replace(shape, replacement);
      return result;
    },
    remember(secret) {
      const forms = new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
      const added = [...forms].filter((form) => form.length >= shortest);
      for (const form of added) known.set(form, (known.get(form) ?? 0) + 1);
      sorted = undefined;
      let forgotten = false;
      return () => {
        if (forgotten) return;
        forgotten = true;
        for (const form of added) {
          const count = (known.get(form) ?? 0) - 1;
          if (count > 0) known.set(form, count);
          else known.delete(form);
        }
        sorted = undefined;
      };
    },
  };
}
