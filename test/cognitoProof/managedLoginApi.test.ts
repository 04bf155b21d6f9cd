import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import {
  CreateManagedLoginBrandingCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  CreateUserPoolCommand,
  CreateUserPoolDomainCommand,
  DeleteManagedLoginBrandingCommand,
  DeleteUserPoolCommand,
  DeleteUserPoolDomainCommand,
  DescribeManagedLoginBrandingByClientCommand,
  DescribeManagedLoginBrandingCommand,
  DescribeUserPoolCommand,
  DescribeUserPoolDomainCommand,
  UpdateUserPoolClientCommand,
  UpdateUserPoolDomainCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { root } from "../lab/cache.ts";
import { createPool, type Emulator, startEmulator } from "./emulator.ts";
import { addClient, callback, createSite, oauthClient } from "./managedLoginSite.ts";

describe("managed login's API by the AWS SDK", () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.stop());

  const newPool = async (UserPoolTier?: "LITE") => {
    const { UserPool } = await emulator.userPools.send(new CreateUserPoolCommand({ PoolName: "p", UserPoolTier }));
    return UserPool?.Id ?? "";
  };
  const invalid = (message: string | RegExp) => ({ name: "InvalidParameterException", message });

  describe("domains", () => {
    const certificate = { CertificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/x" };

    it("are made, described, updated and deleted", async () => {
      const UserPoolId = await newPool();
      const Domain = "team-a";
      const created = await emulator.userPools.send(new CreateUserPoolDomainCommand({ UserPoolId, Domain }));
      assert.equal(created.ManagedLoginVersion, 1);
      assert.equal(created.CloudFrontDomain, undefined);
      await emulator.userPools.send(new UpdateUserPoolDomainCommand({ UserPoolId, Domain, ManagedLoginVersion: 2 }));
      const { DomainDescription } = await emulator.userPools.send(new DescribeUserPoolDomainCommand({ Domain }));
      assert.equal(DomainDescription?.UserPoolId, UserPoolId);
      assert.equal(DomainDescription?.Status, "ACTIVE");
      assert.equal(DomainDescription?.ManagedLoginVersion, 2);
      const { UserPool } = await emulator.userPools.send(new DescribeUserPoolCommand({ UserPoolId }));
      assert.equal(UserPool?.Domain, Domain);
      await assert.rejects(
        emulator.userPools.send(new DeleteUserPoolCommand({ UserPoolId })),
        invalid("User pool cannot be deleted. It has a domain configured that should be deleted first."),
      );
      await emulator.userPools.send(new DeleteUserPoolDomainCommand({ UserPoolId, Domain }));
      const gone = await emulator.userPools.send(new DescribeUserPoolDomainCommand({ Domain }));
      assert.deepEqual(gone.DomainDescription, {});
      await emulator.userPools.send(new DeleteUserPoolCommand({ UserPoolId }));
    });

    it("are a prefix that nobody else has, and beside it a custom one", async () => {
      const [UserPoolId, other] = [await newPool(), await newPool()];
      const create = (pool: string, Domain: string, custom = false) =>
        emulator.userPools.send(
          new CreateUserPoolDomainCommand({
            UserPoolId: pool,
            Domain,
            ManagedLoginVersion: 2,
            ...(custom ? { CustomDomainConfig: certificate } : {}),
          }),
        );
      await create(UserPoolId, "team-b");
      await assert.rejects(create(other, "team-b"), invalid("Domain already associated with another user pool."));
      await assert.rejects(create(UserPoolId, "team-c"), { name: "InvalidParameterException" });
      for (const wrong of ["Team", "-x", "x-", "my-cognito-x", "aws-x", "a.b"]) {
        await assert.rejects(create(other, wrong), { name: "InvalidParameterException" });
      }
      const custom = await create(UserPoolId, "sign-in.example.com", true);
      assert.match(custom.CloudFrontDomain ?? "", /\.cloudfront\.net$/);
      // The version of a custom domain changes only together with its certificate.
      const change = { UserPoolId, Domain: "sign-in.example.com", ManagedLoginVersion: 1 };
      await assert.rejects(emulator.userPools.send(new UpdateUserPoolDomainCommand(change)), {
        name: "InvalidParameterException",
      });
      await emulator.userPools.send(new UpdateUserPoolDomainCommand({ ...change, CustomDomainConfig: certificate }));
      const { UserPool } = await emulator.userPools.send(new DescribeUserPoolCommand({ UserPoolId }));
      assert.deepEqual([UserPool?.Domain, UserPool?.CustomDomain], ["team-b", "sign-in.example.com"]);
      const discovered = await fetch(`${emulator.endpoint}/${UserPoolId}/.well-known/openid-configuration`);
      const { authorization_endpoint } = (await discovered.json()) as { authorization_endpoint: string };
      assert.equal(authorization_endpoint, "https://sign-in.example.com/oauth2/authorize");
    });

    it("have managed login in no pool of the Lite plan", async () => {
      const domain = { UserPoolId: await newPool("LITE"), Domain: "team-lite" };
      await assert.rejects(
        emulator.userPools.send(new CreateUserPoolDomainCommand({ ...domain, ManagedLoginVersion: 2 })),
        { name: "FeatureUnavailableInTierException" },
      );
      await emulator.userPools.send(new CreateUserPoolDomainCommand(domain));
    });
  });

  it("gives a client one branding at most, and takes it away", async () => {
    const site = await createSite(emulator);
    const { clientId: ClientId, userPoolId: UserPoolId } = await addClient(emulator, site);
    const create = new CreateManagedLoginBrandingCommand({ UserPoolId, ClientId, UseCognitoProvidedValues: true });
    const byClient = new DescribeManagedLoginBrandingByClientCommand({ UserPoolId, ClientId });
    await assert.rejects(emulator.userPools.send(byClient), { name: "ResourceNotFoundException" });
    const { ManagedLoginBranding } = await emulator.userPools.send(create);
    assert.equal(ManagedLoginBranding?.UseCognitoProvidedValues, true);
    await assert.rejects(emulator.userPools.send(create), { name: "ManagedLoginBrandingExistsException" });
    const id = { UserPoolId, ManagedLoginBrandingId: ManagedLoginBranding?.ManagedLoginBrandingId };
    assert.deepEqual(
      (await emulator.userPools.send(new DescribeManagedLoginBrandingCommand(id))).ManagedLoginBranding,
      (await emulator.userPools.send(byClient)).ManagedLoginBranding,
    );
    await emulator.userPools.send(new DeleteManagedLoginBrandingCommand(id));
    await assert.rejects(emulator.userPools.send(byClient), { name: "ResourceNotFoundException" });
    await assert.rejects(
      emulator.userPools.send(
        new CreateManagedLoginBrandingCommand({ UserPoolId, ClientId, UseCognitoProvidedValues: true, Settings: {} }),
      ),
      { name: "InvalidParameterException" },
    );
  });

  describe("a client's settings", () => {
    let UserPoolId: string;
    before(async () => {
      UserPoolId = (await createPool(emulator)).userPoolId;
    });
    const create = (changes: Partial<CreateUserPoolClientCommandInput>) =>
      emulator.userPools.send(
        new CreateUserPoolClientCommand({ UserPoolId, ClientName: "c", ...oauthClient, ...changes }),
      );

    it("are taken with https, this machine, and an app's own scheme, and shown again", async () => {
      const CallbackURLs = [
        callback,
        "http://localhost:3000/x",
        "http://127.0.0.1:1/",
        "http://[::1]:2/",
        "myapp://example",
      ];
      const { UserPoolClient } = await create({ CallbackURLs, DefaultRedirectURI: callback });
      assert.deepEqual(UserPoolClient?.CallbackURLs, CallbackURLs);
      assert.equal(UserPoolClient?.DefaultRedirectURI, callback);
    });

    it("are refused where AWS refuses them, at creation and at update", async () => {
      const ClientId = (await create({})).UserPoolClient?.ClientId;
      const cases: [Partial<CreateUserPoolClientCommandInput>, { name: string; message?: string | RegExp }][] = [
        [{ CallbackURLs: ["http://ide.example.com/"] }, invalid(/cannot use the HTTP protocol/)],
        [{ CallbackURLs: ["http://localhost.example.com/"] }, invalid(/cannot use the HTTP protocol/)],
        [{ LogoutURLs: ["http://ide.example.com/"] }, invalid(/cannot use the HTTP protocol/)],
        [{ CallbackURLs: [`${callback}#x`] }, invalid(/fragment/)],
        [{ CallbackURLs: ["/relative"] }, invalid(/absolute/)],
        [{ DefaultRedirectURI: `${callback}/` }, invalid(/DefaultRedirectURI/)],
        [{ AllowedOAuthScopes: ["openid", "x/y"] }, { name: "ScopeDoesNotExistException" }],
        [{ SupportedIdentityProviders: ["Google"] }, invalid(/The provider Google does not exist for User Pool/)],
        [
          { AllowedOAuthScopes: [] },
          invalid(
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
          ),
        ],
        [
          { CallbackURLs: [] },
          {
            name: "InvalidOAuthFlowException",
            message: "CallbackUrls can not be empty when code flow or implicit flow is selected",
          },
        ],
      ];
      for (const [changes, error] of cases) {
        await assert.rejects(create(changes), error);
        await assert.rejects(
          emulator.userPools.send(
            new UpdateUserPoolClientCommand({ UserPoolId, ClientId, ...oauthClient, ...changes }),
          ),
          error,
        );
      }
    });
  });

  it("is started with an issuer of one's own from the command line", async () => {
    const child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        "test/cognito/main.ts",
        "--no-moto",
        "--issuer-base",
        "https://id.example.com/",
      ],
      { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
    );
    try {
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const { endpoint } = JSON.parse(line) as { endpoint: string };
      const { userPools } = (await import("../cognito/demoPool.ts")).sdkClients(endpoint, "us-east-1", {
        accessKeyId: "AKIAIOSFODNN7EXAMPLE",
        secretAccessKey: "unchecked",
      });
      const { UserPool } = await userPools.send(new CreateUserPoolCommand({ PoolName: "p" }));
      const answer = await fetch(`${endpoint}/${UserPool?.Id}/.well-known/openid-configuration`);
      const document = (await answer.json()) as Record<string, string>;
      assert.equal(document["issuer"], `https://id.example.com/${UserPool?.Id}`);
      assert.equal(document["jwks_uri"], `https://id.example.com/${UserPool?.Id}/.well-known/jwks.json`);
      assert.equal(document["authorization_endpoint"], undefined);
    } finally {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    }
  });
});
