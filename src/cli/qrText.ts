import type { Modules } from "../core/qrCode.ts";

/** Light modules around the code. ISO/IEC 18004 wants four; scanners do with two, which is what a narrow terminal gets. */
const margins = [4, 2];

/**
 * Draws a QR code with two rows of modules a line. Its colours are set, so that it is dark on light in a dark terminal as well: a
 * scanner may refuse the inverse.
 *
 * @returns undefined when the terminal has too few columns.
 */
export function qrText(modules: Modules, columns: number): string | undefined {
  const margin = margins.find((candidate) => modules.length + 2 * candidate <= columns);
  if (margin === undefined) return undefined;
  const size = modules.length + 2 * margin;
  const dark = (x: number, y: number) => modules[y - margin]?.[x - margin] === true;
  const lines: string[] = [];
  for (let y = 0; y < size; y += 2) {
    let line = "";
    for (let x = 0; x < size; x++) line += [" ", "▀", "▄", "█"][(dark(x, y) ? 1 : 0) + (dark(x, y + 1) ? 2 : 0)];
    // Black (from the 256 colours: 30 is often grey) on white.
    lines.push(`\u001b[38;5;16;48;5;231m${line}\u001b[0m`);
  }
  return lines.join("\n");
}
