// The world outside of the host, one process: the Cognito emulator, moto, TLS in front of both under AWS's names and the custom domain's,
// the instance metadata service, and the way into its network for the machine. Runs in the world's network namespace.
// Argument: a file with WorldOptions. Prints one line when ready; ends when its standard input closes, so never outlives its starter.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { connect } from "node:net";
import { createSecureContext, createServer as createTlsServer } from "node:tls";
import { startCognito } from "../../cognito/server.ts";
import { startMoto } from "../moto.ts";
import * as addresses from "./addresses.ts";
import { join, listenForDialers } from "./dial.ts";
import { createMetadata } from "./metadata.ts";
import type { WorldOptions, WorldReady } from "./worldProcess.ts";

const [file = ""] = process.argv.slice(2);
const options = JSON.parse(readFileSync(file, "utf8")) as WorldOptions;
process.stdin.on("close", () => process.exit(0)).resume();

const [moto] = await Promise.all([startMoto(options.python), listenForDialers(options.dialSocket), serveMetadata()]);
const cognito = await startCognito({ motoEndpoint: moto.endpoint });
const port = Number(new URL(cognito.endpoint).port);
await serveTls(port);
const ready: WorldReady = { cognitoPort: port };
process.stdout.write(`${JSON.stringify(ready)}\n`);

async function serveMetadata(): Promise<void> {
  const metadata = createMetadata(addresses.region);
  for (const address of [addresses.metadataAddress, addresses.metadataAddress6]) {
    const server = createHttpServer(metadata);
    server.listen(80, address);
    await once(server, "listening");
  }
}

/** Ends TLS and passes the bytes on, Host and all: AWS's signatures cover it, and managed login goes by it. */
async function serveTls(cognitoPort: number): Promise<void> {
  const contexts = options.certificates.map(({ names, certificate, key }) => ({
    names,
    context: createSecureContext({ cert: readFileSync(certificate), key: readFileSync(key) }),
  }));
  for (const address of [addresses.worldAddress, addresses.worldAddress6]) {
    const server = createTlsServer(
      {
        allowHalfOpen: true,
        ALPNProtocols: ["http/1.1"],
        SNICallback(name, done) {
          const found = contexts.find(({ names }) => names.includes(name.toLowerCase()));
          if (found === undefined) done(new Error(`nobody here is called ${name}`));
          else done(null, found.context);
        },
      },
      (socket) => {
        join(socket, connect({ port: cognitoPort, host: "127.0.0.1", allowHalfOpen: true }));
      },
    );
    server.on("tlsClientError", () => {});
    server.listen(443, address);
    await once(server, "listening");
  }
}
