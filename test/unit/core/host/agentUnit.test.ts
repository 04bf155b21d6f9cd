import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { memoryFlags } from "../../../../src/agent/flags.ts";

const unit = (name: string) => readFileSync(join(import.meta.dirname, "../../../../deploy/host/systemd", name), "utf8");

describe("the agent's unit", () => {
  it("starts Node with the flags of src/agent/flags.ts and without a debugger", () => {
    const [, command = ""] = /^ExecStart=(.*)$/m.exec(unit("gatehouse-agent.service")) ?? [];
    for (const flag of [...memoryFlags, "--disable-sigusr1"]) assert.ok(command.split(" ").includes(flag), flag);
  });

  it("gets the sockets that its code knows by name", () => {
    const sockets = (/^Sockets=(.*)$/m.exec(unit("gatehouse-agent.service"))?.[1] ?? "").split(" ");
    const names = sockets.map((socket) => /^FileDescriptorName=(\w+)$/m.exec(unit(socket))?.[1]);
    assert.deepEqual(names.sort(), ["agent", "callback", "endpoint"]);
  });
});
