import type { Disposable } from "vscode";

/** One Disposable for several; the last made is disposed of first. */
export function together(...disposables: readonly Disposable[]): Disposable {
  return {
    dispose() {
      for (const disposable of [...disposables].reverse()) disposable.dispose();
    },
  };
}
