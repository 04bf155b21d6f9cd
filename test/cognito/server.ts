import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createSessionStore } from "./auth/sessions.ts";
import { type AccessKey, takeOverMoto } from "./aws.ts";
import { createClock } from "./clock.ts";
import { createHandler } from "./http.ts";
import { inventedRoleKeys, roleKeysFrom } from "./identity/roleKeys.ts";
import { emptyState, type UserPool } from "./model.ts";
import { createOutbox } from "./outbox.ts";

export interface CognitoOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** A fresh moto that answers for the rest of AWS. Without one, keys of roles are made up and only Cognito answers. */
  readonly motoEndpoint?: string | undefined;
  /** The tokens' issuer, in place of `https://cognito-idp.REGION.amazonaws.com/POOLID`. */
  readonly issuerOf?: (pool: { readonly id: string; readonly region: string }) => string;
  /**
   * The tokens' issuer becomes this base followed by `/POOLID`, and discovery names addresses at this base and, for pages,
   * at `http://PREFIX.localhost:PORT`: for applications that go by discovery. `own` is the emulator's own address.
   */
  readonly issuerBase?: string | undefined;
  /** Cognito's public calls a second before it answers TooManyRequestsException. */
  readonly requestsPerSecond?: number | undefined;
  /** What the clock starts from, milliseconds since 1970. Default: the machine's. */
  readonly now?: () => number;
  readonly onError?: (error: unknown) => void;
}

export interface RunningCognito {
  /** `http://127.0.0.1:PORT`, for both Cognito services and everything that moto knows. */
  readonly endpoint: string;
  /** Keys that may do everything in moto; undefined without moto. */
  readonly administrator: AccessKey | undefined;
  stop(): Promise<void>;
}

/** Starts the emulator on 127.0.0.1 with nothing in it: pools are made by AWS's own calls. */
export async function startCognito(options: CognitoOptions = {}): Promise<RunningCognito> {
  const clock = createClock(options.now);
  const aws = options.motoEndpoint === undefined ? undefined : await takeOverMoto(options.motoEndpoint);
  let endpoint = "";
  const base = () => (options.issuerBase === "own" ? endpoint : options.issuerBase?.replace(/\/$/, ""));
  const issuer = ({ id, region }: Pick<UserPool, "id" | "region">) =>
    `${base() ?? `https://cognito-idp.${region}.amazonaws.com`}/${id}`;
  const server = createServer(
    createHandler({
      context: {
        state: emptyState(),
        clock,
        outbox: createOutbox(),
        sessions: createSessionStore(clock),
        roleKeys: aws === undefined ? inventedRoleKeys : roleKeysFrom(aws),
        issuerOf: options.issuerOf ?? issuer,
      },
      publicBase: () => {
        const url = base();
        return url === undefined ? undefined : new URL(url);
      },
      aws,
      requestsPerSecond: options.requestsPerSecond,
      onError: options.onError ?? ((error) => console.error(error)),
    }),
  );
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    administrator: aws?.administrator,
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
