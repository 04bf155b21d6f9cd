/** What is left where a lab and its watchdog were both killed too hard. */
import { readdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processesOf } from "../processes.ts";
import { findControlGroups, removeControlGroup } from "./cgroup.ts";
import { profilePrefix } from "./openBrowser.ts";

const prefix = "gatehouse-lab-";

/** Removes directories and control groups of labs that have no process any more. */
export async function removeOrphans(): Promise<void> {
  for (const name of findControlGroups(prefix)) {
    if (processesOf(name).length === 0) await removeControlGroup(name).catch(() => {});
  }
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(prefix) && !name.startsWith(profilePrefix)) continue;
    const path = join(tmpdir(), name);
    // One that is just being made has no process yet.
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 60_000 && processesOf(path).length === 0) await rm(path, { recursive: true, force: true });
  }
}
