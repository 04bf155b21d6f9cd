/** What `npm start` prints when it is ready. */
import type { Announcement, DemoUser } from "../running.ts";

/** To standard output. @param json as one line of JSON */
export function announce(announcement: Announcement, json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify(announcement)}\n` : `${describe(announcement).join("\n")}\n`);
}

function describe(announcement: Announcement): string[] {
  return [
    "",
    `Open  ${announcement.url}`,
    ...announcement.users.flatMap(describeUser),
    "",
    "In its terminals, after signing in:  aws sts get-caller-identity",
    ...(announcement.ca === undefined ? editorOnly : describeHost(announcement, announcement.ca)),
    "A code works once; the next one comes after at most 30 s.",
    "Ctrl-C (or npm stop) ends everything.",
  ];
}

const editorOnly = [
  "The editor has no password: it listens on 127.0.0.1 only, but every user of this machine can open it while it runs.",
];

function describeUser({ username, password, totpSecret, note }: DemoUser): string[] {
  return [
    "",
    `  user       ${username}${note === undefined ? "" : `   (${note})`}`,
    `  password   ${password}`,
    ...(totpSecret === null
      ? ["  code       none yet: the first sign-in shows a QR code and the key"]
      : [`  key        ${totpSecret}`, `  code now   oathtool --totp --base32 ${totpSecret}`]),
  ];
}

function describeHost({ port, chromiumArguments = [] }: Announcement, ca: string): string[] {
  const quoted = chromiumArguments.map((each) => `'${each}'`).join(" ");
  return [
    "A root shell in the host:  npm run lab -- shell",
    "",
    ...(port === 443
      ? []
      : [
          `Port 443 of this machine is taken, so the names are found at port ${port}, by a Chromium that is told so (below).`,
        ]),
    "A browser has to trust the host's certificate, or webviews don't work (they need a service worker). Any of these does:",
    `  npm start -- --open                      Chromium with exactly these certificates let in`,
    `  chromium --user-data-dir=/tmp/lab ${quoted}`,
    ...(port === 443
      ? [
          `  ${ca}`,
          "    as an authority: in Firefox Settings > Certificates > Authorities > Import; in Chromium chrome://certificate-manager;",
          `    for all of this machine: cp ${ca} /usr/local/share/ca-certificates/gatehouse-lab.crt && update-ca-certificates`,
          "    It can speak for gatehouse.localhost only, and stays the same from start to start.",
        ]
      : []),
    "",
  ];
}
