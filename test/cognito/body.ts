import type { IncomingMessage } from "node:http";
import { ServiceError } from "./errors.ts";

const largestBody = 1024 * 1024;

/** @throws RequestEntityTooLargeException past 1 MiB */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestBody) throw new ServiceError("RequestEntityTooLargeException", "Request too large", 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
