// Runs in the host as the IDE's user and is looked at through the gate. Its page talks to it through a websocket, and tries to stay.
import { createHash } from "node:crypto";
import { createServer } from "node:http";

const page = `<!doctype html><title>An application</title><h1>An application</h1><p id="said"></p><script>
const socket = new WebSocket(location.href.replace("https:", "wss:") + "socket");
socket.onmessage = ({ data }) => { said.textContent = data; };
</script>`;

const server = createServer((request, response) => {
  const script = request.url?.endsWith(".js") === true;
  response.setHeader("Content-Type", script ? "text/javascript" : "text/html");
  response.setHeader("Service-Worker-Allowed", "/");
  response.setHeader("Set-Cookie", ["__Host-gatehouse=taken; Path=/; Secure; HttpOnly; SameSite=Lax", "own=1"]);
  response.end(script ? "" : page);
});
server.on("upgrade", (request, socket) => {
  // RFC 6455, 4.2.2 and 5.2: the handshake's answer, and one text message.
  const accept = createHash("sha1")
    .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, "", ""].join("\r\n"));
  const text = Buffer.from(`said through a websocket, with ${request.headers.cookie ?? "no cookie"}`);
  socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("listening"));
