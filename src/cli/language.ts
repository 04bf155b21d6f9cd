import type { Environment } from "./context.ts";

export { readBundle } from "../core/bundle.ts";

/** Languages with a bundle. */
const languages = ["ja"];

/** The language that the environment asks for, in the order of POSIX (XBD 8.2); "en" where there is no bundle for it. */
export function language(env: Environment): string {
  const locale = env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "";
  const [, name, , encoding] = /^([a-z]+)(_[A-Z]+)?(?:\.([\w-]+))?/.exec(locale) ?? [];
  // The output is UTF-8: in another encoding Japanese would be unreadable, and English never is.
  const readable = encoding === undefined || /^utf-?8$/i.test(encoding);
  return name !== undefined && readable && languages.includes(name) ? name : "en";
}
