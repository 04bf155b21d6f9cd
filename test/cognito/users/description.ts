import type { User } from "../model.ts";
import { timestamp } from "../userPools/lookup.ts";

/** A user as ListUsers and AdminCreateUser answer one. */
export function describeUser(user: User): object {
  return {
    Username: user.username,
    Attributes: describeAttributes(user),
    Enabled: user.enabled,
    UserStatus: user.status,
    UserCreateDate: timestamp(user.createdAt),
    UserLastModifiedDate: timestamp(user.modifiedAt),
  };
}

export function describeAttributes(user: User): { Name: string; Value: string }[] {
  return [...user.attributes].map(([Name, Value]) => ({ Name, Value }));
}

/** The factors that are on, as GetUser and AdminGetUser answer them. */
export function describeFactors(user: User): object {
  if (!user.softwareTokenEnabled) return {};
  return { UserMFASettingList: ["SOFTWARE_TOKEN_MFA"], PreferredMfaSetting: "SOFTWARE_TOKEN_MFA" };
}

/** `a***@e***`, as Cognito shows where it sent a code. */
export function maskEmail(address: string): string {
  const [name = "", domain = ""] = address.split("@");
  return `${name.slice(0, 1)}***@${domain.slice(0, 1)}***`;
}
