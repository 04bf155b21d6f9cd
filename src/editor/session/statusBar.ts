import type { Disposable, StatusBarItem, ThemeColor } from "vscode";
import type { Translate } from "../../core/text.ts";
import type { Clock } from "../platform/clock.ts";
import { together } from "../platform/disposables.ts";
import { statusView } from "./statusView.ts";
import type { SessionStore } from "./store.ts";

export interface StatusBarDeps {
  /** An item with its id and place. */
  readonly item: StatusBarItem;
  readonly ThemeColor: new (id: string) => ThemeColor;
  readonly store: Pick<SessionStore, "current" | "onChange">;
  readonly clock: Clock;
  readonly t: Translate;
}

/** Keeps the status-bar item equal to the session, and its time to the minute. */
export function registerStatusBar({ item, ThemeColor, store, clock, t }: StatusBarDeps): Disposable {
  const warning = new ThemeColor("statusBarItem.warningBackground");
  const draw = (): void => {
    const view = statusView(store.current(), clock.now(), t);
    item.text = view.text;
    item.tooltip = view.tooltip;
    item.command = view.command;
    item.backgroundColor = view.warning ? warning : undefined;
    item.accessibilityInformation = { label: view.label, role: "button" };
  };
  item.name = t("AWS Session");
  draw();
  item.show();
  return together(item, store.onChange(draw), clock.every(30_000, draw));
}
