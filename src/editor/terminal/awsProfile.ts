import type { Memento, window as windowApi } from "vscode";
import { addGatehouseProfile, type ProfileResult } from "../../core/credentials/awsFiles.ts";
import { GatehouseError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Translate } from "../../core/text.ts";
import type { GatehouseCommand } from "./profile.ts";

export interface AwsProfileDeps {
  readonly window: Pick<typeof windowApi, "showInformationMessage">;
  readonly memory: Pick<Memento, "get" | "update">;
  readonly gatehouse: GatehouseCommand;
  /** dist/bin/gatehouse: in desktop VS Code, whose Node is Electron, a script has to start the CLI. */
  readonly script: string;
  readonly electron: boolean;
  readonly region: () => string | undefined;
  readonly log: Log;
  readonly t: Translate;
  /** For tests. */
  readonly add?: typeof addGatehouseProfile;
}

const key = "awsProfile";

/** Adds the profile that gives debug consoles and other extensions the session's credentials, and says so. */
export async function addProfile(deps: AwsProfileDeps): Promise<void> {
  const { t } = deps;
  const { outcome, path } = await write(deps);
  if (outcome === "different") {
    void deps.window.showInformationMessage(
      t("{path} has a profile named gatehouse that is not ours. Nothing was changed.", { path }),
    );
    return;
  }
  await deps.memory.update(key, "added");
  void deps.window.showInformationMessage(
    t("The AWS profile gatehouse is in {path}. Choose it in tools that are not started from a terminal.", { path }),
  );
}

/** Offers the profile at a sign-in, until it was answered; once added it is kept up to date without a word. */
export async function offerProfile(deps: AwsProfileDeps): Promise<void> {
  const { memory, t } = deps;
  const answer = memory.get<string>(key);
  if (answer === "never") return;
  if (answer === "added") {
    // The command's path holds the extension's version.
    await write(deps).catch((error: unknown) => deps.log.warn(`AWS profile: ${String(error)}`));
    return;
  }
  if (answer === "later") return;
  await memory.update(key, "later");
  const [add, later, never] = [t("Add"), t("Not Now"), t("Never")];
  const pressed = await deps.window.showInformationMessage(
    t(
      "Debuggers and other extensions can use your AWS session, too. Add a profile named gatehouse to your AWS configuration?",
    ),
    add,
    later,
    never,
  );
  if (pressed === add) await addProfile(deps);
  if (pressed === never) await memory.update(key, "never");
}

async function write({ gatehouse, script, electron, region, add, t }: AwsProfileDeps): Promise<ProfileResult> {
  const command = electron ? [script, "credentials"] : [gatehouse.node, gatehouse.script, "credentials"];
  const named = region();
  try {
    return await (add ?? addGatehouseProfile)({ command, ...(named === undefined ? {} : { region: named }) });
  } catch (error) {
    const detail = error instanceof RangeError ? t("a path that AWS tools do not all read alike") : String(error);
    throw new GatehouseError("internal", { detail }, { cause: error });
  }
}
