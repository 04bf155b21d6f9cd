/**
 * The attributes that a pool's users can have: the standard ones, as the API reference of DescribeUserPool lists them, and the
 * pool's own. https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPool.html
 */
import { z } from "zod";
import { invalidParameter, notAuthorized } from "../errors.ts";
import type { UserPool } from "../model.ts";

/** One of CreateUserPool's `Schema`. */
export const schemaAttribute = z.object({
  Name: z.string().min(1).max(20),
  AttributeDataType: z.enum(["String", "Number", "DateTime", "Boolean"]).optional(),
  DeveloperOnlyAttribute: z.boolean().optional(),
  Mutable: z.boolean().optional(),
  Required: z.boolean().optional(),
  NumberAttributeConstraints: z.object({ MinValue: z.string().optional(), MaxValue: z.string().optional() }).optional(),
  StringAttributeConstraints: z
    .object({ MinLength: z.string().optional(), MaxLength: z.string().optional() })
    .optional(),
});

type Definition = z.output<typeof schemaAttribute>;
export type SchemaAttribute = Definition & {
  readonly AttributeDataType: NonNullable<Definition["AttributeDataType"]>;
  readonly Mutable: boolean;
};

const text = (Name: string, MinLength = "0", MaxLength = "2048"): SchemaAttribute => ({
  Name,
  AttributeDataType: "String",
  DeveloperOnlyAttribute: false,
  Mutable: true,
  Required: false,
  StringAttributeConstraints: { MinLength, MaxLength },
});
const plain = (Name: string, AttributeDataType: "Boolean" | "Number"): SchemaAttribute => ({
  Name,
  AttributeDataType,
  DeveloperOnlyAttribute: false,
  Mutable: true,
  Required: false,
});

const standard: readonly SchemaAttribute[] = [
  { ...text("sub", "1"), Mutable: false, Required: true },
  ...["name", "given_name", "family_name", "middle_name", "nickname", "preferred_username"].map((name) => text(name)),
  ...["profile", "picture", "website", "email"].map((name) => text(name)),
  plain("email_verified", "Boolean"),
  text("gender"),
  text("birthdate", "10", "10"),
  ...["zoneinfo", "locale", "phone_number"].map((name) => text(name)),
  plain("phone_number_verified", "Boolean"),
  text("address"),
  { ...plain("updated_at", "Number"), NumberAttributeConstraints: { MinValue: "0" } },
];

/** @throws InvalidParameterException; the wordings are those that people quote, and moto's */
export function checkSchema(schema: readonly Definition[]): void {
  for (const { Name, AttributeDataType, DeveloperOnlyAttribute, Required } of schema) {
    const known = standard.find((attribute) => attribute.Name === Name);
    if (known !== undefined) {
      if (DeveloperOnlyAttribute || (AttributeDataType ?? known.AttributeDataType) !== known.AttributeDataType) {
        throw invalidParameter(
          `You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute ${Name}`,
        );
      }
    } else if (AttributeDataType === undefined) {
      throw invalidParameter("Invalid AttributeDataType input, consider using the provided AttributeDataType enum.");
    } else if (Required) {
      throw invalidParameter("Required custom attributes are not supported currently.");
    }
  }
}

/** Every attribute of the pool under the name that its users have it by: `email`, `custom:dept`, `dev:custom:level`. */
export function schemaOf({ settings: { Schema } }: Pick<UserPool, "settings">): SchemaAttribute[] {
  const own = Schema.filter(({ Name }) => !standard.some((attribute) => attribute.Name === Name)).map(
    ({ Name, AttributeDataType = "String", DeveloperOnlyAttribute = false, Mutable = true, ...rest }) => ({
      ...rest,
      Name: `${DeveloperOnlyAttribute ? "dev:" : ""}custom:${Name}`,
      AttributeDataType,
      DeveloperOnlyAttribute,
      Mutable,
      Required: false,
    }),
  );
  const changed = standard.map((attribute) => {
    const { Mutable, Required, StringAttributeConstraints, NumberAttributeConstraints } =
      Schema.find(({ Name }) => Name === attribute.Name) ?? {};
    return {
      ...attribute,
      Mutable: Mutable ?? attribute.Mutable,
      Required: Required ?? attribute.Required,
      ...(StringAttributeConstraints && { StringAttributeConstraints }),
      ...(NumberAttributeConstraints && { NumberAttributeConstraints }),
    };
  });
  return [...changed, ...own];
}

/**
 * Attributes of a new user. Wordings as Cognito is quoted with: https://github.com/aws-amplify/amplify-js/issues/2167 for a name
 * without a prefix, many repositories for `custom:` (`Type for attribute {custom:role} could not be determined`).
 * @throws InvalidParameterException
 */
export function checkNewAttributes(pool: UserPool, names: readonly string[]): void {
  const unknown = unknownOf(pool, names);
  if (unknown === undefined) return;
  throw invalidParameter(
    `Attributes did not conform to the schema: ${
      unknown.includes(":")
        ? `Type for attribute {${unknown}} could not be determined`
        : `${unknown}: Attribute does not exist in the schema.\n`
    }`,
  );
}

/**
 * Attributes that a user gets later on; Cognito is quoted with `user.custom:teamId: Attribute does not exist in the schema.` and a
 * newline. @throws InvalidParameterException
 */
export function checkChangedAttributes(pool: UserPool, names: readonly string[]): void {
  const unknown = unknownOf(pool, names);
  if (unknown !== undefined) throw invalidParameter(`user.${unknown}: Attribute does not exist in the schema.\n`);
  const fixed = schemaOf(pool).find(({ Name, Mutable }) => !Mutable && names.includes(Name))?.Name;
  if (fixed !== undefined) throw invalidParameter(`user.${fixed}: Attribute cannot be updated.\n`);
}

/**
 * What a user or a public client may not write: an administrator alone sets `dev:` attributes (API reference, SchemaAttributeType);
 * the type of the refusal is a guess. @throws NotAuthorizedException
 */
export function checkOwnAttributes(names: readonly string[]): void {
  if (names.some((name) => name.startsWith("dev:"))) {
    throw notAuthorized("A client attempted to write unauthorized attribute");
  }
}

function unknownOf(pool: UserPool, names: readonly string[]): string | undefined {
  const known = new Set(schemaOf(pool).map(({ Name }) => Name));
  return names.find((name) => !known.has(name));
}
