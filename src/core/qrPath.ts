import type { Modules } from "./qrCode.ts";

/** One SVG path of all dark modules, to be filled in a view box of `modules.length` plus twice the quiet zone of 4. */
export function qrPath(modules: Modules, quiet = 4): string {
  return modules
    .map((row, y) => row.map((dark, x) => (dark ? `M${x + quiet} ${y + quiet}h1v1h-1z` : "")).join(""))
    .join("");
}
