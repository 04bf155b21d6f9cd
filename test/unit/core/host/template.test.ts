import assert from "node:assert/strict";
import { renderTemplate, TemplateError } from "../../../../src/core/host/template.ts";

const values = { name: "ide.example.com", yes: true, no: false, list: ["a", "b"], empty: [] };

describe("templates of the host's files", () => {
  const rendered: readonly [name: string, template: string, expected: string][] = [
    ["texts", "server_name {{name}} {{name}};", "server_name ide.example.com ide.example.com;"],
    ["braces of the file's own", "{ a { b } }\n}}\n", "{ a { b } }\n}}\n"],
    ["conditions", "a\n{{#if yes}}\nb\n{{else}}\nc\n{{end}}\nd\n", "a\nb\nd\n"],
    ["conditions that don't hold", "{{#if no}}\nb\n{{else}}\nc\n{{end}}\n", "c\n"],
    ["opposite conditions", "{{#unless no}}\nb\n{{end}}\n{{#unless yes}}\nc\n{{end}}\n", "b\n"],
    ["lists", "  {{#each list}}\n  - {{item}} {{name}}\n  {{end}}\n", "  - a ide.example.com\n  - b ide.example.com\n"],
    ["empty lists", "a\n{{#each empty}}\n{{item}}\n{{end}}\nb", "a\nb"],
    [
      "blocks in blocks",
      "{{#if yes}}\n{{#each list}}\n{{#if no}}\nx\n{{else}}\n{{item}}\n{{end}}\n{{end}}\n{{end}}\n",
      "a\nb\n",
    ],
  ];
  for (const [name, template, expected] of rendered) {
    it(`renders ${name}`, () => assert.equal(renderTemplate(template, values, "t"), expected));
  }

  const wrong: readonly [name: string, template: string, says: RegExp][] = [
    ["an unknown name", "x\n{{nam}}", /^t:2: nam is no text/],
    ["an unknown name where nothing is rendered", "{{#if no}}\n{{nam}}\n{{end}}", /t:2: nam/],
    ["a name of every object", "{{constructor}}", /constructor/],
    ["a condition for a text", "{{yes}}", /yes is no text/],
    ["a text for a condition", "{{#if name}}\n{{end}}", /name is no condition/],
    ["a text for a list", "{{#each name}}\n{{end}}", /name is no list/],
    ["an item outside of a list", "{{item}}", /item is no text/],
    ["a block without an end", "a\n{{#if yes}}\nb", /t:2: .*without an \{\{end\}\}/],
    ["an end without a block", "{{end}}", /belongs to nothing/],
    ["two elses", "{{#if yes}}\n{{else}}\n{{else}}\n{{end}}", /t:3: an \{\{else\}\} too many/],
    ["a directive amid a line", "a {{#if yes}} b", /line of its own/],
    ["an unknown directive", "{{#when yes}}", /unknown/],
    ["spaces in a name", "{{ name }}", /unknown/],
  ];
  for (const [name, template, says] of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => renderTemplate(template, values, "t"),
        (error) => error instanceof TemplateError && says.test(error.message),
      );
    });
  }

  it("takes a value as it is: what looks like a directive in it is none", () => {
    assert.equal(renderTemplate("{{a}}", { a: "{{b}} $& $1", b: "x" }, "t"), "{{b}} $& $1");
  });
});
