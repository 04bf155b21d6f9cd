/** A unified diff, as `diff -u` writes it. */

const context = 3;

/** @returns the empty text where nothing differs */
export function unifiedDiff(
  before: string,
  after: string,
  names: { readonly from: string; readonly to: string },
): string {
  const old = linesOf(before);
  const now = linesOf(after);
  const steps = align(old, now);
  const hunks = hunksOf(steps);
  if (hunks.length === 0) return "";
  const lines = [`--- ${names.from}`, `+++ ${names.to}`];
  for (const hunk of hunks) {
    const first = hunk[0];
    const removed = hunk.filter(({ sign }) => sign !== "+").length;
    const added = hunk.filter(({ sign }) => sign !== "-").length;
    lines.push(`@@ -${range(first?.old ?? 0, removed)} +${range(first?.now ?? 0, added)} @@`);
    lines.push(...hunk.map(({ sign, text }) => `${sign}${text}`));
  }
  return `${lines.join("\n")}\n`;
}

interface Step {
  readonly sign: " " | "-" | "+";
  readonly text: string;
  /** Lines of either side before this one. */
  readonly old: number;
  readonly now: number;
}

function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  else lines.push(`${lines.pop()}\n\\ No newline at end of file`);
  return lines;
}

/** By the longest common subsequence: the files are short. */
function align(old: readonly string[], now: readonly string[]): Step[] {
  const width = now.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--)
      lengths[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const steps: Step[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    const place = { old: i, now: j };
    if (i < old.length && j < now.length && old[i] === now[j]) {
      steps.push({ sign: " ", text: old[i++] ?? "", ...place });
      j++;
    } else if (i < old.length && (j === now.length || at(i + 1, j) >= at(i, j + 1)))
      steps.push({ sign: "-", text: old[i++] ?? "", ...place });
    else steps.push({ sign: "+", text: now[j++] ?? "", ...place });
  }
  return steps;
}

function hunksOf(steps: readonly Step[]): Step[][] {
  const hunks: Step[][] = [];
  let end = -1;
  for (const [index, { sign }] of steps.entries()) {
    if (sign === " ") continue;
    const from = Math.max(index - context, 0, end);
    if (from > end || hunks.length === 0) hunks.push([]);
    const until = Math.min(index + context + 1, steps.length);
    hunks.at(-1)?.push(...steps.slice(from, until));
    end = until;
  }
  return hunks;
}

function range(start: number, count: number): string {
  const first = count === 0 ? start : start + 1;
  return count === 1 ? `${first}` : `${first},${count}`;
}
