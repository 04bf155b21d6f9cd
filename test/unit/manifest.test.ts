import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { settingDefaults } from "../../src/editor/platform/settings.ts";
import {
  authenticationProviderId,
  commands,
  contextKeys,
  settings,
  terminalProfileId,
  walkthroughId,
} from "../../src/manifest.ts";

const root = join(import.meta.dirname, "..", "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const json = <T>(file: string) => JSON.parse(read(file)) as T;

interface Setting {
  readonly type: string;
  readonly default: unknown;
  readonly scope: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly enumDescriptions?: readonly string[];
}
interface Manifest {
  readonly icon: string;
  readonly l10n: string;
  readonly main: string;
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly activationEvents: readonly string[];
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string;
      readonly title: string;
      readonly category: string;
      readonly icon: string;
      readonly enablement?: string;
    }[];
    readonly configuration: { readonly properties: Readonly<Record<string, Setting>> };
    readonly authentication: readonly { readonly id: string }[];
    readonly terminal: { readonly profiles: readonly { readonly id: string }[] };
    readonly walkthroughs: readonly {
      readonly id: string;
      readonly steps: readonly {
        readonly id: string;
        readonly media: { readonly svg: string };
        readonly completionEvents: readonly string[];
      }[];
    }[];
  };
}

const manifest = json<Manifest>("package.json");
const { contributes } = manifest;
const english = json<Record<string, string>>("package.nls.json");
const japanese = json<Record<string, string>>("package.nls.ja.json");
const properties = contributes.configuration.properties;
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && file !== "manifest.ts")
  .map((file) => read(join("src", file)))
  .join("\n");

describe("package.json", () => {
  it("contributes exactly the commands of the manifest, each with a title, the category and a theme icon", () => {
    assert.deepEqual(contributes.commands.map(({ command }) => command).sort(), Object.values(commands).sort());
    for (const { command, title, category, icon } of contributes.commands) {
      assert.match(title, /^%command\.\w+%$/, command);
      assert.equal(category, "Gatehouse", command);
      assert.match(icon, /^\$\([a-z-]+\)$/, command);
    }
  });

  it("has exactly the settings of the manifest, out of a workspace's reach, with a sentence each", () => {
    assert.deepEqual(Object.keys(properties).sort(), Object.values(settings).sort());
    for (const [id, setting] of Object.entries(properties)) {
      assert.equal(setting.scope, "machine", id);
      assert.match(setting.description ?? "", /^%setting\.\w+%$/, id);
      assert.equal(setting.enumDescriptions?.length, setting.enum?.length, id);
    }
    assert.deepEqual(
      [...manifest.capabilities.untrustedWorkspaces.restrictedConfigurations].sort(),
      Object.values(settings).sort(),
    );
  });

  it("has the defaults that the reader of the settings has", () => {
    assert.deepEqual(
      Object.fromEntries(Object.entries(properties).map(([id, setting]) => [id, setting.default])),
      settingDefaults,
    );
  });

  it("uses no context key but those of the manifest, and each of them is set by the editor", () => {
    const keys = Object.values<string>(contextKeys);
    const used = read("package.json").match(/\bgatehouse\.(?:configured|signedIn|\w+)(?=")/g) ?? [];
    const conditions = contributes.commands.flatMap(({ enablement }) => enablement?.match(/[\w.]+/g) ?? []);
    const events = contributes.walkthroughs
      .flatMap(({ steps }) => steps.flatMap(({ completionEvents }) => completionEvents))
      .filter((event) => event.startsWith("onContext:"))
      .map((event) => event.slice("onContext:".length));
    for (const key of [...conditions, ...events]) assert.ok(keys.includes(key), key);
    assert.ok(used.length > 0);
    for (const name of Object.keys(contextKeys)) assert.match(sources, new RegExp(`contextKeys\\.${name}\\b`));
  });

  it("registers the provider, the terminal profile and the walkthrough under the manifest's ids", () => {
    assert.deepEqual(
      contributes.authentication.map(({ id }) => id),
      [authenticationProviderId],
    );
    assert.deepEqual(
      contributes.terminal.profiles.map(({ id }) => id),
      [terminalProfileId],
    );
    assert.deepEqual(
      contributes.walkthroughs.map(({ id }) => id),
      [walkthroughId],
    );
    const steps = contributes.walkthroughs[0]?.steps ?? [];
    assert.ok(steps.length >= 3 && steps.length <= 5);
    for (const { id } of steps) assert.ok(id.startsWith(`${walkthroughId}.`), id);
  });

  it("links to commands that there are", () => {
    for (const texts of [english, japanese])
      for (const text of Object.values(texts))
        for (const [, command] of text.matchAll(/\(command:(gatehouse[\w.]+)\)/g))
          assert.ok(Object.values<string>(commands).includes(command ?? ""), command);
    const events = contributes.walkthroughs.flatMap(({ steps }) => steps.flatMap((step) => step.completionEvents));
    for (const event of events) {
      const command = /^onCommand:(gatehouse.*)$/.exec(event)?.[1];
      if (command !== undefined) assert.ok(Object.values<string>(commands).includes(command), command);
    }
  });

  it("names each text in English and Japanese, and none that is not used", () => {
    const used = [...read("package.json").matchAll(/"%([\w.]+)%"/g)].map((match) => match[1] ?? "");
    assert.deepEqual(Object.keys(english).sort(), [...new Set(used)].sort());
    assert.deepEqual(Object.keys(japanese).sort(), Object.keys(english).sort());
    for (const [key, text] of Object.entries(japanese)) assert.notEqual(text.trim(), "", key);
  });

  it("points to pictures that are there, that follow the theme and run no script, and none is left over", () => {
    assert.ok(existsSync(join(root, manifest.icon)));
    const pictures = contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.svg));
    for (const picture of pictures) {
      assert.match(read(picture), /var\(--vscode-/, picture);
      assert.doesNotMatch(read(picture), /<script|href|url\(/i, picture);
    }
    const there = readdirSync(join(root, "media", "walkthrough")).map((file) => `media/walkthrough/${file}`);
    assert.deepEqual(there.sort(), [...pictures].sort());
  });

  it("is activated by the start alone, for the API that it is typed against", () => {
    assert.deepEqual(manifest.activationEvents, ["onStartupFinished"]);
    assert.equal(manifest.engines.vscode, `^${manifest.devDependencies["@types/vscode"]}`);
  });
});
