import type { env as envApi, QuickInputButton, ThemeIcon, window as windowApi } from "vscode";
import type { Translate } from "../../core/text.ts";
import type { Clock } from "../platform/clock.ts";
import { createEnrolment } from "./enrolment.ts";
import type { FlowDeps } from "./flow.ts";
import { openInput } from "./input.ts";
import type { QuestionButton } from "./question.ts";

/** What the sign-in's view needs of the editor at run time. */
export interface ViewDeps {
  readonly window: Pick<typeof windowApi, "createInputBox" | "createWebviewPanel" | "setStatusBarMessage">;
  readonly env: Pick<typeof envApi, "clipboard" | "language">;
  readonly ThemeIcon: new (id: string) => ThemeIcon;
  readonly QuickInputButtons: { readonly Back: QuickInputButton };
  readonly InputBoxValidationSeverity: { readonly Info: 1 };
  readonly ViewColumn: { readonly Active: -1 };
}

/** The input box, the page with the QR code and the clipboard, as the flow wants them. */
export function createViews(api: ViewDeps, clock: Clock, t: Translate): Omit<FlowDeps, "agent"> {
  const button = (icon: string, tooltip: string): QuickInputButton => ({ iconPath: new api.ThemeIcon(icon), tooltip });
  const buttons: Record<QuestionButton, QuickInputButton> = {
    back: api.QuickInputButtons.Back,
    resend: button("mail", t("Send the Code Again")),
    copyKey: button("copy", t("Copy the Key")),
    showQrCode: button("device-mobile", t("Show the QR Code")),
  };
  return {
    t,
    openInput: () =>
      openInput({
        createInputBox: () => api.window.createInputBox(),
        title: t("Sign In to AWS"),
        buttons,
        info: api.InputBoxValidationSeverity.Info,
        clock,
      }),
    enrolment: createEnrolment({ window: api.window, column: api.ViewColumn.Active, language: api.env.language, t }),
    copy(text) {
      // A browser may refuse; the key stands on the page, too.
      api.env.clipboard.writeText(text).then(
        () => api.window.setStatusBarMessage(`$(check) ${t("The key is in the clipboard.")}`, 5000),
        () => api.window.setStatusBarMessage(`$(warning) ${t("The clipboard cannot be used.")}`, 5000),
      );
    },
  };
}
