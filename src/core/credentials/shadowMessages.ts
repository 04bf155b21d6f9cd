import type { Translate } from "../text.ts";
import type { OutdatedTool, Shadow } from "./shadow.ts";

/** What shadows the credentials, as two sentences: what wins over them, and what to do. */
export function describeShadow(shadow: Shadow, t: Translate): string {
  const { where, profile = "default" } = shadow;
  switch (shadow.kind) {
    case "environmentKeys":
      return t("{where} is set, and AWS tools prefer it. Unset it, or start the shell without it.", { where });
    case "assumeRole":
    case "webIdentity":
    case "sso":
    case "credentialsFile":
    case "login":
    case "process":
    case "configFile":
      if (shadow.profile === undefined)
        return t("{where} is set, and AWS tools prefer it. Unset it, or start the shell without it.", { where });
      return t(
        "The profile {profile} in {where} has credentials of its own, and AWS tools prefer them. Give it another name, or choose another profile.",
        { profile, where },
      );
    case "legacyFile":
      return t("{where} is set, and AWS tools prefer it. Unset it, or start the shell without it.", { where });
    case "missingProfile":
      return t(
        "{where} names the profile {profile}, which does not exist, so AWS tools stop. Unset it, or correct it.",
        { profile, where },
      );
    case "relativeUri":
    case "tokenVariable":
      return t("{where} is set beside Gatehouse's variables, and some AWS tools prefer it. Unset it.", { where });
    case "otherEndpoint":
      return t("{where} points to something other than Gatehouse. Unset it, or open a new terminal.", { where });
  }
}

/** A tool that is too old for the token file, with the version that would do. */
export function describeOutdated(outdated: OutdatedTool, t: Translate): string {
  const { version, needed } = outdated;
  return outdated.tool === "awsCli"
    ? t("AWS CLI {version} cannot read Gatehouse's credentials. Install {needed} or later, or use gatehouse exec.", {
        version,
        needed,
      })
    : t(
        "botocore {version} (boto3) cannot read Gatehouse's credentials. Install {needed} or later, or use gatehouse exec.",
        { version, needed },
      );
}
