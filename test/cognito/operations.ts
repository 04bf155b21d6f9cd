import { initiateOperations } from "./auth/initiate.ts";
import { refreshOperations } from "./auth/refresh.ts";
import { respondOperations } from "./auth/respond.ts";
import { softwareTokenOperations } from "./auth/softwareToken.ts";
import { identityOperations } from "./identity/credentials.ts";
import { identityPoolOperations } from "./identity/pools.ts";
import { brandingOperations } from "./managedLogin/branding.ts";
import { domainOperations } from "./managedLogin/domains.ts";
import type { Operations } from "./operation.ts";
import { clientOperations } from "./userPools/clients.ts";
import { groupOperations } from "./userPools/groups.ts";
import { poolOperations } from "./userPools/pools.ts";
import { adminUserOperations } from "./users/admin.ts";
import { selfOperations } from "./users/self.ts";
import { signUpOperations } from "./users/signUp.ts";

/** By the service's name in X-Amz-Target. */
export const services: Readonly<Record<string, Operations>> = {
  AWSCognitoIdentityProviderService: {
    ...poolOperations,
    ...clientOperations,
    ...groupOperations,
    ...adminUserOperations,
    ...signUpOperations,
    ...selfOperations,
    ...initiateOperations,
    ...respondOperations,
    ...softwareTokenOperations,
    ...refreshOperations,
    ...domainOperations,
    ...brandingOperations,
  },
  AWSCognitoIdentityService: { ...identityPoolOperations, ...identityOperations },
};
