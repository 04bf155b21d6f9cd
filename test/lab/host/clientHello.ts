/** What a TLS ClientHello says before any key is agreed on. */

/** `undefined` as name: the hello names no server. */
export type HelloResult =
  | { readonly kind: "incomplete" }
  | { readonly kind: "hello"; readonly serverName: string | undefined }
  | { readonly kind: "other" };

const handshake = 22;
const clientHello = 1;
/** RFC 8446, 5.1: a record carries at most 2^14 bytes. */
const maximumRecord = 1 << 14;
/** More than any ClientHello has. */
const maximumHello = 1 << 16;

/**
 * The server name (RFC 6066, 3) in the bytes that a client has sent so far. The hello may be cut anywhere, between records too.
 * @returns `other` for what is no TLS handshake or is malformed
 */
export function readClientHello(bytes: Buffer): HelloResult {
  const parts: Buffer[] = [];
  let length = 0;
  for (let at = 0; ; ) {
    const message = Buffer.concat(parts, length);
    if (message.length >= 4) {
      if (message[0] !== clientHello) return { kind: "other" };
      const needed = message.readUIntBE(1, 3);
      if (needed > maximumHello) return { kind: "other" };
      if (message.length >= 4 + needed) return readHello(message.subarray(4, 4 + needed));
    }
    if (at < bytes.length && bytes[at] !== handshake) return { kind: "other" };
    if (bytes.length < at + 5) return { kind: "incomplete" };
    const size = bytes.readUInt16BE(at + 3);
    if (bytes[at + 1] !== 3 || size === 0 || size > maximumRecord) return { kind: "other" };
    const part = bytes.subarray(at + 5, at + 5 + size);
    parts.push(part);
    length += part.length;
    at += 5 + size;
    // What is there of a record that is cut counts, but nothing can follow it.
    if (part.length < size) {
      const partial = Buffer.concat(parts, length);
      if (partial.length > 0 && partial[0] !== clientHello) return { kind: "other" };
      return { kind: "incomplete" };
    }
  }
}

/** RFC 8446, 4.1.2: version, random, session id, cipher suites, compression methods, extensions. */
function readHello(body: Buffer): HelloResult {
  try {
    let at = 2 + 32;
    at += 1 + body.readUInt8(at);
    at += 2 + body.readUInt16BE(at);
    at += 1 + body.readUInt8(at);
    if (at === body.length) return { kind: "hello", serverName: undefined };
    const end = at + 2 + body.readUInt16BE(at);
    if (end > body.length) return { kind: "other" };
    for (at += 2; at < end; ) {
      const type = body.readUInt16BE(at);
      const size = body.readUInt16BE(at + 2);
      if (at + 4 + size > end) return { kind: "other" };
      if (type === 0) return { kind: "hello", serverName: readServerName(body.subarray(at + 4, at + 4 + size)) };
      at += 4 + size;
    }
    return { kind: "hello", serverName: undefined };
  } catch (error) {
    if (error instanceof RangeError) return { kind: "other" };
    throw error;
  }
}

function readServerName(list: Buffer): string | undefined {
  for (let at = 2; at + 3 <= list.length; ) {
    const size = list.readUInt16BE(at + 1);
    if (list[at] === 0) return list.toString("latin1", at + 3, at + 3 + size).toLowerCase();
    at += 3 + size;
  }
  return undefined;
}
