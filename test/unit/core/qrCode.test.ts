import assert from "node:assert/strict";
import { qrCode } from "../../../src/core/qrCode.ts";
import { qrPath } from "../../../src/core/qrPath.ts";

// That a phone reads it is shown end to end (test/host), where zbar decodes a screenshot.
describe("QR code", () => {
  it("is a square of rows with a finder pattern in three corners", () => {
    const modules = qrCode("otpauth://totp/Gatehouse:alice%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Gatehouse");
    const size = modules.length;
    assert.ok(modules.every((row) => row.length === size));
    const corner = (y: number, x: number) => modules.slice(y, y + 7).map((row) => row.slice(x, x + 7));
    const finder = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"].map((row) =>
      [...row].map((digit) => digit === "1"),
    );
    for (const [y, x] of [
      [0, 0],
      [0, size - 7],
      [size - 7, 0],
    ] as const)
      assert.deepEqual(corner(y, x), finder);
  });

  it("draws a module as a square of one unit beside the quiet zone", () => {
    assert.ok(
      qrPath([
        [true, false],
        [false, true],
      ]).startsWith("M4 4h1v1h-1zM5 5h1v1h-1z"),
    );
  });
});
