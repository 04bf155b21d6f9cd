import assert from "node:assert/strict";
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminUpdateUserAttributesCommand,
  type AttributeType,
  CreateUserPoolCommand,
  DescribeUserPoolCommand,
  type SchemaAttributeType,
  SignUpCommand,
  UpdateUserAttributesCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import type { SignInTarget } from "../cognito/srpSignIn.ts";
import { createPool, type Emulator, email, password, startEmulator, tokensOf } from "./emulator.ts";

const Schema: SchemaAttributeType[] = [
  { Name: "dept", AttributeDataType: "String", Mutable: true, StringAttributeConstraints: { MaxLength: "20" } },
  { Name: "badge", AttributeDataType: "Number", Mutable: false },
  { Name: "level", AttributeDataType: "Number", DeveloperOnlyAttribute: true, Mutable: true },
  { Name: "nickname", AttributeDataType: "String", Mutable: false },
];

describe("attributes", () => {
  let emulator: Emulator;
  let target: SignInTarget;
  let AccessToken: string;
  before(async () => {
    emulator = await startEmulator();
    target = await createPool(emulator, { pool: { Schema } });
    ({ AccessToken } = await tokensOf(emulator, target));
  });
  after(() => emulator.stop());

  const creations: Record<string, (UserAttributes: AttributeType[]) => Promise<unknown>> = {
    AdminCreateUser: (UserAttributes) =>
      emulator.userPools.send(
        new AdminCreateUserCommand({ UserPoolId: target.userPoolId, Username: "ann@example.com", UserAttributes }),
      ),
    SignUp: (UserAttributes) =>
      emulator.userPools.send(
        new SignUpCommand({
          ClientId: target.clientId,
          Username: "ben@example.com",
          Password: password,
          UserAttributes,
        }),
      ),
  };
  const changes: Record<string, (UserAttributes: AttributeType[]) => Promise<unknown>> = {
    AdminUpdateUserAttributes: (UserAttributes) =>
      emulator.userPools.send(
        new AdminUpdateUserAttributesCommand({ UserPoolId: target.userPoolId, Username: email, UserAttributes }),
      ),
    UpdateUserAttributes: (UserAttributes) =>
      emulator.userPools.send(new UpdateUserAttributesCommand({ AccessToken, UserAttributes })),
  };

  for (const [name, create] of Object.entries(creations)) {
    it(`${name} takes the pool's own, and none that the pool hasn't`, async () => {
      await assert.rejects(create([{ Name: "custom:role", Value: "x" }]), {
        name: "InvalidParameterException",
        message: "Attributes did not conform to the schema: Type for attribute {custom:role} could not be determined",
      });
      await assert.rejects(create([{ Name: "dept", Value: "x" }]), {
        name: "InvalidParameterException",
        message: "Attributes did not conform to the schema: dept: Attribute does not exist in the schema.\n",
      });
      await create([
        { Name: "custom:dept", Value: "x" },
        { Name: "custom:badge", Value: "7" },
        { Name: "nickname", Value: "y" },
      ]);
    });
  }

  for (const [name, change] of Object.entries(changes)) {
    it(`${name} takes what may change, and nothing that the pool hasn't`, async () => {
      for (const unknown of ["custom:role", "dept", "Nickname"]) {
        await assert.rejects(change([{ Name: unknown, Value: "x" }]), {
          name: "InvalidParameterException",
          message: `user.${unknown}: Attribute does not exist in the schema.\n`,
        });
      }
      for (const fixed of ["custom:badge", "nickname", "sub"]) {
        await assert.rejects(change([{ Name: fixed, Value: "7" }]), {
          name: "InvalidParameterException",
          message: `user.${fixed}: Attribute cannot be updated.\n`,
        });
      }
      await change([{ Name: "custom:dept", Value: name }]);
      const { UserAttributes } = await emulator.userPools.send(
        new AdminGetUserCommand({ UserPoolId: target.userPoolId, Username: email }),
      );
      assert.equal(UserAttributes?.find(({ Name }) => Name === "custom:dept")?.Value, name);
    });
  }

  it("that are the developer's are written by an administrator alone", async () => {
    const level = [{ Name: "dev:custom:level", Value: "3" }];
    await assert.rejects(Promise.resolve(changes["UpdateUserAttributes"]?.(level)), { name: "NotAuthorizedException" });
    await changes["AdminUpdateUserAttributes"]?.(level);
  });

  it("are described with the standard ones, as AWS lists and names them", async () => {
    const { UserPool } = await emulator.userPools.send(new DescribeUserPoolCommand({ UserPoolId: target.userPoolId }));
    const described = UserPool?.SchemaAttributes ?? [];
    // The API reference's example of DescribeUserPool.
    const names =
      "sub name given_name family_name middle_name nickname preferred_username profile picture website email email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at";
    assert.deepEqual(
      described.map(({ Name }) => Name),
      [...names.split(" "), "custom:dept", "custom:badge", "dev:custom:level"],
    );
    const find = (name: string) => described.find(({ Name }) => Name === name);
    assert.deepEqual(find("birthdate"), {
      Name: "birthdate",
      AttributeDataType: "String",
      DeveloperOnlyAttribute: false,
      Mutable: true,
      Required: false,
      StringAttributeConstraints: { MinLength: "10", MaxLength: "10" },
    });
    assert.equal(find("nickname")?.Mutable, false);
    assert.deepEqual(find("custom:dept")?.StringAttributeConstraints, { MaxLength: "20" });
    assert.equal(find("dev:custom:level")?.DeveloperOnlyAttribute, true);
  });

  it("can't be defined without a type or be required as the pool's own, nor change a standard one's type", async () => {
    for (const wrong of [
      { Name: "dept" },
      { Name: "dept", AttributeDataType: "String", Required: true },
      { Name: "email", AttributeDataType: "Number" },
    ] satisfies SchemaAttributeType[]) {
      await assert.rejects(emulator.userPools.send(new CreateUserPoolCommand({ PoolName: "x", Schema: [wrong] })), {
        name: "InvalidParameterException",
      });
    }
  });
});
