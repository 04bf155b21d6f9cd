// Loaded by import() when somebody enrols an authenticator (dist/qrCode.js): it is large and rarely needed. And this is the encoder
// without the library's renderers for PNG files and canvases: a third of its size.
import { create } from "qrcode/lib/core/qrcode.js";

/** Rows of modules, true is dark. */
export type Modules = readonly (readonly boolean[])[];

/** A text as QR code (ISO/IEC 18004) with error correction level M: an authenticator's URI needs 40 to 60 modules a side. */
export function qrCode(text: string): Modules {
  const { size, data } = create(text, { errorCorrectionLevel: "M" }).modules;
  return Array.from({ length: size }, (_, y) => Array.from({ length: size }, (_, x) => data[y * size + x] === 1));
}
