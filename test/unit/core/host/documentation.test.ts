import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseApplicable } from "../../../../src/core/host/applicable.ts";
import { hostFiles } from "../../../../src/core/host/files.ts";
import { allowedAt, objects } from "../../../../src/core/host/hostSchema.ts";
import { goodHostFile } from "./nonsense.ts";

const text = readFileSync(join(import.meta.dirname, "../../../../docs/host.md"), "utf8");

describe("docs/host.md", () => {
  it("describes every key of host.json, and none that there isn't", () => {
    const keys = Object.entries(objects).flatMap(([path, names]) =>
      names.map((name) => (path === "" ? name : `${path}.${name}`)),
    );
    const section = text.slice(text.indexOf("## Keys"), text.indexOf("## Secrets"));
    const documented = [...section.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, key]) => key);
    assert.deepEqual(documented.sort(), keys.sort());
  });

  it("has an example that host apply takes", () => {
    const example = /```json\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
    const result = parseApplicable(example, "example");
    assert.ok("file" in result, JSON.stringify(result));
  });

  it("has pins in provisioning's page that host apply takes", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../../docs/provisioning.md"), "utf8");
    const pins = /```json\n("pins": [\s\S]*?)```/.exec(page)?.[1]?.replaceAll("…", "0".repeat(64)) ?? "";
    const result = parseApplicable(JSON.stringify({ ...goodHostFile, ...JSON.parse(`{${pins}}`) }), "example");
    assert.ok("file" in result, JSON.stringify(result));
    assert.equal(result.file.pins.codeServer?.url, undefined);
  });

  it("names every file that is rendered, and every unit", () => {
    for (const { path } of hostFiles) {
      const name = path.replace("/etc/gatehouse/nginx/", "").replace("/etc/gatehouse/", "");
      const covered = [name, "nginx/*.conf", "/etc/systemd/system/gatehouse-*"].some((known) =>
        known === "nginx/*.conf"
          ? path.startsWith("/etc/gatehouse/nginx/")
          : known.endsWith("*")
            ? path.startsWith(known.slice(0, -1))
            : text.includes(`${known}\``),
      );
      assert.ok(covered, path);
      const unit = /\/(gatehouse-[\w-]+)\.service$/.exec(path)?.[1];
      if (unit !== undefined) assert.ok(text.includes(`\`${unit}\``), unit);
    }
  });

  it("says what is allowed for every value that isn't an object", () => {
    for (const [path, names] of Object.entries(objects)) {
      for (const name of names) {
        const key = path === "" ? name : `${path}.${name}`;
        assert.ok(key in allowedAt || key in objects, key);
      }
    }
  });
});
