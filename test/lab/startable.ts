/** The two things that `npm start` can start. */
import { createServer } from "node:net";
import { startHostLab } from "./host/hostLab.ts";
import { startLab } from "./lab.ts";
import { assertPortIsFree } from "./ports.ts";
import type { Announcement, DemoUser } from "./running.ts";

export interface Started {
  readonly announcement: Announcement;
  /** Of the run: gone when nothing of it is left. */
  readonly directory: string;
  /** Calls with what it was that has ended without being asked to. */
  onEnd(listener: (what: string) => void): void;
  close(): Promise<void>;
}

type Progress = (line: string) => void;

/** @param port of the editor; undefined and 0: a free one */
export async function startEditorOnly(port: number | undefined, progress: Progress): Promise<Started> {
  if (port) await assertPortIsFree(port);
  const lab = await startLab({ port: port ?? 0, progress });
  return {
    announcement: { url: lab.url, users: lab.users },
    directory: lab.directory,
    onEnd: (listener) => lab.editor.process.on("exit", () => listener("code-server")),
    close: lab.close,
  };
}

/** @param port of 127.0.0.1; undefined: 443, or a free one where somebody has that */
export async function startWhole(port: number | undefined, progress: Progress): Promise<Started> {
  if (port) await assertPortIsFree(port);
  const wanted = port ?? ((await isFree(443)) ? 443 : 0);
  const lab = await startHostLab({ port: wanted, progress });
  const { enrolled, newcomer, refused } = lab.pool;
  const users: DemoUser[] = [
    { ...only(enrolled), totpSecret: enrolled.totpSecret },
    { ...only(newcomer), totpSecret: null },
    { ...only(refused), totpSecret: refused.totpSecret, note: "signs in, but the gate refuses her" },
  ];
  return {
    announcement: {
      url: lab.url,
      users,
      ca: lab.caFile,
      port: lab.port,
      chromiumArguments: lab.browserArguments,
    },
    directory: lab.directory,
    onEnd: (listener) => lab.onEnd(() => listener("The host")),
    close: lab.close,
  };
}

function only({ username, password }: { username: string; password: string }) {
  return { username, password };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
