/**
 * A stand-in for EC2's instance metadata service, version 2: a token by PUT, without which nothing is answered. What it gives away is
 * made up and recognisable: a test that finds it where it must not be has found a hole in the fence.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

/** Of the instance's role, as the stand-in answers it. */
export const instanceRoleKey = "ASIAGATEHOUSELABHOST";

const tokenPath = "/latest/api/token";
const rolesPath = "/latest/meta-data/iam/security-credentials/";

/** The handler of its HTTP server. */
export function createMetadata(region: string, now: () => number = Date.now): RequestListener {
  const tokens = new Map<string, number>();
  const documents: Readonly<Record<string, () => string>> = {
    "/latest/meta-data/instance-id": () => "i-0123456789abcdef0",
    "/latest/meta-data/placement/region": () => region,
    "/latest/meta-data/placement/availability-zone": () => `${region}a`,
    [rolesPath]: () => "gatehouse-host",
    [`${rolesPath}gatehouse-host`]: () =>
      JSON.stringify({
        Code: "Success",
        LastUpdated: new Date(now()).toISOString(),
        Type: "AWS-HMAC",
        AccessKeyId: instanceRoleKey,
        SecretAccessKey: "instance-role-secret-of-the-lab",
        Token: "instance-role-token-of-the-lab",
        Expiration: new Date(now() + 6 * 3600_000).toISOString(),
      }),
  };
  return (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? "/", "http://metadata").pathname;
    if (request.method === "PUT" && path === tokenPath) {
      const seconds = Number(request.headers["x-aws-ec2-metadata-token-ttl-seconds"]);
      // It refuses what a careless reverse proxy would pass on.
      if (request.headers["x-forwarded-for"] !== undefined) return answer(response, 403, "");
      if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= 21_600)) return answer(response, 400, "");
      const token = randomBytes(40).toString("base64");
      tokens.set(token, now() + seconds * 1000);
      return answer(response, 200, token);
    }
    const expires = tokens.get(String(request.headers["x-aws-ec2-metadata-token"] ?? ""));
    if (expires === undefined || expires < now()) return answer(response, 401, "");
    const document = request.method === "GET" ? documents[path] : undefined;
    answer(response, document === undefined ? 404 : 200, document?.() ?? "");
  };
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "Content-Type": "text/plain", Server: "EC2ws" });
  response.end(body);
}
