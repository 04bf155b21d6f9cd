/** Domains of user pools: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain.html */
import { z } from "zod";
import { invalidParameter, notFound, ServiceError } from "../errors.ts";
import type { Domain, State, UserPool } from "../model.ts";
import { fields, type Operations, operation } from "../operation.ts";
import { getPool } from "../userPools/lookup.ts";
import { account } from "../userPools/pools.ts";

const cloudFront = "d111111abcdef8.cloudfront.net";

const request = z.object({
  Domain: z.string().min(1).max(63),
  UserPoolId: fields.userPoolId,
  ManagedLoginVersion: z.union([z.literal(1), z.literal(2)]).optional(),
  CustomDomainConfig: z.object({ CertificateArn: z.string().min(20).max(2048) }).optional(),
});

export const domainOperations: Operations = {
  CreateUserPoolDomain: operation("signed", request, (body, { state }) => {
    const pool = getPool(state, body.UserPoolId);
    const custom = body.CustomDomainConfig !== undefined;
    checkName(body.Domain, custom);
    if (findDomain(state, body.Domain, pool.region) !== undefined) {
      throw invalidParameter("Domain already associated with another user pool.");
    }
    if (pool.domains.some(({ certificateArn }) => (certificateArn !== undefined) === custom)) {
      throw invalidParameter(`User pool already has a ${custom ? "custom domain" : "domain"} configured.`);
    }
    const managedLoginVersion = body.ManagedLoginVersion ?? 1;
    checkTier(pool, managedLoginVersion);
    const certificateArn = body.CustomDomainConfig?.CertificateArn;
    const domain: Domain = { name: body.Domain, certificateArn, managedLoginVersion };
    pool.domains.push(domain);
    return answer(domain);
  }),

  UpdateUserPoolDomain: operation("signed", request, (body, { state }) => {
    const pool = getPool(state, body.UserPoolId);
    const domain = getDomain(pool, body.Domain);
    // A custom domain's version is only set together with its certificate.
    if ((domain.certificateArn === undefined) !== (body.CustomDomainConfig === undefined)) {
      throw invalidParameter("CustomDomainConfig is required for a custom domain, and for no other.");
    }
    const version = body.ManagedLoginVersion ?? domain.managedLoginVersion;
    checkTier(pool, version);
    domain.managedLoginVersion = version;
    return answer(domain);
  }),

  DescribeUserPoolDomain: operation("signed", z.object({ Domain: z.string().min(1) }), (body, { state, region }) => {
    const found = findDomain(state, body.Domain, region);
    // Cognito answers an empty description for a domain that nobody has.
    if (found === undefined) return { DomainDescription: {} };
    const { pool, domain } = found;
    return {
      DomainDescription: {
        UserPoolId: pool.id,
        AWSAccountId: account,
        Domain: domain.name,
        Status: "ACTIVE",
        CloudFrontDistribution: cloudFront,
        ManagedLoginVersion: domain.managedLoginVersion,
        CustomDomainConfig: domain.certificateArn === undefined ? undefined : { CertificateArn: domain.certificateArn },
      },
    };
  }),

  DeleteUserPoolDomain: operation(
    "signed",
    request.pick({ Domain: true, UserPoolId: true }),
    ({ Domain: name, UserPoolId }, { state }) => {
      const pool = getPool(state, UserPoolId);
      pool.domains.splice(pool.domains.indexOf(getDomain(pool, name)), 1);
      return {};
    },
  ),
};

/** Where a domain is in AWS. */
export function domainOrigin({ region }: Pick<UserPool, "region">, { name, certificateArn }: Domain): string {
  return certificateArn === undefined ? `https://${name}.auth.${region}.amazoncognito.com` : `https://${name}`;
}

/**
 * The pool that a Host header means: `PREFIX.auth.REGION.amazoncognito.com`, a custom domain, or, on this machine,
 * `PREFIX.localhost`; the port does not matter.
 */
export function domainOfHost(state: State, host: string): { pool: UserPool; domain: Domain } | undefined {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  for (const pool of state.userPools.values()) {
    for (const domain of pool.domains) {
      const own = new URL(domainOrigin(pool, domain)).hostname;
      if (name === own || (domain.certificateArn === undefined && name === `${domain.name}.localhost`)) {
        return { pool, domain };
      }
    }
  }
  return undefined;
}

/** A prefix is taken once in a region, a whole name once. */
function findDomain(state: State, name: string, region: string): { pool: UserPool; domain: Domain } | undefined {
  for (const pool of state.userPools.values()) {
    const domain = pool.domains.find((domain) => domain.name === name);
    if (domain !== undefined && (pool.region === region || domain.certificateArn !== undefined)) {
      return { pool, domain };
    }
  }
  return undefined;
}

function getDomain(pool: UserPool, name: string): Domain {
  const domain = pool.domains.find((domain) => domain.name === name);
  if (domain === undefined) throw notFound("No such domain or user pool exists.");
  return domain;
}

function checkName(name: string, custom: boolean): void {
  const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
  const valid = new RegExp(custom ? `^${label}(?:\\.${label})+$` : `^${label}$`);
  if (!valid.test(name)) throw invalidParameter("Domain name is not valid.");
  const reserved = ["aws", "amazon", "cognito"].find((word) => name.includes(word));
  if (!custom && reserved !== undefined) throw invalidParameter(`Domain cannot contain reserved word: ${reserved}`);
}

function checkTier(pool: UserPool, version: 1 | 2): void {
  if (version === 2 && pool.settings.UserPoolTier === "LITE") {
    throw new ServiceError(
      "FeatureUnavailableInTierException",
      "Managed login is not available in the pool's current feature plan.",
    );
  }
}

function answer(domain: Domain): object {
  return {
    ManagedLoginVersion: domain.managedLoginVersion,
    ...(domain.certificateArn === undefined ? {} : { CloudFrontDomain: cloudFront }),
  };
}
