/** After everything else: no secret that was used lies where it may not (docs/security.md). */
import assert from "node:assert/strict";
import { join } from "node:path";
import { storageKinds } from "../storage.ts";
import type { GateWorld } from "./gateWorld.ts";

/** Directories of the host that are in memory. */
const inMemory = ["/run", "/tmp", "/dev/shm", "/var/tmp"];

/** What docs/security.md allows: label → beginnings of places in the host, or a place in the browser. Each is seen: the search isn't blind. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "secret of the gate's client": ["/etc/gatehouse/secrets/", "/run/credentials/gatehouse-oauth2-proxy.service/"],
  "secret of the cookies": ["/etc/gatehouse/secrets/", "/run/credentials/gatehouse-oauth2-proxy.service/"],
  "token of the endpoint": ["/run/gatehouse/terminal/", "/run/gatehouse-agent/"],
  "secret key": ["/run/gatehouse-agent/"],
  "session token": ["/run/gatehouse-agent/"],
  "a token": ["/run/gatehouse-agent/"],
  "session of alice at the gate": ["cookies"],
  "session of alice at managed login": ["cookies"],
};

export function leftBehindTests(world: () => GateWorld): void {
  it("is no password, code, token or key in the journal, files, processes or the browser", async function () {
    this.timeout(240_000);
    const { lab, secrets, page, browser, user } = world();
    const bytes = Buffer.from((await lab.run(["base64", "/etc/gatehouse/secrets/cookie-secret"])).stdout, "base64");
    assert.equal(bytes.length, 32);
    secrets.addBytes("secret of the cookies", bytes);
    secrets.add("token of the endpoint", (await lab.run(["cat", "/run/gatehouse/terminal/token"], { user })).stdout);
    for (const { value } of await browser.cookies(`https://${lab.pool.domain}`)) {
      if (value.length > 20) secrets.add("session of alice at managed login", value);
    }
    // What is planted has to be found, or the search proves nothing.
    await plantInHost(world());
    assert.deepEqual(await secrets.plantInBrowser(page.mainFrame()), storageKinds);
    await secrets.searchStorages(browser);
    secrets.searchProcesses();
    const journal = await lab.run(["journalctl", "--all", "--no-pager", "--output=export"]);
    secrets.searchText("the journal", withoutSizes(journal.stdout));
    secrets.searchText("the units", (await lab.run(["systemctl", "show", "gatehouse-*"])).stdout);
    const memory = `/proc/${world().initPid}/root`;
    for (const path of inMemory) secrets.searchFiles(`${memory}${path}`);
    const { written } = world();
    secrets.searchFiles(written);
    // The browser's files are whole when it has ended.
    for (const who of ["alice", "bob"]) {
      await world().closeBrowser(who);
      secrets.searchFiles(join(lab.directory, `browser-${who}`));
    }
    assert.deepEqual(secrets.missed, []);
    const seen = secrets.found.map((entry) => {
      const [label = "", ...place] = entry.split(" in ");
      return { label, place: place.join(" in ").replace(memory, "").replace(written, "") };
    });
    const suits = (place: string, beginning: string) => place.startsWith(beginning);
    const wrong = seen.filter(({ label, place }) => !allowed[label]?.some((beginning) => suits(place, beginning)));
    assert.deepEqual(wrong, []);
    const unseen = Object.entries(allowed).flatMap(([label, places]) =>
      places
        .filter((beginning) => !seen.some((each) => each.label === label && suits(each.place, beginning)))
        .map((place) => `${label} in ${place}`),
    );
    assert.deepEqual(unseen, []);
  });
}

/** Numbers of the access log that could be taken for a code. */
function withoutSizes(journal: string): string {
  return journal.replaceAll(/"(?:bytes|seconds)":[\d.]+/g, "");
}

/** A text in each kind of place: arguments, environment, the journal, and files on disk and in memory. */
async function plantInHost({ lab, secrets, user }: GateWorld): Promise<void> {
  const argument = secrets.marker("argument in the host", (place) => place.startsWith("arguments of "));
  const variable = secrets.marker("variable in the host", (place) => place.startsWith("environment of "));
  const process = 'PLANTED=$(cat); export PLANTED; sh -c "sleep 600; :" "$0" </dev/null >/dev/null 2>&1 &';
  await lab.run(["sh", "-c", process, argument], { user, input: variable });
  await lab.run(["logger"], { input: secrets.marker("line", (place) => place === "the journal") });
  for (const folder of ["/var/log", `/home/${user}`, "/var/lib/gatehouse-redis", "/run", "/tmp", "/dev/shm"]) {
    const path = `${folder}/planted`;
    await lab.run(["tee", path], { input: secrets.marker(`file in ${folder}`, (place) => place.endsWith(path)) });
  }
}
