/** Requests one after another over a connection that is kept, as fast as they are answered. */
import { Agent as HttpAgent, type IncomingMessage, request as plainRequest } from "node:http";
import { Agent as HttpsAgent, request as tlsRequest } from "node:https";
import { cookieHeader, type Way } from "./way.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** As they came over the wire. */
  readonly bytes: number;
  /** From sending to the last byte, milliseconds. */
  readonly ms: number;
}

export interface Client {
  get(path: string): Promise<Answer>;
  close(): void;
}

/** What Chromium says over TLS; code-server alone is asked for the same, so that all three answer the same. */
const headers = { Accept: "*/*", "Accept-Encoding": "gzip, deflate, br, zstd", "Sec-Fetch-Mode": "cors" };

/** A client with the way's session. */
export function clientOf(way: Way): Client {
  const { hostname, host } = new URL(way.origin);
  const common = {
    host: "127.0.0.1",
    port: way.port,
    headers: { ...headers, Host: host, Cookie: cookieHeader(way), "Sec-Fetch-Site": "same-origin" },
  };
  const agent =
    way.ca === undefined
      ? new HttpAgent({ keepAlive: true, maxSockets: 1 })
      : new HttpsAgent({ keepAlive: true, maxSockets: 1, ca: way.ca, servername: hostname });
  const send = way.ca === undefined ? plainRequest : tlsRequest;
  return {
    get: (path) =>
      new Promise((resolve, reject) => {
        const started = performance.now();
        send({ ...common, agent, path }, (response) => {
          let bytes = 0;
          response.on("data", (chunk: Buffer) => {
            bytes += chunk.length;
          });
          response.on("error", reject);
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              bytes,
              ms: performance.now() - started,
            }),
          );
        })
          .on("error", reject)
          .end();
      }),
    close: () => agent.destroy(),
  };
}

/** @throws unless the answer is 200 */
export function expectOk(answer: Answer, what: string): Answer {
  if (answer.status !== 200) throw new Error(`${what}: ${answer.status} ${answer.headers.location ?? ""}`);
  return answer;
}
