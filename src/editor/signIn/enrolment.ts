import { randomBytes } from "node:crypto";
import type { ViewColumn, WebviewPanel, window as windowApi } from "vscode";
import type { Translate } from "../../core/text.ts";
import type { Enrolment } from "./flow.ts";
import { qrPage } from "./qrPage.ts";

export interface EnrolmentDeps {
  readonly window: Pick<typeof windowApi, "createWebviewPanel">;
  /** vscode.ViewColumn.Active, which only the editor has at run time. */
  readonly column: ViewColumn;
  readonly language: string;
  readonly t: Translate;
}

/** The webview with the QR code. It is gone as soon as it is not needed, and is never restored: it holds the key. */
export function createEnrolment(deps: EnrolmentDeps): Enrolment {
  let panel: WebviewPanel | undefined;
  return {
    async show(prompt) {
      const { qrCode } = await import("../../core/qrCode.ts");
      if (panel === undefined) {
        panel = deps.window.createWebviewPanel(
          "gatehouse.enrolment",
          deps.t("Set Up an Authenticator App"),
          { viewColumn: deps.column, preserveFocus: true },
          { enableScripts: false, enableForms: false, localResourceRoots: [] },
        );
        panel.onDidDispose(() => {
          panel = undefined;
        });
      } else {
        panel.reveal(undefined, true);
      }
      const nonce = randomBytes(16).toString("base64");
      panel.webview.html = qrPage({ ...prompt, modules: qrCode(prompt.uri), language: deps.language, nonce }, deps.t);
    },
    close() {
      panel?.dispose();
      panel = undefined;
    },
  };
}
