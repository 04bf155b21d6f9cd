/**
 * The emulator as a command: `npm run --silent cognito -- --port N`. Prints one line of JSON when ready; ends on SIGTERM and SIGINT.
 */
import { parseArgs } from "node:util";
import { ensurePython, startMoto } from "../lab/moto.ts";
import { startCognito } from "./server.ts";

const usage = `npm run --silent cognito -- [--port N] [--moto URL | --no-moto] [--requests-per-second N] [--issuer-base URL | own]

  --port N                 on 127.0.0.1; 0 (the default) takes a free one
  --moto URL               a fresh moto server to use; by default one is started
  --no-moto                Cognito only: keys of roles are made up, no other service answers
  --issuer-base URL        issuer of the tokens, before /POOLID, and base of what discovery names; "own" is the emulator's
                           address (default: AWS's names)
  --requests-per-second N  public Cognito calls before TooManyRequestsException (default: no limit)
`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    moto: { type: "string" },
    "no-moto": { type: "boolean", default: false },
    "requests-per-second": { type: "string" },
    "issuer-base": { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) {
  process.stdout.write(usage);
} else {
  // Before it is ready there is nothing to put away: moto ends by itself when its input closes.
  let stop: () => void = () => process.exit(1);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop());
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const moto =
    values["no-moto"] || values.moto !== undefined ? undefined : await startMoto(await ensurePython(progress));
  const rate = values["requests-per-second"];
  const cognito = await startCognito({
    port: Number(values.port),
    motoEndpoint: values.moto ?? moto?.endpoint,
    issuerBase: values["issuer-base"],
    requestsPerSecond: rate === undefined ? undefined : Number(rate),
  });
  process.stdout.write(`${JSON.stringify({ endpoint: cognito.endpoint })}\n`);
  await new Promise<void>((resolve) => {
    stop = resolve;
  });
  await cognito.stop();
  await moto?.stop();
}
