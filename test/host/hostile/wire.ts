/** Sends a request byte by byte and reads what comes back, whatever it is. */
import { readFileSync } from "node:fs";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Gate } from "../gateSession.ts";
import type { Sent } from "./request.ts";

export interface WireAnswer {
  readonly status: number;
  /** Lower-case names; several of one name are joined by a line break. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What came back before the connection ended. */
export interface Received {
  readonly answers: readonly WireAnswer[];
  /** All bytes, for marks that no answer should have (HTTP/2: bodies). */
  readonly text: string;
}

/** Milliseconds after which a connection that says nothing counts as ended. */
const patience = 4000;

/** @param sent without placeholders */
export function exchange(gate: Pick<Gate, "port" | "caFile">, host: string, sent: Sent): Promise<Received> {
  return sent.raw === undefined ? exchangeHttp2(gate, host, sent) : exchangeRaw(gate, host, sent, sent.raw);
}

async function exchangeRaw(
  gate: Pick<Gate, "port" | "caFile">,
  host: string,
  sent: Sent,
  raw: string,
): Promise<Received> {
  const socket = open(gate, host, sent.plain ?? false, sent.serverName === undefined ? host : sent.serverName);
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve) => {
    socket.setTimeout(patience, () => socket.destroy());
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      // An open socket stays open.
      if (chunks.length === 1 && chunk.toString("latin1").startsWith("HTTP/1.1 101 ")) socket.destroy();
    });
    socket.write(Buffer.from(raw, "latin1"));
  });
  const text = Buffer.concat(chunks).toString("latin1");
  return { answers: parseAnswers(text, raw.startsWith("HEAD ")), text };
}

function open(
  { port, caFile }: Pick<Gate, "port" | "caFile">,
  host: string,
  plain: boolean,
  serverName: string | null,
): Socket {
  if (plain) return connectTcp(port, "127.0.0.1");
  return connectTls({
    host: "127.0.0.1",
    port,
    ca: readFileSync(caFile),
    ALPNProtocols: ["http/1.1"],
    servername: serverName ?? "",
    // What answers to other names counts, whatever certificate it shows.
    rejectUnauthorized: serverName === host,
  });
}

async function exchangeHttp2(
  { port, caFile }: Pick<Gate, "port" | "caFile">,
  host: string,
  sent: Sent,
): Promise<Received> {
  const session = connectHttp2(`https://${host}`, {
    createConnection: () =>
      connectTls({ host: "127.0.0.1", port, servername: host, ca: readFileSync(caFile), ALPNProtocols: ["h2"] }),
  });
  session.on("error", () => {});
  try {
    const stream = session.request({ ...sent.headers }, { endStream: sent.body === undefined });
    return await new Promise<Received>((resolve) => {
      let head: IncomingHttpHeaders | undefined;
      let body = "";
      const ended = () => {
        const status = Number(head?.[":status"] ?? 0);
        const answers = head === undefined ? [] : [{ status, headers: joined(head), body }];
        resolve({ answers, text: body });
      };
      stream.setTimeout(patience, () => stream.close());
      stream.on("error", ended);
      stream.on("response", (headers) => {
        head = headers;
      });
      stream.on("data", (chunk: Buffer) => {
        body += chunk.toString("latin1");
      });
      stream.on("close", ended);
      if (sent.body !== undefined) stream.end(sent.body);
    });
  } catch {
    // Node's own client refuses to send it.
    return { answers: [], text: "" };
  } finally {
    session.destroy();
  }
}

function joined(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join("\n") : String(value)]),
  );
}

/** Splits what came back into answers; what is no HTTP ends the list. */
function parseAnswers(text: string, isHead: boolean): WireAnswer[] {
  const answers: WireAnswer[] = [];
  let rest = text;
  while (rest !== "") {
    const match = /^HTTP\/1\.[01] (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/.exec(rest);
    if (match === null) break;
    const [head, code = "", block = ""] = match;
    rest = rest.slice(head.length);
    const status = Number(code);
    const headers = parseHeaders(block);
    if (status < 200) {
      if (status === 101) answers.push({ status, headers, body: "" });
      continue;
    }
    const [body, after] = isHead || status === 204 || status === 304 ? ["", rest] : splitBody(rest, headers);
    answers.push({ status, headers, body });
    rest = after;
  }
  return answers;
}

function parseHeaders(block: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of block.split("\r\n").filter((each) => each !== "")) {
    const [, name = "", value = ""] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}\n${value}`;
  }
  return headers;
}

function splitBody(rest: string, headers: Readonly<Record<string, string>>): [body: string, after: string] {
  if (/chunked/i.test(headers["transfer-encoding"] ?? "")) {
    let body = "";
    let left = rest;
    for (;;) {
      const match = /^([0-9a-f]+)\r\n/i.exec(left);
      if (match === null) return [body, ""];
      const length = Number.parseInt(match[1] ?? "0", 16);
      const start = match[0].length;
      body += left.slice(start, start + length);
      left = left.slice(start + length + 2);
      if (length === 0) return [body, left];
    }
  }
  const length = headers["content-length"];
  return length === undefined ? [rest, ""] : [rest.slice(0, Number(length)), rest.slice(Number(length))];
}
