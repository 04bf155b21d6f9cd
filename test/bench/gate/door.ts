import type { Cookie } from "playwright-core";
import { Authenticator } from "../../host/authenticator.ts";
import type { HostLab } from "../../lab/host/hostLab.ts";
import type { Row } from "../measure.ts";
import { withBrowser } from "./coldBrowser.ts";
import { oneClick } from "./oneClick.ts";
import { signInAtTheDoor } from "./signIn.ts";

/** A person who signs in at the gate, and then to AWS: what that took, and the cookies of both sessions. */
export async function throughTheDoor(
  lab: HostLab,
  user: string,
): Promise<{ readonly row: Row; readonly cookies: readonly Cookie[] }> {
  const { username, password, totpSecret } = lab.pool.enrolled;
  const authenticator = new Authenticator(totpSecret);
  const fresh = { browserArguments: () => lab.browserArguments, cookies: [] };
  return await withBrowser(fresh, lab.port, async (page, browser) => {
    await signInAtTheDoor(page, lab.url, { username, password, authenticator });
    const row = await oneClick(lab, browser, page, user);
    return { row, cookies: await browser.cookies() };
  });
}
