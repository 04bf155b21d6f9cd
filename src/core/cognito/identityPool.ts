/** AWS credentials for an id token, by the enhanced flow: GetId, then GetCredentialsForIdentity. */
import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from "@aws-sdk/client-cognito-identity";
import { GatehouseError } from "../errors.ts";
import type { Log } from "../log.ts";
import { type CognitoClock, createClock } from "./clock.ts";
import { type CognitoConfiguration, configurationKeys, identityPoolAddress, loginsKey } from "./configuration.ts";
import { mayChoose, roleProblem } from "./roles.ts";
import { clientOptions, limited, observeDates } from "./transport.ts";

/** Temporary AWS keys. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch, this machine's clock. */
  readonly expiresAt: number;
  readonly identityId: string;
}

export interface IdentityPool {
  /**
   * Credentials for the holder of a verified id token; `role` (an ARN of `cognito:roles`) is asked for as CustomRoleArn.
   * Rejects with `identityPoolMissing` (none configured), `identityPoolRefused`, `tokenInvalid`, `noRole`, `ambiguousRole`,
   * `roleNotAllowed`, `unreachable`, `tls`, `throttled`, `serverError` or `cancelled`.
   */
  credentials(idToken: string, role?: string, signal?: AbortSignal): Promise<AwsCredentials>;
}

export interface IdentityPoolDependencies {
  readonly configuration: CognitoConfiguration;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

interface Claims {
  readonly sub: string;
  readonly roles: readonly string[];
  readonly preferredRole?: string;
}

export function createIdentityPool({ configuration, log, now }: IdentityPoolDependencies): IdentityPool {
  const { identityPoolId: IdentityPoolId } = configuration;
  const address = identityPoolAddress(configuration);
  const clock: CognitoClock = createClock(now);
  const client = new CognitoIdentityClient(clientOptions(address));
  observeDates(client.middlewareStack, clock);
  /** An identity never changes for the same user and pool: asking once is enough. */
  let known: { readonly sub: string; readonly identityId: string } | undefined;

  async function identityOf(sub: string, Logins: Record<string, string>, abortSignal: AbortSignal): Promise<string> {
    if (known?.sub === sub) return known.identityId;
    const { IdentityId } = await client.send(new GetIdCommand({ IdentityPoolId, Logins }), { abortSignal });
    if (IdentityId === undefined) throw new GatehouseError("internal", { detail: "GetId answered no identity" });
    known = { sub, identityId: IdentityId };
    return IdentityId;
  }

  async function credentialsOf(claims: Claims, idToken: string, role: string | undefined, abortSignal: AbortSignal) {
    const Logins = { [loginsKey(configuration)]: idToken };
    const wasKnown = known?.sub === claims.sub;
    const IdentityId = await identityOf(claims.sub, Logins, abortSignal);
    try {
      const command = new GetCredentialsForIdentityCommand({ IdentityId, Logins, CustomRoleArn: role });
      return await client.send(command, { abortSignal });
    } catch (error) {
      if (!wasKnown || !/identity.*(forbidden|not found)/i.test(String(error))) throw error;
      // The identity was deleted meanwhile: ask for the one that counts now.
      known = undefined;
      const command = new GetCredentialsForIdentityCommand({
        IdentityId: await identityOf(claims.sub, Logins, abortSignal),
        Logins,
        CustomRoleArn: role,
      });
      return await client.send(command, { abortSignal });
    }
  }

  return {
    async credentials(idToken, role, signal) {
      if (!IdentityPoolId)
        throw new GatehouseError("identityPoolMissing", { setting: configurationKeys.identityPoolId });
      const claims = claimsOf(idToken);
      if (role !== undefined && !mayChoose(claims, role)) throw new GatehouseError("roleNotAllowed", { role });
      const answer = await limited(
        address,
        signal,
        (abortSignal) => credentialsOf(claims, idToken, role, abortSignal),
        (error) => identityPoolProblem(error, claims, role, address.endpoint),
      );
      const { AccessKeyId, SecretKey, SessionToken, Expiration } = answer.Credentials ?? {};
      const identityId = answer.IdentityId ?? known?.identityId;
      if (!AccessKeyId || !SecretKey || !SessionToken || !Expiration || !identityId) {
        throw new GatehouseError("internal", { detail: "GetCredentialsForIdentity answered no credentials" });
      }
      const expiresAt = clock.toLocal(Expiration.getTime());
      log.debug(`AWS credentials until ${new Date(expiresAt).toISOString()}`);
      return {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretKey,
        sessionToken: SessionToken,
        expiresAt,
        identityId,
      };
    },
  };
}

/** The identity pool's refusals as Problems; its messages are those that it is seen to send. */
function identityPoolProblem(
  error: unknown,
  claims: Claims,
  role: string | undefined,
  endpoint: string,
): GatehouseError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message: detail } = error;
  switch (name) {
    case "NotAuthorizedException":
      if (/provider of this identity pool|unauthenticated|logins/i.test(detail)) {
        return new GatehouseError("identityPoolRefused", { detail }, { cause: error });
      }
      if (/token|issuer|audience/i.test(detail))
        return new GatehouseError("tokenInvalid", { detail }, { cause: error });
      return roleProblem(claims, role, error);
    case "InvalidIdentityPoolConfigurationException":
    case "AccessDeniedException":
      return roleProblem(claims, role, error);
    case "InvalidParameterException":
      if (/role/i.test(detail)) return roleProblem(claims, role, error);
      return new GatehouseError("identityPoolRefused", { detail }, { cause: error });
    case "ResourceNotFoundException":
    case "ResourceConflictException":
    case "ValidationException":
    case "LimitExceededException":
      return new GatehouseError("identityPoolRefused", { detail }, { cause: error });
    case "InternalErrorException":
    case "ExternalServiceException":
      return new GatehouseError("serverError", { endpoint, status: 500 }, { cause: error });
    default:
      return undefined;
  }
}

/** Of a token that is verified already: only read here. */
function claimsOf(idToken: string): Claims {
  try {
    const payload = JSON.parse(Buffer.from(idToken.split(".")[1] ?? "", "base64url").toString());
    const roles: unknown = payload["cognito:roles"];
    const preferredRole: unknown = payload["cognito:preferred_role"];
    return {
      sub: String(payload.sub),
      roles: Array.isArray(roles) ? roles.map(String) : [],
      ...(typeof preferredRole === "string" && { preferredRole }),
    };
  } catch (error) {
    throw new GatehouseError("tokenInvalid", { detail: "not a token" }, { cause: error });
  }
}
