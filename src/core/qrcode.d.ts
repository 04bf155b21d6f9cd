/** @types/qrcode describes the package's front door only. */
declare module "qrcode/lib/core/qrcode.js" {
  export { create } from "qrcode";
}
