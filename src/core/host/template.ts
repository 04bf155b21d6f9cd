/**
 * The templates of deploy/host: the real files with a strict little syntax. `{{name}}` stands for a text; `{{#if name}}`,
 * `{{#unless name}}`, `{{#each list}}` (in it `{{item}}`), `{{else}}` and `{{end}}` stand on lines of their own, which vanish. Nothing is
 * escaped here: the schema of host.json lets no value in that could mean something in the files that are rendered.
 */

/** What a template may name: texts, conditions and lists. Own properties only. */
export type TemplateValues = Readonly<Record<string, string | boolean | readonly string[]>>;

/** A template that can't be rendered: a mistake of ours, never of host.json. The message names file and line. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

interface Block {
  readonly kind: "if" | "unless" | "each";
  readonly name: string;
  readonly line: number;
  readonly body: Part[];
  otherwise: Part[] | undefined;
}

type Part = { readonly text: string; readonly line: number } | Block;

const directive = /^[ \t]*\{\{(#if|#unless|#each|else|end)(?: (\w+))?\}\}[ \t]*$/;

/**
 * Renders a template. Names are checked in branches that aren't taken, too.
 *
 * @param source names the template in errors
 * @throws TemplateError for an unknown name, a name of another type than its place asks for, and wrong syntax
 */
export function renderTemplate(template: string, values: TemplateValues, source: string): string {
  const parts = parse(template, source);
  check(parts, values, source, false);
  return render(parts, values, undefined).join("\n");
}

function parse(template: string, source: string): Part[] {
  const top: Part[] = [];
  const open: Block[] = [];
  let target = top;
  for (const [index, text] of template.split("\n").entries()) {
    const line = index + 1;
    const [, word, name] = directive.exec(text) ?? [];
    const block = open.at(-1);
    if (word === undefined) {
      if (/\{\{(?!\w+\}\})/.test(text)) fail(source, line, "a directive that is unknown or not on a line of its own");
      target.push({ text, line });
    } else if (word === "else" || word === "end") {
      if (block === undefined || name !== undefined) fail(source, line, `{{${word}}} that belongs to nothing`);
      if (word === "else") {
        if (block.otherwise !== undefined || block.kind === "each") fail(source, line, "an {{else}} too many");
        block.otherwise = target = [];
      } else {
        open.pop();
        const parent = open.at(-1);
        target = parent === undefined ? top : (parent.otherwise ?? parent.body);
      }
    } else {
      if (name === undefined) fail(source, line, `{{${word}}} without a name`);
      const kind = word.slice(1) as Block["kind"];
      const made: Block = { kind, name, line, body: [], otherwise: undefined };
      target.push(made);
      open.push(made);
      target = made.body;
    }
  }
  const [first] = open;
  if (first !== undefined) fail(source, first.line, `{{#${first.kind} ${first.name}}} without an {{end}}`);
  return top;
}

function check(parts: readonly Part[], values: TemplateValues, source: string, inEach: boolean): void {
  for (const part of parts) {
    if ("text" in part) {
      for (const [, name = ""] of part.text.matchAll(/\{\{(\w+)\}\}/g)) {
        if (name === "item" && inEach) continue;
        expect(typeof lookUp(values, name) === "string", name, "text", part.line);
      }
      continue;
    }
    const { kind, name, line } = part;
    const value = lookUp(values, name);
    if (kind === "each") expect(Array.isArray(value), name, "list", line);
    else expect(typeof value === "boolean", name, "condition", line);
    check(part.body, values, source, inEach || kind === "each");
    check(part.otherwise ?? [], values, source, inEach);
  }

  function expect(holds: boolean, name: string, type: string, line: number): void {
    if (!holds) fail(source, line, `${name} is no ${type} that templates know`);
  }
}

function render(parts: readonly Part[], values: TemplateValues, item: string | undefined): string[] {
  return parts.flatMap((part) => {
    if ("text" in part) {
      const replaced = part.text.replace(/\{\{(\w+)\}\}/g, (_, name: string) =>
        name === "item" && item !== undefined ? item : String(lookUp(values, name)),
      );
      return [replaced];
    }
    const value = lookUp(values, part.name);
    if (part.kind === "each") return (value as readonly string[]).flatMap((each) => render(part.body, values, each));
    return render(value === (part.kind === "if") ? part.body : (part.otherwise ?? []), values, item);
  });
}

function lookUp(values: TemplateValues, name: string): TemplateValues[string] | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function fail(source: string, line: number, text: string): never {
  throw new TemplateError(`${source}:${line}: ${text}`);
}
