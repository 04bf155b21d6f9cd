import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lab/cache.ts";
import type { Row } from "./measure.ts";

/** Of the minified bundles and of the package, as they are. */
export function sizes(vsix: string): Row[] {
  const extension = statSync(join(root, "dist", "extension.js")).size;
  const hasSdk = /@aws-sdk|smithy/i.test(readFileSync(join(root, "dist", "extension.js"), "utf8"));
  const whole = statSync(vsix).size;
  return [
    row(
      "dist/extension.js, minified",
      extension,
      60_000,
      hasSdk ? "CONTAINS THE AWS SDK" : "no AWS SDK in it",
      !hasSdk,
    ),
    row(
      "dist/onDemand.js, which it loads when somebody signs in",
      statSync(join(root, "dist", "onDemand.js")).size,
      60_000,
      "",
      true,
    ),
    row("the VSIX", whole, 600_000, "", true),
  ];
}

function row(what: string, size: number, budget: number, against: string, also: boolean): Row {
  return {
    what,
    measured: `${(size / 1000).toFixed(1)} KB`,
    against,
    goal: `≤ ${budget / 1000} KB`,
    reached: also && size <= budget,
  };
}
