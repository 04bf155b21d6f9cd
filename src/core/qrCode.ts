/**
 * QR code for an authenticator's URI (ISO/IEC 18004): byte mode, error correction level M, versions 1 to 20 (666 bytes).
 * Own, because the library's encoder alone is a third of the budget of dist/extension.js; a test holds its modules equal to the library's.
 */
import { GatehouseError } from "./errors.ts";

/** ISO/IEC 18004, table 9, level M, by version from 1: error correction codewords a block, number of blocks. */
const correctionPerBlock = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const blockCount = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];

/** Rows of modules, true is dark. */
export type Modules = readonly (readonly boolean[])[];

/**
 * Encodes text (as UTF-8) with the mask of the lowest penalty.
 * @throws GatehouseError `internal` when it is longer than 666 bytes
 */
export function qrCode(text: string): Modules {
  const data = Buffer.from(text, "utf8");
  let version = 1;
  while (version <= 20 && dataCodewords(version) - (version < 10 ? 2 : 3) < data.length) version++;
  if (version > 20) throw new GatehouseError("internal", { detail: `${data.length} bytes do not fit into a QR code` });
  const codewords = interleave(version, frame(version, data));
  let best: boolean[][] = [];
  let lowest = Number.POSITIVE_INFINITY;
  for (let mask = 0; mask < 8; mask++) {
    const modules = draw(version, codewords, mask);
    const points = penalty(modules);
    if (points < lowest) [best, lowest] = [modules, points];
  }
  return best;
}

/** One SVG path of all dark modules, to be filled in a view box of `modules.length` plus twice the quiet zone of 4. */
export function qrPath(modules: Modules, quiet = 4): string {
  return modules
    .map((row, y) => row.map((dark, x) => (dark ? `M${x + quiet} ${y + quiet}h1v1h-1z` : "")).join(""))
    .join("");
}

function rawCodewords(version: number): number {
  let bits = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const patterns = Math.floor(version / 7) + 2;
    bits -= (25 * patterns - 10) * patterns - 55;
    if (version >= 7) bits -= 36;
  }
  return bits >> 3;
}

function dataCodewords(version: number): number {
  return rawCodewords(version) - at(correctionPerBlock, version - 1) * at(blockCount, version - 1);
}

/** Mode, length, data, terminator and padding (7.4). */
function frame(version: number, data: Buffer): number[] {
  const bits: number[] = [];
  const push = (value: number, count: number): void => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >>> bit) & 1);
  };
  push(4, 4);
  push(data.length, version < 10 ? 8 : 16);
  for (const byte of data) push(byte, 8);
  const capacity = dataCodewords(version) * 8;
  push(0, Math.min(4, capacity - bits.length));
  push(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < capacity; pad ^= 0xec ^ 0x11) push(pad, 8);
  return Array.from({ length: bits.length / 8 }, (_, index) =>
    bits.slice(index * 8, index * 8 + 8).reduce((byte, bit) => (byte << 1) | bit, 0),
  );
}

/** Multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1 (7.5.2). */
function multiply(x: number, y: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) product = (product << 1) ^ ((product >> 7) * 0x11d) ^ (((y >> bit) & 1) * x);
  return product;
}

function remainder(data: readonly number[], degree: number): number[] {
  let generator = [1];
  for (let power = 0, root = 1; power < degree; power++, root = multiply(root, 2)) {
    generator = [...generator, 0].map(
      (coefficient, index) => coefficient ^ (index > 0 ? multiply(at(generator, index - 1), root) : 0),
    );
  }
  const rest = Array<number>(degree).fill(0);
  for (const byte of data) {
    const factor = byte ^ (rest.shift() ?? 0);
    rest.push(0);
    for (let index = 0; index < degree; index++)
      rest[index] = at(rest, index) ^ multiply(at(generator, index + 1), factor);
  }
  return rest;
}

/** Blocks with their error correction, interleaved (7.6). */
function interleave(version: number, data: readonly number[]): number[] {
  const blocks = at(blockCount, version - 1);
  const degree = at(correctionPerBlock, version - 1);
  const short = Math.floor(data.length / blocks);
  const firstLong = blocks - (data.length % blocks);
  const parts: number[][] = [];
  for (let block = 0, start = 0; block < blocks; block++) {
    const length = short + (block >= firstLong ? 1 : 0);
    parts.push(data.slice(start, start + length));
    start += length;
  }
  const corrections = parts.map((part) => remainder(part, degree));
  const columns = (rows: readonly (readonly number[])[], length: number): number[] =>
    Array.from({ length }, (_, index) => rows.flatMap((row) => row.slice(index, index + 1))).flat();
  return [...columns(parts, short + 1), ...columns(corrections, degree)];
}

