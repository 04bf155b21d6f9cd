/** Every request that must not get in, each with its control. The gate's health check and later tests send the same list. */
import { cookieRequests } from "./cookies.ts";
import { framingRequests } from "./framing.ts";
import { headerRequests } from "./headers.ts";
import { http2Requests } from "./http2.ts";
import { nameRequests } from "./names.ts";
import { pathRequests } from "./paths.ts";
import type { HostileRequest } from "./request.ts";
import { signInRequests } from "./signIn.ts";

export const hostileRequests: readonly HostileRequest[] = [
  ...headerRequests,
  ...pathRequests,
  ...nameRequests,
  ...framingRequests,
  ...cookieRequests,
  ...signInRequests,
  ...http2Requests,
];
