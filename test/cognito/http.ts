/** HTTP: the AWS JSON 1.1 protocol, the pools' key documents, the control routes, and the way on to moto. */
import { randomUUID } from "node:crypto";
import { request as forwardRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import { jwks } from "./auth/signingKeys.ts";
import type { EmulatedAws } from "./aws.ts";
import { readBody } from "./body.ts";
import { ServiceError } from "./errors.ts";
import { callIam, foreignAdministrator } from "./iam.ts";
import { discoveryDocument } from "./managedLogin/discovery.ts";
import { domainOrigin } from "./managedLogin/domains.ts";
import { createManagedLogin } from "./managedLogin/handler.ts";
import type { UserPool } from "./model.ts";
import type { Context } from "./operation.ts";
import { services } from "./operations.ts";

export interface Gate {
  /** Everything of an operation's context but the region, which the request names. */
  readonly context: Omit<Context, "region">;
  /** Where everything is told to be that AWS has under names of its own; undefined for AWS's names. */
  readonly publicBase: () => URL | undefined;
  /** moto; undefined where Cognito is alone. */
  readonly aws: EmulatedAws | undefined;
  /** Cognito's public calls a second, over all clients; undefined for no limit. */
  readonly requestsPerSecond: number | undefined;
  /** Told of failures of the emulator itself. */
  readonly onError: (error: unknown) => void;
}

/** The handler of the emulator's HTTP server. */
export function createHandler(gate: Gate): (request: IncomingMessage, response: ServerResponse) => void {
  const throttle = createThrottle(gate);
  const managedLogin = createManagedLogin({ ...gate.context, region: "us-east-1" });
  return (request, response) => {
    response.sendDate = false;
    response.setHeader("Date", new Date(gate.context.clock.now()).toUTCString());
    route(request, response).catch((error: unknown) => {
      if (error instanceof ServiceError) return answerError(response, error);
      gate.onError(error);
      if (response.headersSent) response.destroy();
      else answerError(response, new ServiceError("InternalErrorException", "Internal error", 500));
    });
  };

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (await managedLogin(request, response)) return;
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://emulator");
    const target = /^(\w+)\.(\w+)$/.exec(String(request.headers["x-amz-target"] ?? ""));
    const service = services[target?.[1] ?? ""];
    if (service !== undefined) {
      const result = await call(request, service, target?.[2] ?? "");
      return answer(response, 200, result, { "Content-Type": "application/x-amz-json-1.1" });
    }
    if (pathname.startsWith("/_control/")) {
      return answer(response, 200, control(pathname, searchParams, request.method, await readJson(request)));
    }
    const document = request.method === "GET" ? wellKnown(pathname) : undefined;
    if (document !== undefined) return answer(response, document.status, document.body);
    // moto's own switches stay closed: nobody may turn its checks off.
    if (gate.aws === undefined || pathname.startsWith("/moto-api")) {
      throw new ServiceError("UnknownOperationException", "No such address here.", 404);
    }
    if (await foreignAdministrator(request, gate.aws)) return callIam(request, response, gate.aws);
    forward(request, response, gate.aws.endpoint);
  }

  async function call(request: IncomingMessage, service: (typeof services)[string], name: string): Promise<object> {
    const operation = Object.hasOwn(service, name) ? service[name] : undefined;
    if (operation === undefined) throw new ServiceError("UnknownOperationException", `Unknown operation ${name}`);
    const authorization = request.headers.authorization ?? "";
    const scope = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\/[a-z-]+\/aws4_request/.exec(authorization);
    if (operation.access === "signed" && scope === null) {
      throw new ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token");
    }
    if (operation.access === "public") throttle();
    return operation.run(await readJson(request), { ...gate.context, region: scope?.[1] ?? "us-east-1" });
  }

  /** Undefined for any other address: that may be moto's. */
  function wellKnown(pathname: string): { readonly status: number; readonly body: object } | undefined {
    const [, id, document] = /^\/([\w-]+)\/\.well-known\/(jwks\.json|openid-configuration)$/.exec(pathname) ?? [];
    if (id === undefined) return undefined;
    const pool = gate.context.state.userPools.get(id);
    // Not documented. Public projects that met it agree on the body without a type; the one that quotes the answer has 400, as the API itself gives.
    if (pool === undefined) return { status: 400, body: { message: `User pool ${id} does not exist.` } };
    return { status: 200, body: document === "jwks.json" ? jwks(pool.keys) : discovery(pool) };
  }

  function discovery(pool: UserPool): object {
    // A custom domain, where there is one, is what people see.
    const domain = pool.domains.find(({ certificateArn }) => certificateArn !== undefined) ?? pool.domains[0];
    const origin = domain === undefined ? undefined : domainOrigin(pool, domain);
    const base = gate.publicBase();
    const local = base !== undefined && domain?.certificateArn === undefined;
    return discoveryDocument(pool, {
      issuer: gate.context.issuerOf(pool),
      // Browsers find `*.localhost` by themselves; other programs often don't, so what they call stays at the base.
      pages: local && domain !== undefined ? `http://${domain.name}.localhost:${base.port || 80}` : origin,
      calls: local ? base.href.replace(/\/$/, "") : origin,
    });
  }

  function control(pathname: string, query: URLSearchParams, method: string | undefined, body: unknown): object {
    const { clock, outbox } = gate.context;
    const route = `${method} ${pathname}`;
    switch (route) {
      case "GET /_control/outbox":
        return { messages: outbox.list(query.get("username") ?? undefined) };
      case "POST /_control/clock": {
        const { advanceSeconds } = clockRequest.parse(body);
        clock.advance(advanceSeconds);
        return { now: clock.now() };
      }
      case "GET /_control/clock":
        return { now: clock.now() };
      case "GET /_control/administrator":
        if (gate.aws !== undefined) return gate.aws.administrator;
    }
    throw new ServiceError("UnknownOperationException", `No control route ${route}`, 404);
  }
}

