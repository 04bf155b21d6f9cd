/** The port of this machine that a browser comes back to (RFC 8252, 7.3). It is open only as long as somebody waits for that. */
import type { Server } from "node:http";
import { configurationKeys } from "../core/cognito/configuration.ts";
import { GatehouseError } from "../core/errors.ts";
import { listen } from "./sockets.ts";

export interface Loopback {
  /**
   * Listens on the port of 127.0.0.1 and, where this machine has it, of ::1: "localhost" is either.
   *
   * @returns how to give it back; it is closed when all have done so
   * @throws GatehouseError browserSignInUnavailable when somebody else has it
   */
  lease(port: number): Promise<() => void>;
  close(): void;
}

interface Open {
  readonly port: number;
  readonly servers: readonly Server[];
  readonly ready: Promise<void>;
  leases: number;
}

/** @param create a server that does not listen yet */
export function createLoopback(create: () => Server): Loopback {
  let current: Open | undefined;

  const shut = (open: Open): void => {
    if (current === open) current = undefined;
    // An answer on its way ends its connection by itself.
    for (const server of open.servers) server.close();
  };

  const open = (port: number): Open => {
    const servers = [create(), create()] as const;
    return { port, servers, ready: listenBoth(servers, port), leases: 0 };
  };

  return {
    async lease(port) {
      if (current?.port !== port) current = open(port);
      const mine = current;
      mine.leases++;
      let given = true;
      const giveBack = (): void => {
        if (!given) return;
        given = false;
        if (--mine.leases === 0) shut(mine);
      };
      try {
        await mine.ready;
      } catch (error) {
        giveBack();
        const { code } = error as NodeJS.ErrnoException;
        const setting = configurationKeys.callbackPort;
        if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
        throw new GatehouseError("browserSignInUnavailable", { setting, port }, { cause: error });
      }
      return giveBack;
    },
    close() {
      if (current === undefined) return;
      for (const server of current.servers) server.closeAllConnections();
      shut(current);
    },
  };
}

async function listenBoth([four, six]: readonly [Server, Server], port: number): Promise<void> {
  await listen(four, { host: "127.0.0.1", port, exclusive: true });
  try {
    await listen(six, { host: "::1", port, exclusive: true, ipv6Only: true });
  } catch (error) {
    // A machine without IPv6.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EADDRNOTAVAIL" && code !== "EAFNOSUPPORT") throw error;
  }
}
