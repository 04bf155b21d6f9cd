/** What the IDE's user asks of systemd and the login manager, and is denied. */
import type { Host } from "./places.ts";
import { ideUnit } from "./places.ts";

const verbs = [
  "start",
  "stop",
  "restart",
  "try-restart",
  "reload",
  "kill",
  "clean",
  "freeze",
  "set-property UNIT CPUWeight=5",
];

/** Whole commands that name no unit of ours. */
const others = [
  "systemctl daemon-reload",
  "systemctl daemon-reexec",
  "systemctl set-environment LD_PRELOAD=/tmp/x.so",
  "systemctl reboot",
  "systemctl poweroff",
  "systemctl isolate rescue.target",
  "systemctl restart dbus.service",
  "systemctl stop systemd-journald.service",
  "systemctl mask gatehouse-fence.service",
  "systemctl disable gatehouse-fence.service",
  "systemctl enable /tmp/own.service",
  "systemctl link /tmp/own.service",
  "systemctl revert gatehouse-agent.service",
  "systemd-run --no-ask-password id",
  "systemd-run --no-ask-password --uid=0 --unit=gatehouse-code-server.service id",
  "busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager SetLogLevel s debug",
  "busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager AttachProcessesToUnit ssau gatehouse-agent.service / 0",
];

/** Every unit of ours, sockets included. */
export async function everyUnit(host: Host): Promise<string[]> {
  const { stdout } = await host.run(["systemctl", "list-unit-files", "--no-legend", "--plain", "gatehouse-*"]);
  return stdout.split("\n").flatMap((line) => line.split(/\s+/)[0] || []);
}

/** A script for `sh -s` that asks one after the other and prints `EXIT-CODE COMMAND: ANSWER`. */
export function refusals(units: readonly string[]): string {
  const asked = units.flatMap((unit) =>
    verbs
      .filter((verb) => !(unit === ideUnit && verb === "restart"))
      .map((verb) => {
        const [word = "", ...rest] = verb.split(" ");
        return rest.length === 0
          ? `systemctl ${word} ${unit}`
          : `systemctl ${word} ${verb.slice(word.length + 1).replace("UNIT", unit)}`;
      }),
  );
  return [...asked, ...others]
    .map((command) => {
      const quiet = command.startsWith("systemctl ")
        ? command.replace("systemctl ", "systemctl --no-ask-password ")
        : command;
      return `answer=$(timeout 20 ${quiet} </dev/null 2>&1); echo "$? ${command}: $(echo "$answer" | head -1)"`;
    })
    .join("\n");
}

/** Whether a line of that script's output says that it was refused. */
export function isDenied(line: string): boolean {
  return /^[1-9]\d* .*(Access denied|not available on non-delegated units|Interactive authentication required|Permission denied)/.test(
    line,
  );
}
