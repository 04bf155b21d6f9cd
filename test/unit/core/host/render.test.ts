import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ApplicableHostFile, parseApplicable } from "../../../../src/core/host/applicable.ts";
import { hostFiles } from "../../../../src/core/host/files.ts";
import { type RenderedFile, renderAll } from "../../../../src/core/host/render.ts";
import { hostValues } from "../../../../src/core/host/values.ts";
import { goodHostFile } from "./nonsense.ts";
import { debianFacts } from "./values.test.ts";

const folder = join(import.meta.dirname, "../../../../deploy/host");
const parsed = parseApplicable(JSON.stringify(goodHostFile), "f");
assert.ok("file" in parsed);
const { file } = parsed;

const amazonFacts = { ...debianFacts, nginxVersion: "1.30.5", redisServer: "/usr/bin/redis6-server" };
const variants = [debianFacts, amazonFacts].flatMap((facts) =>
  [true, false].flatMap((http2) =>
    (["strict", "developer"] as const).map((profile) => ({ facts, file: { ...file, http2, profile } })),
  ),
);

function render(given: ApplicableHostFile = file, facts = debianFacts): RenderedFile[] {
  return renderAll(hostFiles, hostValues(given, facts), (template) => readFileSync(join(folder, template), "utf8"));
}

function content(files: readonly RenderedFile[], path: string): string {
  const found = files.find((each) => each.path === path);
  assert.ok(found, path);
  return found.content;
}

describe("the host's files", () => {
  for (const { facts, file: given } of variants) {
    it(`render for nginx ${facts.nginxVersion}, HTTP/2 ${given.http2 ? "on" : "off"}, profile ${given.profile}`, () => {
      const files = render(given, facts);
      assert.ok(files.length > 20);
      for (const { path, content, mode, owner, group } of files) {
        assert.doesNotMatch(content, /\{\{|= *undefined|\[object/, path);
        assert.match(content, /\n$/, path);
        assert.equal(mode & 0o022, 0, `${path} can be written by others`);
        assert.match(`${owner}:${group}`, /^[\w-]+:[\w-]+$/);
      }
      const server = content(files, "/etc/gatehouse/nginx/server.conf");
      assert.equal(/^\s*http2 on;/m.test(server), given.http2 && facts === amazonFacts);
      assert.equal(/listen .* http2\b/.test(server), given.http2 && facts === debianFacts);
    });
  }

  it("have each a path, a template, and reactions of units that there are", () => {
    const paths = hostFiles.map(({ path }) => path);
    assert.deepEqual(paths.length, new Set(paths).size);
    for (const { path, template, reactions } of hostFiles) {
      assert.ok(existsSync(join(folder, template)), template);
      assert.match(path, /^\/(etc|usr\/local)\//);
      for (const { unit } of reactions) assert.ok(paths.includes(`/etc/systemd/system/${unit}`), `${path}: ${unit}`);
    }
  });

  it("leave out no template", () => {
    const used = new Set(hostFiles.map(({ template }) => template));
    const rendered = [
      "nginx",
      "oauth2-proxy",
      "redis",
      "systemd",
      "polkit",
      "nftables",
      "sysusers",
      "tmpfiles",
      "sudoers",
    ];
    const there = rendered.flatMap((name) => readdirSync(join(folder, name)).map((each) => `${name}/${each}`));
    assert.deepEqual(
      there.filter((template) => !used.has(template)),
      [],
    );
  });

  it("hold every value of host.json as it is", () => {
    const files = render({ ...file, gate: { ...file.gate, sessionHours: 9, refreshMinutes: 33 } });
    assert.equal(content(files, "/etc/gatehouse/allowed-emails").includes("bob.b+ide@example.com"), true);
    const proxy = content(files, "/etc/gatehouse/oauth2-proxy.cfg");
    for (const text of ['"9h"', '"33m"', '"開発者"', '"2gate3456789"']) assert.ok(proxy.includes(text), text);
    assert.match(content(files, "/etc/gatehouse/nftables.conf"), /"cwagent"/);
  });

  it("let by e-mail, by group, or by both", () => {
    const byEmail = render({ ...file, gate: { ...file.gate, allowedGroups: [] } });
    assert.doesNotMatch(content(byEmail, "/etc/gatehouse/oauth2-proxy.cfg"), /^allowed_groups/m);
    const byGroup = render({ ...file, gate: { ...file.gate, allowedEmails: [] } });
    assert.equal(
      byGroup.find(({ path }) => path === "/etc/gatehouse/allowed-emails"),
      undefined,
    );
    assert.match(content(byGroup, "/etc/gatehouse/oauth2-proxy.cfg"), /^email_domains = \[ "\*" \]/m);
  });

  it("take lingering back at boot with the profile strict, and leave it with developer", () => {
    const lines = (profile: "strict" | "developer") =>
      content(render({ ...file, profile }), "/etc/tmpfiles.d/gatehouse.conf").match(/^[rR].*$/gm);
    assert.deepEqual(lines("strict"), [`r /var/lib/systemd/linger/${file.user}`]);
    assert.equal(lines("developer"), null);
  });

  it("are rendered with the same bytes each time: nothing of the time or the run is in them", () => {
    assert.deepEqual(render(), render());
  });
});
