/** Requests of the self-check: to the services' own sockets, and to the public name at this very host. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { checkServerIdentity, type PeerCertificate, type TLSSocket } from "node:tls";

export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  /** Of the public name only. */
  readonly certificate?: {
    /** Why it doesn't hold for the name; absent where it does. */
    readonly mismatch?: string;
    /** SHA-256 of the certificate itself, as X509Certificate.fingerprint256 writes it. */
    readonly fingerprint: string;
  };
}

export interface Requests {
  /** @throws Error where there is no answer within some seconds */
  overSocket(socketPath: string, path: string): Promise<Answer>;
  /** GET of the public name, but from this host's own port 443, whatever DNS says. The certificate is answered, not judged. */
  overTls(name: string, path: string, headers: Readonly<Record<string, string>>): Promise<Answer>;
}

const timeout = 5_000;
/** For all of an exchange: the editor's user may answer in the editor's place, byte by byte. */
const whole = 2 * timeout;

export const requests: Requests = {
  overSocket: (socketPath, path) =>
    new Promise((resolve, reject) => {
      const request = httpRequest(
        { socketPath, path, timeout, agent: false, signal: AbortSignal.timeout(whole) },
        (response) => {
          response.resume();
          resolve({ status: response.statusCode ?? 0, location: response.headers.location });
        },
      );
      request.on("timeout", () => request.destroy(new Error("no answer")));
      request.on("error", reject).end();
    }),
  overTls: (name, path, headers) =>
    new Promise((resolve, reject) => {
      const request = httpsRequest(
        {
          host: "127.0.0.1",
          port: 443,
          servername: name,
          path,
          headers: { host: name, "user-agent": "gatehouse-host-apply", ...headers },
          // What is served is looked at below: also the wrong certificate has to be told.
          rejectUnauthorized: false,
          timeout,
          agent: false,
        },
        (response) => {
          const certificate = (response.socket as TLSSocket).getPeerCertificate();
          response.resume();
          resolve({
            status: response.statusCode ?? 0,
            location: response.headers.location,
            certificate: describeCertificate(name, certificate),
          });
        },
      );
      request.on("timeout", () => request.destroy(new Error("no answer")));
      request.on("error", reject).end();
    }),
};

function describeCertificate(name: string, certificate: PeerCertificate) {
  const mismatch = checkServerIdentity(name, certificate);
  return { fingerprint: certificate.fingerprint256, ...(mismatch ? { mismatch: mismatch.message } : {}) };
}
