/**
 * What both Cognito clients share: options that look for nothing outside (no credentials, no ~/.aws/config), one time limit for
 * a call with its retries, and failures of the way to AWS as Problems that say what could not be reached and where it is
 * configured.
 */
import { GatehouseError } from "../errors.ts";
import type { CognitoClock } from "./clock.ts";
import type { ServiceAddress } from "./configuration.ts";

/** Milliseconds. A call with its three attempts answers within `call`, also where packets vanish. */
export const limits = { connection: 2_500, request: 5_000, call: 10_000 } as const;

/** For the constructors of @aws-sdk/client-cognito-*. The calls made here carry no signature, so no credentials are looked up. */
export function clientOptions({ region, endpoint }: ServiceAddress) {
  return {
    region,
    endpoint,
    maxAttempts: 3,
    retryMode: "standard",
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    authSchemePreference: [],
    userAgentAppId: "gatehouse",
    requestHandler: {
      connectionTimeout: limits.connection,
      requestTimeout: limits.request,
      throwOnRequestTimeout: true,
    },
  };
}

/** The part of a client's middleware stack that is used. */
interface MiddlewareStack {
  add(
    middleware: (
      // biome-ignore lint/suspicious/noExplicitAny: the SDK's own generic types name every operation of a client
      next: (input: any) => Promise<any>,
    ) => // biome-ignore lint/suspicious/noExplicitAny: as above
    (input: any) => Promise<any>,
    options: { step: "deserialize"; priority: "low"; name: string; override: true },
  ): void;
}

/** Lets `clock` see the Date header of every answer, refusals too. */
export function observeDates(stack: MiddlewareStack, clock: CognitoClock): void {
  stack.add(
    (next) => async (input) => {
      const sent = clock.local();
      const output = await next(input);
      clock.observe(output?.response?.headers?.date, sent, clock.local());
      return output;
    },
    { step: "deserialize", priority: "low", name: "gatehouseObserveDates", override: true },
  );
}

/**
 * Runs `call` under the time limit. Rejects with a GatehouseError: `cancelled` when `signal` was aborted, else what `translate`
 * or `transportProblem` makes of the error.
 */
export async function limited<T>(
  address: ServiceAddress,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
  translate: (error: unknown) => GatehouseError | undefined = () => undefined,
): Promise<T> {
  if (signal?.aborted) throw new GatehouseError("cancelled");
  const controller = new AbortController();
  // The SDK doesn't look at its signal while it waits for the next attempt.
  const stopped = new Promise<never>((_, reject) => {
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason), { once: true });
  });
  const cancel = () => controller.abort(new GatehouseError("cancelled"));
  const tooLong = () => controller.abort(unreachable(address, `no answer within ${limits.call / 1000} s`));
  const timer = setTimeout(tooLong, limits.call);
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    return await Promise.race([call(controller.signal), stopped]);
  } catch (error) {
    const { aborted, reason } = controller.signal;
    if (aborted) throw reason;
    throw error instanceof GatehouseError ? error : (translate(error) ?? transportProblem(error, address));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", cancel);
  }
}

const throttling = /^(Throttling|ThrottlingException|TooManyRequestsException|RequestLimitExceeded|SlowDown)$/;
const tlsCodes = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO)/;

/** A failure that has nothing to do with what was asked: network, TLS, throttling, 5xx, something else than Cognito answering. */
export function transportProblem(error: unknown, address: ServiceAddress): GatehouseError {
  const { endpoint, setting } = address;
  const { name, message, code, status } = facts(error);
  if (throttling.test(name) || status === 429) return new GatehouseError("throttled", { endpoint }, { cause: error });
  if (tlsCodes.test(code)) {
    return new GatehouseError("tls", { endpoint, setting, detail: detail(code, message) }, { cause: error });
  }
  if (status !== undefined && status >= 500) {
    return new GatehouseError("serverError", { endpoint, setting, status }, { cause: error });
  }
  if (name === "TimeoutError") return unreachable(address, "no answer in time", error);
  if (code !== "") return unreachable(address, detail(code, message), error);
  if (name === "TypeError" && message.startsWith("fetch failed")) return unreachable(address, message, error);
  if (status !== undefined) return unreachable(address, `HTTP ${status}, not an answer of Cognito`, error);
  if (name === "SyntaxError") return unreachable(address, "the answer is not Cognito's", error);
  return new GatehouseError("internal", { detail: `${name}: ${message}` }, { cause: error });
}

function unreachable({ endpoint, setting }: ServiceAddress, detail: string, cause?: unknown): GatehouseError {
  return new GatehouseError("unreachable", { endpoint, setting, detail }, { cause });
}

/** Node's messages mostly hold the code already; certificate errors' don't. */
function detail(code: string, message: string): string {
  return message === "" || message.includes(code) ? message || code : `${message} (${code})`;
}

interface Facts {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly status: number | undefined;
}

/** What can be known about a thrown value: the system's code may lie in its cause (fetch) or in one of several (two addresses). */
function facts(error: unknown): Facts {
  if (typeof error !== "object" || error === null)
    return { name: "", message: String(error), code: "", status: undefined };
  const { name, message, code, cause, errors, $metadata, $response } = error as {
    name?: string;
    message?: string;
    code?: unknown;
    cause?: unknown;
    errors?: readonly unknown[];
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number };
  };
  const inner = cause ?? errors?.[0];
  if (typeof code !== "string" && inner !== undefined) {
    const found = facts(inner);
    if (found.code !== "") return { ...found, name: name ?? found.name };
  }
  const status = $response?.statusCode ?? $metadata?.httpStatusCode;
  // fetch says what it found in its cause alone ("bad port", "unexpected redirect").
  const told = [message, inner === undefined ? "" : facts(inner).message].filter(Boolean).join(": ");
  return {
    name: name ?? "",
    message: told,
    code: typeof code === "string" ? code : "",
    status,
  };
}
