/**
 * The lab's two certificate authorities and their certificates, made by openssl. The one that browsers are told to trust may speak for
 * `gatehouse.localhost` and nothing else, so trusting it costs nothing; the one for AWS's names is trusted by the lab's hosts only.
 */
import { createHash, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory, withLock } from "../cache.ts";
import { runCommand } from "../command.ts";
import { systemPath } from "./machine.ts";

/** PEM files. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface Authorities {
  /** Of gate and managed login. */
  readonly browser: KeyPair;
  /** Of AWS's names. */
  readonly aws: KeyPair;
}

/** Days: long, so that a person trusts it once; its key never leaves the cache. */
const authorityDays = 3650;
/** Days of what is made for one run. */
const leafDays = 14;

/** Made once and kept in the cache. */
export async function ensureAuthorities(): Promise<Authorities> {
  const folder = join(cacheDirectory(), "host", "ca");
  const pair = (name: string): KeyPair => ({
    certificate: join(folder, `${name}.pem`),
    key: join(folder, `${name}.key`),
  });
  const authorities = { browser: pair("gatehouse-lab"), aws: pair("gatehouse-lab-aws") };
  if (existsSync(folder)) return authorities;
  await withLock("host/ca", async () => {
    if (existsSync(folder)) return;
    const made = await mkdtemp(`${folder}-new-`);
    const only = [
      "permitted;DNS:gatehouse.localhost",
      "excluded;IP:0.0.0.0/0.0.0.0",
      "excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0",
    ];
    await createAuthority(made, "gatehouse-lab", "Gatehouse lab (gatehouse.localhost only)", only);
    await createAuthority(made, "gatehouse-lab-aws", "Gatehouse lab, stand-in for AWS", [
      "permitted;DNS:amazonaws.com",
      "excluded;IP:0.0.0.0/0.0.0.0",
      "excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0",
    ]);
    await chmod(made, 0o755);
    await rename(made, folder);
  });
  return authorities;
}

async function createAuthority(folder: string, name: string, subject: string, constraints: readonly string[]) {
  const configuration = [
    ...["[req]", "prompt = no", "distinguished_name = subject", "x509_extensions = authority"],
    ...["[subject]", `CN = ${subject}`, "[authority]", "basicConstraints = critical,CA:TRUE,pathlen:0"],
    ...["keyUsage = critical,keyCertSign,cRLSign", "subjectKeyIdentifier = hash"],
    `nameConstraints = critical,${constraints.join(",")}`,
  ];
  const file = join(folder, `${name}.conf`);
  await writeFile(file, `${configuration.join("\n")}\n`);
  const key = join(folder, `${name}.key`);
  await openssl(
    "req",
    "-x509",
    "-new",
    "-config",
    file,
    ...newKey(key),
    "-days",
    String(authorityDays),
    "-out",
    join(folder, `${name}.pem`),
  );
  await chmod(key, 0o600);
  await rm(file);
}

/** A certificate for these names, with a key of its own, in `folder`; the chain's authority is in the file as well. */
export async function issue(
  authority: KeyPair,
  folder: string,
  name: string,
  names: readonly string[],
): Promise<KeyPair> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = (extension: string) => join(folder, `${name}.${extension}`);
  const alternatives = names.map((each) => `DNS:${each}`).join(",");
  await writeFile(
    path("conf"),
    [
      ...["[req]", "prompt = no", "distinguished_name = subject", "[subject]", `CN = ${names[0]}`],
      ...["[leaf]", "basicConstraints = critical,CA:FALSE", "keyUsage = critical,digitalSignature"],
      ...["extendedKeyUsage = serverAuth", `subjectAltName = ${alternatives}`],
      ...["subjectKeyIdentifier = hash", "authorityKeyIdentifier = keyid", ""],
    ].join("\n"),
  );
  await openssl("req", "-new", "-config", path("conf"), ...newKey(path("key")), "-out", path("csr"));
  await chmod(path("key"), 0o600);
  await openssl(
    ...["x509", "-req", "-in", path("csr"), "-CA", authority.certificate, "-CAkey", authority.key],
    ...["-days", String(leafDays), "-extfile", path("conf"), "-extensions", "leaf", "-out", path("pem")],
  );
  await rm(path("conf"));
  await rm(path("csr"));
  return { certificate: path("pem"), key: path("key") };
}

/** What `--ignore-certificate-errors-spki-list` takes: SHA-256 of the public key's DER form in Base64. */
export async function publicKeyHash(certificate: string): Promise<string> {
  const { publicKey } = new X509Certificate(await readFile(certificate));
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
}

function newKey(path: string): string[] {
  return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", path];
}

async function openssl(...args: string[]): Promise<void> {
  await runCommand(["openssl", ...args], { env: { PATH: systemPath, OPENSSL_CONF: "/dev/null" } });
}
