import assert from "node:assert/strict";
import { create } from "qrcode";
import { qrCode, qrPath } from "../../../src/core/qrCode.ts";

const uri =
  "otpauth://totp/Gatehouse:alice%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSW&issuer=Gatehouse";

function library(text: string): boolean[][] {
  const { modules } = create([{ data: Buffer.from(text), mode: "byte" }], { errorCorrectionLevel: "M" });
  return Array.from({ length: modules.size }, (_, y) =>
    Array.from({ length: modules.size }, (_, x) => modules.get(y, x) === 1),
  );
}

describe("QR code", () => {
  it("has the library's modules for every version from 1 to 20, and for what is not ASCII", () => {
    for (let length = 1; length <= 666; length += 19) {
      const text = uri.repeat(6).slice(0, length);
      assert.deepEqual(qrCode(text), library(text), `${length} bytes`);
    }
    for (const text of [uri, "ゆき@例え.jp", "x".repeat(666)]) assert.deepEqual(qrCode(text), library(text));
  });

  it("refuses what does not fit", () => {
    assert.throws(() => qrCode("x".repeat(667)), { code: "internal" });
  });

  it("draws a module as a square of one unit beside the quiet zone", () => {
    assert.ok(qrPath(qrCode("a")).startsWith("M4 4h1v1h-1zM5 4h1v1h-1z"));
  });
});