const clockRequest = z.object({ advanceSeconds: z.number().min(0) });

function createThrottle({ requestsPerSecond, context }: Gate): () => void {
  let second = 0;
  let count = 0;
  return () => {
    if (requestsPerSecond === undefined) return;
    const now = context.clock.seconds();
    count = now === second ? count + 1 : 1;
    second = now;
    if (count > requestsPerSecond) throw new ServiceError("TooManyRequestsException", "Rate exceeded");
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readBody(request);
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError("SerializationException", "The body is not JSON");
  }
}

function answerError(response: ServerResponse, { type, message, status }: ServiceError): void {
  answer(
    response,
    status,
    { __type: type, message },
    {
      "Content-Type": "application/x-amz-json-1.1",
      "x-amzn-errortype": `${type}:`,
      // What was asked for can be part of the message; a header takes ASCII only.
      "x-amzn-errormessage": message.replaceAll(/[^\x20-\x7e]/g, "?"),
    },
  );
}

function answer(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = { "Content-Type": "application/json" },
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "x-amzn-RequestId": randomUUID(),
    "Content-Length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** Unchanged, its Host too: the signature covers it. */
function forward(request: IncomingMessage, response: ServerResponse, endpoint: string): void {
  const onwards = forwardRequest(
    new URL(request.url ?? "/", endpoint),
    { method: request.method ?? "GET", headers: request.headers },
    (answered) => {
      const { date: _, ...headers } = answered.headers;
      response.writeHead(answered.statusCode ?? 502, headers);
      answered.pipe(response);
    },
  );
  onwards.on("error", () => {
    if (response.headersSent) response.destroy();
    else answerError(response, new ServiceError("ServiceUnavailable", "moto can't be reached", 503));
  });
  response.on("close", () => onwards.destroy());
  request.pipe(onwards);
}
