/** An application that the IDE's user runs in the host, and that wants to stay in the browser. */
import type { HostLab } from "../../lab/host/hostLab.ts";
import { marker } from "./request.ts";

/** Of the host's loopback. */
export const previewedPort = 38080;
const node = "/opt/gatehouse/lib/code-server/lib/node";
const unit = "gatehouse-test-previewed";

/**
 * Every answer has the marker, and the request's headers as JSON; `/stay` tries to take the gate's cookie, a worker's scope and the origin's
 * data; `*.js` is a script; it takes websockets.
 */
const program = `
const { createServer } = require("node:http");
const { createHash } = require("node:crypto");
const server = createServer((request, response) => {
  if (request.url.startsWith("/stay")) {
    response.setHeader("Set-Cookie", [
      "__Host-gatehouse=evil; Path=/; Secure; HttpOnly; SameSite=Lax",
      "__Host-gatehouse_x_csrf=evil; Path=/; Secure",
      "\\t__HOST-gatehouse=evil; Path=/; Secure",
      "own=1; Path=/proxy/${previewedPort}/",
    ]);
    response.setHeader("Service-Worker-Allowed", "/");
    response.setHeader("Clear-Site-Data", '"*"');
    response.setHeader("X-Accel-Redirect", "/gatehouse/pages/en/refused.html");
    response.setHeader("Strict-Transport-Security", "max-age=0");
    response.setHeader("X-Gatehouse-Email", "evil@example.com");
  }
  const script = request.url.endsWith(".js");
  response.setHeader("Content-Type", script ? "text/javascript" : "text/html");
  response.end(script ? "/* ${marker} */" : "${marker} " + JSON.stringify(request.headers));
});
server.on("upgrade", (request, socket) => {
  const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
  socket.on("error", () => {});
  socket.write(["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + accept, "", ""].join("\\r\\n"));
});
server.listen(${previewedPort}, "127.0.0.1");
`;

/** Starts it as the IDE's user, and writes a file of that user's with the marker. Answers the file's path. */
export async function startPreviewed(lab: Pick<HostLab, "run">, user: string): Promise<string> {
  const home = `/home/${user}`;
  const write = (path: string, input: string) => lab.run(["tee", path], { user, input });
  await write(`${home}/previewed.cjs`, program);
  await write(`${home}/marked.txt`, `${marker}\n`);
  await lab.run(["systemd-run", "--quiet", `--unit=${unit}`, `--uid=${user}`, node, `${home}/previewed.cjs`]);
  return `${home}/marked.txt`;
}
