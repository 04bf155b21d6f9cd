import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

export interface WebServer {
  /** http(s)://127.0.0.1:PORT */
  readonly address: string;
  /** How many requests have come. */
  readonly requests: () => number;
  close(): Promise<void>;
}

/** A server on a free port of the loopback; `tls` holds key and certificate in PEM. */
export async function startWebServer(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
  tls?: { readonly key: string; readonly cert: string },
): Promise<WebServer> {
  let count = 0;
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    count++;
    request.resume();
    answer(request, response, count);
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    requests: () => count,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
