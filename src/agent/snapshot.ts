/**
 * What an agent leaves for its successor. A service keeps the whole session in its private runtime directory (a tmpfs that only
 * its own user can enter); any other agent leaves no more than the fact that someone was signed in.
 */
import { closeSync, constants, ftruncateSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { $ZodError } from "zod/v4/core";
import type { CognitoConfiguration } from "../core/cognito/configuration.ts";
import { type Problem, toProblem } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { readPrivateFile, writePrivateFile } from "../core/privateFile.ts";
import { checkPrivateDirectory } from "../core/runtimeDirectory.ts";
import type { SignedOutReason } from "../core/session.ts";
import { isSameClient } from "./sessionFetch.ts";
import type { HeldSession } from "./sessionView.ts";

export interface Legacy {
  readonly session?: HeldSession | undefined;
  /** Why nobody is signed in when there is no session. */
  readonly reason: SignedOutReason;
}

export interface Estate {
  /** What the predecessor left. */
  read(configuration: () => CognitoConfiguration): Legacy;
  /** Replaces it, or removes it; never throws. Answers why a session that has ended still lies there for a successor to find. */
  write(session: HeldSession | undefined): Problem | undefined;
}

export interface EstateDependencies {
  readonly directory: string;
  /** Whether the session itself may be written. */
  readonly private: boolean;
  readonly log: Log;
  /** For tests. */
  readonly remove?: (path: string) => void;
}

const maxSnapshotBytes = 256 * 1024;

const snapshotSchema = z.object({
  version: z.literal(1),
  session: z.object({
    id: z.string(),
    configuration: z.object({ region: z.string(), userPoolId: z.string(), clientId: z.string() }),
    signedInAt: z.number(),
    clockOffsetSeconds: z.optional(z.number()),
    tokens: z.object({
      idToken: z.string(),
      accessToken: z.string(),
      refreshToken: z.string(),
      expiresAt: z.number(),
      claims: z.looseObject({
        sub: z.string(),
        username: z.string(),
        roles: z.array(z.string()),
        groups: z.array(z.string()),
        authTime: z.number(),
        exp: z.number(),
      }),
    }),
    tokensObtainedAt: z.number(),
    chosenRole: z.optional(z.string()),
    credentials: z.optional(
      z.object({
        accessKeyId: z.string(),
        secretAccessKey: z.string(),
        sessionToken: z.string(),
        expiresAt: z.number(),
        accountId: z.optional(z.string()),
        obtainedAt: z.number(),
      }),
    ),
  }),
});

export function createEstate(deps: EstateDependencies): Estate {
  const snapshot = join(deps.directory, "session.json");
  const marker = join(deps.directory, "signedIn");
  const path = deps.private ? snapshot : marker;

  const remove = (): Problem | undefined => {
    try {
      (deps.remove ?? ((file) => rmSync(file, { force: true })))(path);
      return undefined;
    } catch (error) {
      deps.log.error(`snapshot: not removed: ${String(error)}`);
    }
    // The marker holds nothing.
    if (!deps.private) return undefined;
    try {
      const file = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        ftruncateSync(file);
      } finally {
        closeSync(file);
      }
      return undefined;
    } catch (error) {
      deps.log.error(`snapshot: not emptied: ${String(error)}`);
      return toProblem(error);
    }
  };

  return {
    read(configuration) {
      let text: string | undefined;
      try {
        checkPrivateDirectory(deps.directory);
        text = readPrivateFile(path, maxSnapshotBytes);
      } catch (error) {
        deps.log.error(`snapshot: refused: ${JSON.stringify(toProblem(error))}`);
        return { reason: "agentRestarted" };
      }
      if (text === undefined) return { reason: "never" };
      if (!deps.private) return { reason: "agentRestarted" };
      // Emptied, because it could not be removed.
      if (text === "") return { reason: "never" };
      try {
        const { session } = z.parse(snapshotSchema, JSON.parse(text));
        const now = configuration();
        if (!isSameClient(session.configuration, now)) throw new Error("it is of another pool or client");
        // The configuration of now: an endpoint may have moved, the session is the same.
        return { reason: "agentRestarted", session: { ...(session as unknown as HeldSession), configuration: now } };
      } catch (error) {
        deps.log.error(`snapshot: not used (${error instanceof $ZodError ? "wrong form" : String(error)})`);
        return { reason: "agentRestarted" };
      }
    },
    write(session) {
      if (session === undefined) return remove();
      try {
        writePrivateFile(path, deps.private ? JSON.stringify({ version: 1, session }) : "");
      } catch (error) {
        deps.log.error(`snapshot: not written: ${String(error)}`);
      }
      return undefined;
    },
  };
}
