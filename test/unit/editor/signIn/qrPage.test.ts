import assert from "node:assert/strict";
import { qrCode } from "../../../../src/core/qrCode.ts";
import { english } from "../../../../src/core/text.ts";
import { groups, qrPage } from "../../../../src/editor/signIn/qrPage.ts";

const page = {
  username: `<img src=x onerror="alert(1)">`,
  secret: "JBSWY3DPEHPK3PXPJB",
  modules: qrCode("otpauth://totp/x?secret=JBSWY3DPEHPK3PXPJB"),
  language: "ja",
  nonce: "bm9uY2U=",
};

describe("page with the QR code", () => {
  const html = qrPage(page, english);

  it("allows nothing but its own style", () => {
    assert.match(html, /content="default-src 'none'; style-src 'nonce-bm9uY2U='"/);
    const tags = html.replace(/"[^"]*"/g, '""');
    assert.equal(/<script|<img|<link|\bhref=|\bsrc=|\bstyle=|\bon\w+=/i.exec(tags)?.[0], undefined);
    assert.ok(html.includes("&#60;img src=x onerror=&#34;alert(1)&#34;&#62;"));
  });

  it("has the code as a picture with words, and the key as text in groups of four", () => {
    assert.match(html, /<svg [^>]*role="img" aria-label="QR code for [^"]+"/);
    assert.deepEqual(groups(page.secret), ["JBSW", "Y3DP", "EHPK", "3PXP", "JB"]);
    for (const group of groups(page.secret)) assert.ok(html.includes(`<span>${group}</span>`));
    assert.match(html, /<html lang="ja">/);
  });

  it("takes its colours from the theme, and keeps the code dark on white", () => {
    assert.match(html, /color: var\(--vscode-foreground\)/);
    assert.match(html, /svg \{[^}]*background: #fff/);
    assert.match(html, /<path fill="#000"/);
  });
});
