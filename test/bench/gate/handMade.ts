import { randomBytes } from "node:crypto";
import { administratorOf, sdkClients } from "../../cognito/demoPool.ts";
import { addOAuthClient } from "../../cognito/managedLogin/setUp.ts";
import { until } from "../../host/page.ts";
import type { HostLab } from "../../lab/host/hostLab.ts";
import { nginxConfiguration, oauth2ProxyConfiguration } from "./handMadeFiles.ts";
import type { Host } from "./hostProcesses.ts";
import { startLink } from "./startLink.ts";

export interface HandMade {
  readonly units: readonly string[];
  readonly codeServerUnit: string;
}

const directory = "/run/gatehouse-bench";
/** Of the host's loopback. */
export const ports = { nginx: 8443, oauth2Proxy: 4180, codeServer: 8081 };
const units = {
  nginx: "bench-nginx.service",
  oauth2Proxy: "bench-oauth2-proxy.service",
  codeServer: "bench-code-server.service",
};

/** Sets the gate for comparison up in the lab's host, beside the real one, with the same programs and certificate. */
export async function startHandMade(lab: HostLab, host: Host, user: string, folder: string): Promise<HandMade> {
  const domain = new URL(lab.origin).hostname;
  const { region, userPoolId, enrolled } = lab.pool;
  const { userPools } = sdkClients(lab.cognitoEndpoint, region, await administratorOf(lab.cognitoEndpoint));
  const { clientId, clientSecret = "" } = await addOAuthClient(userPools, {
    UserPoolId: userPoolId,
    ClientName: "hand-made",
    GenerateSecret: true,
    CallbackURLs: [`https://${domain}/oauth2/callback`],
    LogoutURLs: [`https://${domain}/oauth2/sign_out`],
  });
  const values = {
    directory,
    domain,
    certificateDirectory: `/etc/letsencrypt/live/${domain}`,
    issuer: `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`,
    clientId,
    clientSecret,
    cookieSecret: randomBytes(16).toString("hex"),
    email: enrolled.username,
    tls: await tlsDirectives(lab),
    ports,
  };
  await lab.run(["install", "-d", "-m", "0711", directory]);
  await lab.run(["install", "-d", "-o", user, "-m", "0700", `${directory}/ide`, `${directory}/proxy`]);
  await write(lab, `${directory}/nginx.conf`, nginxConfiguration(values));
  await write(lab, `${directory}/proxy/oauth2-proxy.cfg`, oauth2ProxyConfiguration(values), user);
  await write(lab, `${directory}/emails`, `${values.email}\n`);
  // The product's own settings: only the gate is to differ.
  const productFiles = "/opt/gatehouse/current/deploy/host/code-server";
  await lab.run(["install", "-d", `${directory}/ide/User`], { user });
  await lab.run(["install", "-m", "0600", `${productFiles}/settings.json`, `${directory}/ide/User/settings.json`], {
    user,
  });
  await write(lab, `${directory}/code-server.yaml`, await codeServerConfiguration(lab));

  const lib = "/opt/gatehouse/lib";
  await start(lab, units.nginx, ["/usr/sbin/nginx", "-c", `${directory}/nginx.conf`, "-g", "daemon off;"]);
  await start(
    lab,
    units.oauth2Proxy,
    [`${lib}/oauth2-proxy/oauth2-proxy`, "--config", `${directory}/proxy/oauth2-proxy.cfg`],
    user,
  );
  await start(
    lab,
    units.codeServer,
    [
      ...[`${lib}/code-server/lib/node`, `${lib}/code-server`, "--config", `${directory}/code-server.yaml`],
      ...["--user-data-dir", `${directory}/ide`, folder],
    ],
    user,
  );
  const link = await startLink({ target: ports.codeServer, networkOf: host.pid });
  await until("the hand-made gate's code-server answers", () =>
    fetch(`http://127.0.0.1:${link.port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  link.close();
  return { units: Object.values(units), codeServerUnit: units.codeServer };
}

/** The measured gate's, so that both have the same protocols, ciphers and session cache; without its certificate. */
async function tlsDirectives(lab: HostLab): Promise<string> {
  const { stdout } = await lab.run(["sh", "-c", "cat /etc/gatehouse/nginx.conf /etc/gatehouse/nginx/*.conf"]);
  const lines = stdout.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter((line) => /^ssl_(?!certificate|reject)\w+ .*;$/.test(line)))].join("\n");
}

/** The product's, on a TCP port in place of its socket. */
async function codeServerConfiguration(lab: HostLab): Promise<string> {
  const { stdout } = await lab.run(["cat", "/etc/gatehouse/code-server.yaml"]);
  return `${stdout.replace(/^socket.*\n/gm, "")}bind-addr: 127.0.0.1:${ports.codeServer}\n`;
}

async function write(lab: HostLab, path: string, text: string, owner = "root"): Promise<void> {
  const mode = owner === "root" ? "0644" : "0600";
  // Never readable by others in between.
  await lab.run(["sh", "-c", 'umask 077 && cat >"$0" && chown "$1" "$0" && chmod "$2" "$0"', path, owner, mode], {
    input: text,
  });
}

async function start(lab: HostLab, unit: string, command: readonly string[], user?: string): Promise<void> {
  await lab.run([
    ...["systemd-run", "--quiet", "--collect", `--unit=${unit}`],
    ...(user === undefined ? [] : [`--uid=${user}`]),
    ...["--", ...command],
  ]);
}