function draw(version: number, codewords: readonly number[], mask: number): boolean[][] {
  const size = version * 4 + 17;
  const modules = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  const fixed = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  const set = (x: number, y: number, dark: boolean): void => {
    const row = modules[y];
    const fixedRow = fixed[y];
    if (row === undefined || fixedRow === undefined || x < 0 || x >= size) return;
    row[x] = dark;
    fixedRow[x] = true;
  };
  const square = (centreX: number, centreY: number, radius: number, dark: (ring: number) => boolean): void => {
    for (let dy = -radius; dy <= radius; dy++)
      for (let dx = -radius; dx <= radius; dx++)
        set(centreX + dx, centreY + dy, dark(Math.max(Math.abs(dx), Math.abs(dy))));
  };

  // Timing, finders with their separators, alignment patterns (6.3).
  for (let index = 0; index < size; index++) {
    set(6, index, index % 2 === 0);
    set(index, 6, index % 2 === 0);
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    square(x, y, 4, (ring) => ring !== 2 && ring !== 4);
  const centres = alignmentCentres(version);
  const last = centres.length - 1;
  for (const [i, x] of centres.entries())
    for (const [j, y] of centres.entries())
      if (!((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)))
        square(x, y, 2, (ring) => ring !== 1);

  // Format (7.9): level M is 00; version (7.10).
  const format = ((mask << 10) | bch(mask, 10, 0x537)) ^ 0x5412;
  for (let bit = 0; bit < 15; bit++) {
    const dark = ((format >> bit) & 1) === 1;
    if (bit < 8) set(size - 1 - bit, 8, dark);
    else set(8, size - 15 + bit, dark);
    if (bit < 6) set(8, bit, dark);
    else if (bit < 8) set(8, bit + 1, dark);
    else if (bit === 8) set(7, 8, dark);
    else set(14 - bit, 8, dark);
  }
  set(8, size - 8, true);
  if (version >= 7) {
    const bits = (version << 12) | bch(version, 12, 0x1f25);
    for (let bit = 0; bit < 18; bit++) {
      const dark = ((bits >> bit) & 1) === 1;
      const a = size - 11 + (bit % 3);
      const b = Math.floor(bit / 3);
      set(a, b, dark);
      set(b, a, dark);
    }
  }

  // Data in two-column zigzags from the lower right (7.7.3), masked (7.8).
  let index = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const upwards = ((right + 1) & 2) === 0;
      const y = upwards ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        const row = at(modules, y);
        if (at(at(fixed, y), x)) continue;
        const bit = index < codewords.length * 8 ? (at(codewords, index >> 3) >> (7 - (index & 7))) & 1 : 0;
        index++;
        row[x] = (bit === 1) !== masked(mask, x, y);
      }
    }
  }
  return modules;
}

function masked(mask: number, x: number, y: number): boolean {
  const product = x * y;
  const value = [
    (x + y) % 2,
    y % 2,
    x % 3,
    (x + y) % 3,
    (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
    (product % 2) + (product % 3),
    ((product % 2) + (product % 3)) % 2,
    (((x + y) % 2) + (product % 3)) % 2,
  ][mask];
  return value === 0;
}

function alignmentCentres(version: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  const centres = Array.from({ length: count - 1 }, (_, index) => version * 4 + 10 - index * step);
  return [6, ...centres.reverse()];
}

/** Remainder of value · x^degree by the generator (annexes C and D). */
function bch(value: number, degree: number, generator: number): number {
  let rest = value;
  for (let bit = 0; bit < degree; bit++) rest = (rest << 1) ^ ((rest >> (degree - 1)) * generator);
  return rest;
}

/** Points of 7.8.3: runs, blocks, patterns like a finder's, balance. */
function penalty(modules: Modules): number {
  const size = modules.length;
  let points = 0;
  let dark = 0;
  const lines = [...modules, ...modules.map((_, x) => modules.map((row) => at(row, x)))];
  for (const line of lines) {
    const text = line.map(Number).join("");
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) points += run.length - 2;
    for (let index = 0; index + 11 <= size; index++) {
      const part = text.slice(index, index + 11);
      if (part === "10111010000" || part === "00001011101") points += 40;
    }
  }
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const here = at(at(modules, y), x);
      if (here) dark++;
      if (x + 1 === size || y + 1 === size) continue;
      const below = at(modules, y + 1);
      if (here === modules[y]?.[x + 1] && here === below[x] && here === below[x + 1]) points += 3;
    }
  }
  return points + Math.abs(Math.ceil((dark * 100) / (size * size) / 5) - 10) * 10;
}

/** An element that is there by construction. */
function at<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}
