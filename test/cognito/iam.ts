/**
 * Whoever sets a pool up sets roles up, too. As with administrators' calls to Cognito, the signature has to be there, but keys that
 * nobody gave out here count as an administrator's: a set-up for AWS runs with whatever keys it has. Keys that moto knows, and those
 * of roles, are checked by moto as for every other service.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type EmulatedAws, QueryError } from "./aws.ts";
import { readBody } from "./body.ts";

/** Whether a request calls IAM with a key that moto does not know. */
export async function foreignAdministrator(request: IncomingMessage, aws: EmulatedAws): Promise<boolean> {
  const key = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/[a-z0-9-]+\/iam\/aws4_request/.exec(
    request.headers.authorization ?? "",
  )?.[1];
  return key !== undefined && !key.startsWith("ASIA") && !(await aws.knowsKey(key));
}

/** Carries the call out as the administrator. */
export async function callIam(request: IncomingMessage, response: ServerResponse, aws: EmulatedAws): Promise<void> {
  const parameters = Object.fromEntries(new URLSearchParams(await readBody(request)));
  const { status, body } = await aws.iam(parameters).then(
    (text) => ({ status: 200, body: text }),
    (error: unknown) => {
      if (error instanceof QueryError) return error;
      throw error;
    },
  );
  response.writeHead(status, { "Content-Type": "text/xml", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}
