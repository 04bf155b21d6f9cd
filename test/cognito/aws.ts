/**
 * The rest of AWS: moto behind the emulator. At the start an administrator is made and then every request has to be signed by keys
 * that moto knows.
 */
import { createHash, createHmac } from "node:crypto";
import type { Keys } from "./identity/roleKeys.ts";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of a role. */
  readonly sessionToken?: string;
}

export interface EmulatedAws {
  readonly endpoint: string;
  /** Keys of an administrator, to set things up with. */
  readonly administrator: AccessKey;
  /** A call to IAM as the administrator; answers the XML. @throws QueryError */
  iam(parameters: Readonly<Record<string, string>>): Promise<string>;
  /** Whether an access key of a user was given out here. */
  knowsKey(accessKeyId: string): Promise<boolean>;
  /** A role's trust policy document; undefined where there is no such role. */
  trustPolicy(roleName: string): Promise<unknown>;
  assumeRole(role: string, sessionName: string, lifetimeSeconds: number): Promise<Keys>;
}

/** Takes over a fresh moto: makes the administrator and switches its checks on. */
export async function takeOverMoto(endpoint: string): Promise<EmulatedAws> {
  const anyone = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "unchecked" };
  await queryAws(endpoint, anyone, "iam", { Action: "CreateUser", UserName: "administrator" });
  await queryAws(endpoint, anyone, "iam", {
    Action: "PutUserPolicy",
    UserName: "administrator",
    PolicyName: "everything",
    PolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
    }),
  });
  const created = await queryAws(endpoint, anyone, "iam", { Action: "CreateAccessKey", UserName: "administrator" });
  const administrator = {
    accessKeyId: element(created, "AccessKeyId"),
    secretAccessKey: element(created, "SecretAccessKey"),
  };
  // moto counts the requests that it takes unchecked; none from here on.
  const switched = await fetch(`${endpoint}/moto-api/reset-auth`, { method: "POST", body: "0" });
  if (!switched.ok) throw new Error(`moto did not switch its checks on: ${switched.status}`);
  const iam = (parameters: Readonly<Record<string, string>>) => queryAws(endpoint, administrator, "iam", parameters);
  const found = (parameters: Readonly<Record<string, string>>) =>
    iam(parameters).catch((error: unknown) => {
      if (error instanceof QueryError && error.status === 404) return undefined;
      throw error;
    });
  return {
    endpoint,
    administrator,
    iam,
    async knowsKey(AccessKeyId) {
      return (await found({ Action: "GetAccessKeyLastUsed", AccessKeyId })) !== undefined;
    },
    async trustPolicy(RoleName) {
      const answer = await found({ Action: "GetRole", RoleName });
      if (answer === undefined) return undefined;
      return JSON.parse(decodeURIComponent(element(answer, "AssumeRolePolicyDocument")));
    },
    async assumeRole(role, sessionName, lifetimeSeconds) {
      const answer = await queryAws(endpoint, administrator, "sts", {
        Action: "AssumeRoleWithWebIdentity",
        RoleArn: role,
        RoleSessionName: sessionName,
        DurationSeconds: String(lifetimeSeconds),
        WebIdentityToken: "identity-pool",
      });
      return {
        AccessKeyId: element(answer, "AccessKeyId"),
        SecretKey: element(answer, "SecretAccessKey"),
        SessionToken: element(answer, "SessionToken"),
      };
    },
  };
}

/** A refusal, with the HTTP status and the XML. */
export class QueryError extends Error {
  readonly status: number;
  readonly body: string;
  constructor(status: number, body: string) {
    super(`moto answered ${status}: ${body}`);
    this.status = status;
    this.body = body;
  }
}

const versions: Readonly<Record<string, string>> = { iam: "2010-05-08", sts: "2011-06-15" };

/** A call of the Query protocol (IAM, STS), signed with Signature Version 4. Answers the XML. @throws where it is refused */
export async function queryAws(
  endpoint: string,
  key: AccessKey,
  service: string,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  // moto checks the signature over the form as Python writes it, which differs in these two characters.
  const form = new URLSearchParams({ ...parameters, Version: versions[service] ?? "" }).toString();
  const body = form.replaceAll("*", "%2A").replaceAll("%7E", "~");
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const headers = {
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    host: new URL(endpoint).host,
    "x-amz-date": time,
    ...(key.sessionToken === undefined ? {} : { "x-amz-security-token": key.sessionToken }),
  };
  const signedHeaders = Object.keys(headers).join(";");
  const canonical = [
    "POST",
    "/",
    "",
    ...Object.entries(headers).map(([name, value]) => `${name}:${value}`),
    "",
    signedHeaders,
    sha256(body),
  ].join("\n");
  const scope = [time.slice(0, 8), "us-east-1", service, "aws4_request"];
  const signingKey = scope.reduce<Buffer | string>((secret, part) => hmac(secret, part), `AWS4${key.secretAccessKey}`);
  const signature = hmac(signingKey, ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256(canonical)].join("\n"));
  const answer = await fetch(endpoint, {
    method: "POST",
    body,
    headers: {
      ...headers,
      authorization: `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope.join("/")}, SignedHeaders=${signedHeaders}, Signature=${signature.toString("hex")}`,
    },
  });
  const text = await answer.text();
  if (!answer.ok) throw new QueryError(answer.status, text);
  return text;
}

function element(xml: string, name: string): string {
  const value = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  if (value === undefined) throw new Error(`moto's answer has no ${name}`);
  return value.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: Buffer | string, text: string) => createHmac("sha256", key).update(text).digest();
