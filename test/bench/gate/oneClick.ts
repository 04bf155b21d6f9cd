import type { BrowserContext, Page } from "playwright-core";
import { queryAws } from "../../cognito/aws.ts";
import { until } from "../../host/page.ts";
import type { HostLab } from "../../lab/host/hostLab.ts";
import { type Row, seconds } from "../measure.ts";
import { countInput } from "./signIn.ts";

/** What a person has to do in an editor that has just opened, until the host's terminals have keys that AWS takes. */
export async function oneClick(lab: HostLab, browser: BrowserContext, page: Page, user: string): Promise<Row> {
  const before = await lab.run(["gatehouse", "credentials"], { user, check: false });
  if (before.code === 0) throw new Error("There are credentials before anybody has signed in.");
  const item = page.locator(".statusbar-item").filter({ hasText: "Sign in to AWS" });
  await item.waitFor();
  const input = await countInput(browser);
  const started = performance.now();
  await item.click();
  const keys = await until("the host has AWS credentials", async () => {
    const answer = await lab.run(["gatehouse", "credentials"], { user, check: false });
    return answer.code === 0 ? (JSON.parse(answer.stdout) as Keys) : undefined;
  });
  const elapsed = performance.now() - started;
  const identity = await queryAws(
    lab.cognitoEndpoint,
    { accessKeyId: keys.AccessKeyId, secretAccessKey: keys.SecretAccessKey, sessionToken: keys.SessionToken },
    "sts",
    { Action: "GetCallerIdentity" },
  );
  if (!identity.includes(":assumed-role/")) throw new Error(`AWS answered ${identity}`);
  return {
    what: "from the gate's door (managed login passed) to AWS credentials that `GetCallerIdentity` takes",
    measured: `${input.clicks} click, ${input.keys} keys`,
    against: `${seconds(elapsed)} after the click`,
    goal: "1 click, 0 keys",
    reached: input.clicks === 1 && input.keys === 0,
  };
}

interface Keys {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
}
