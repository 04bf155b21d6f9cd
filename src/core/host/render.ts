/** Renders the table of files: what `host apply` wants the host to have. */
import type { HostFileEntry, UnitReaction } from "./files.ts";
import { renderTemplate, type TemplateValues } from "./template.ts";

export interface RenderedFile {
  readonly path: string;
  readonly content: string;
  /** Names. */
  readonly owner: string;
  readonly group: string;
  readonly mode: number;
  readonly reactions: readonly UnitReaction[];
}

/**
 * Renders every file of the table that these values ask for, in the table's order.
 *
 * @param read a template's text by its path below deploy/host
 * @throws TemplateError naming the template, and what `read` throws
 */
export function renderAll(
  table: readonly HostFileEntry[],
  values: TemplateValues,
  read: (template: string) => string,
): RenderedFile[] {
  return table
    .filter(({ when }) => when === undefined || values[when] === true)
    .map(({ template, path, owner, group, mode, reactions }) => ({
      path,
      content: renderTemplate(read(template), values, template),
      owner: renderTemplate(owner, values, template),
      group: renderTemplate(group, values, template),
      mode,
      reactions,
    }));
}
