import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { renderTemplate } from "../../../../src/core/host/template.ts";

const template = readFileSync(join(import.meta.dirname, "../../../../deploy/host/polkit/gatehouse.rules"), "utf8");
const manageUnits = "org.freedesktop.systemd1.manage-units";

type Details = Readonly<Record<string, string>>;
type Ask = (user: string, id: string, details?: Details) => string;

/** The rule as polkit runs it. */
function ruleOf(profile: "strict" | "developer"): Ask {
  const values = { user: "developer", strict: profile === "strict" };
  let rule = (_action: object, _subject: object): string => "no rule";
  const Result = { YES: "yes", NO: "no", NOT_HANDLED: "not handled" };
  const polkit = {
    Result,
    addRule(added: typeof rule) {
      rule = added;
    },
  };
  runInNewContext(renderTemplate(template, values, "gatehouse.rules"), { polkit });
  return (user, id, details = {}) => rule({ id, lookup: (key: string) => details[key] }, { user });
}

describe("the polkit rule", () => {
  const unit = "gatehouse-code-server.service";

  it("lets the IDE's user restart the editor, and do nothing else", () => {
    const ask = ruleOf("strict");
    assert.equal(ask("developer", manageUnits, { unit, verb: "restart" }), "yes");
    const refused: readonly Details[] = [
      {},
      { unit },
      { verb: "restart" },
      { unit, verb: "" },
      ...["start", "stop", "kill", "set-property", "Restart", "restart "].map((verb) => ({ unit, verb })),
      ...[
        "gatehouse-agent.service",
        `${unit}.d`,
        `x${unit}`,
        "constructor",
        "__proto__",
        "toString",
        "dbus.service",
      ].map((other) => ({ unit: other, verb: "restart" })),
    ];
    for (const details of refused) assert.equal(ask("developer", manageUnits, details), "no", JSON.stringify(details));
    for (const id of [
      "org.freedesktop.systemd1.manage-unit-files",
      "org.freedesktop.systemd1.reload-daemon",
      "org.freedesktop.login1.reboot",
      "org.freedesktop.login1.set-self-linger",
      "org.freedesktop.policykit.exec",
    ]) {
      assert.equal(ask("developer", id, { unit, verb: "restart" }), "no", id);
    }
  });

  it("says nothing of other users, and with the profile developer leaves the rest to the system", () => {
    assert.equal(ruleOf("strict")("root", manageUnits, { unit, verb: "restart" }), "not handled");
    const ask = ruleOf("developer");
    assert.equal(ask("developer", manageUnits, { unit, verb: "restart" }), "yes");
    assert.equal(ask("developer", manageUnits, { unit, verb: "stop" }), "not handled");
    assert.equal(ask("developer", "org.freedesktop.login1.reboot"), "not handled");
  });
});
