/** An application that the IDE's user runs in the host, and that wants to stay in the browser. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser } from "../../lab/browser.ts";
import type { HostLab } from "../../lab/host/hostLab.ts";
import { sessionCookie } from "../gateSession.ts";
import { marker } from "./request.ts";

/** Of the host's loopback. */
export const previewedPort = 38080;
const node = "/opt/gatehouse/lib/code-server/lib/node";
const unit = "gatehouse-test-previewed";

/**
 * Every answer has the marker, and the request's headers as JSON, and sets the list `cookies` of its query; `/stay` tries to take the gate's cookie, a worker's scope and the origin's
 * data; `*.js` is a script; it takes websockets.
 */
const program = `
const { createServer } = require("node:http");
const { createHash } = require("node:crypto");
const server = createServer((request, response) => {
  const cookies = new URL(request.url, "http://host").searchParams.get("cookies");
  if (cookies !== null) response.setHeader("Set-Cookie", JSON.parse(cookies));
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

/** Scripts that the page tries to register as service workers, and the scopes that it asks for. */
const workers = [
  ["worker.js", "./"],
  ["worker.js", "/"],
  [`/absproxy/${previewedPort}/worker.js`, `/absproxy/${previewedPort}/`],
  ["/vscode-remote-resource?path=/worker.js", "/"],
] as const;

/** Answers' cookies that browsers take for the gate's, and nginx doesn't: what they set follows what it looks at. */
export const overwritings: readonly (readonly string[])[] = [
  [`${sessionCookie}=evil; Path=/;\tSecure`],
  [`${sessionCookie}=; Max-Age=0; Path=/;\tSecure`],
  ["", `${sessionCookie}=evil; Path=/;\tSecure`],
  ["own=1", `${sessionCookie}=evil; Path=/;\t\tSecure=1`],
  [`${sessionCookie}=evil; Path=/; \tSecure`],
];

/** Opens the application's `/stay` in Chromium with this session, and does what a page can do by script. */
export async function tryToStay(lab: HostLab, value: string) {
  const url = lab.origin;
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-browser-"));
  const browser = await launchBrowser(folder, lab.browserArguments);
  try {
    await browser.addCookies([{ name: sessionCookie, value, url, secure: true, httpOnly: true, sameSite: "Lax" }]);
    const held = async () =>
      Object.fromEntries((await browser.cookies(url)).map((each) => [each.name, each.value] as const));
    const page = await browser.newPage();
    await page.goto(`${url}/proxy/${previewedPort}/stay`);
    await page.evaluate(`document.cookie = "${sessionCookie}=evil; Path=/; Secure"`);
    const registrations = [];
    for (const [script, scope] of workers) {
      const asked = `navigator.serviceWorker.register(${JSON.stringify(script)}, { scope: ${JSON.stringify(scope)} })`;
      const outcome = await page.evaluate(`${asked}.then(() => "registered", (error) => error.name)`);
      registrations.push({ script, scope, outcome });
    }
    const cookies = await held();
    const sessions = [];
    for (const each of overwritings) {
      await page.goto(`${url}/proxy/${previewedPort}/?cookies=${encodeURIComponent(JSON.stringify(each))}`);
      sessions.push([each, (await held())[sessionCookie]]);
    }
    return { cookies, registrations, sessions };
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}
