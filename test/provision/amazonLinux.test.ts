// provision.sh on stand-ins of Amazon Linux 2023: no Amazon Linux is booted here. The stand-ins refuse what amazonLinux.tsv doesn't
// name, with the place in the facts where it is named.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { root as checkout } from "../lab/cache.ts";
import { factsOf, makeHost, type TestHost } from "./host.ts";

describe("provisioning Amazon Linux 2023", () => {
  let host: TestHost;
  beforeEach(() => {
    host = makeHost("amazonLinux");
  });
  afterEach(() => host.close());

  it("goes through whole, and asks for nothing that the facts don't name", async () => {
    host.hostFile({ packages: ["gcc"] });
    const before = host.snapshot();
    const { code, output } = await host.provision();
    equal(code, 0, output);
    deepEqual(host.refused(), []);
    match(output, /\[1\/9\] Host\n {2}amzn 2023 on amd64\n(.|\n)*\[9\/9\] host apply\napply: done\n/);
    const installs = host.calls().filter((call) => call.startsWith("dnf "));
    deepEqual(installs, [
      "dnf -y install nginx redis6 nftables polkit certbot python3-certbot-dns-route53 git awscli-2",
      "dnf -y install gcc",
    ]);
    for (const unit of ["nginx", "redis6"]) equal(host.link(`etc/systemd/system/${unit}.service`), "/dev/null");
    equal(host.link("opt/gatehouse/current"), "0.2.0");
    equal(host.link("opt/gatehouse/lib/code-server"), "code-server-4.145.2");
    equal(host.link("opt/gatehouse/lib/oauth2-proxy"), "oauth2-proxy-7.15.5");
    equal(host.link("opt/gatehouse/lib/code-server/lib/vscode/extensions/gatehouse"), "/opt/gatehouse/current");
    match(host.read("etc/passwd"), /^developer:x:1000:/m);
    equal(host.read("etc/gatehouse/host.json"), host.read("input/host.json"));
    const after = host.snapshot();
    const paths = factsOf("amazonLinux").filter(({ kind }) => kind === "path");
    for (const [path, entry] of after) {
      if (before.get(path) === entry) continue;
      ok(
        paths.some(({ name }) => path === name || path.startsWith(`${name}/`)),
        `${path} was changed (${before.get(path)} → ${entry}), and amazonLinux.tsv names no reason`,
      );
    }
    match(after.get("/etc/gatehouse/secrets") ?? "", /^directory 700 0:0/);
    match(after.get("/etc/gatehouse/secrets/client-secret") ?? "", /^file 600 0:0/);
    match(after.get("/etc/gatehouse/host.json") ?? "", /^file 644 0:0/);
    match(after.get("/home/developer") ?? "", /^directory 700 1000:1000/);
    match(after.get("/home/developer/environment") ?? "", /^directory 755 1000:1000/);
    for (const [path, entry] of after) {
      if (path.startsWith("/opt/gatehouse") && !entry.startsWith("→"))
        match(entry, /^(directory 755|file (644|755)) 0:0/, path);
    }
  });

  it("changes nothing and asks the network for nothing when it is run again", async () => {
    equal((await host.provision()).code, 0);
    const before = host.snapshot();
    host.forget();
    const { code, output } = await host.provision();
    equal(code, 0, output);
    deepEqual(host.snapshot(), before);
    deepEqual(
      host.calls().filter((call) => /^(dnf|curl|useradd|runuser|systemctl mask)/.test(call)),
      [],
    );
  });

  it("tries again while another package manager holds the lock", async () => {
    const lock = "Error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily unavailable)\n";
    host.write("state/dnf-fails", lock + lock);
    const { code, output } = await host.provision();
    equal(code, 0, output);
    equal(host.calls().filter((call) => call.startsWith("dnf -y install nginx")).length, 3);
    equal(host.read("state/slept"), "5\n10\n");
    match(output, /transaction lock .*; again in 5 s/);
  });

  it("says at once that a package doesn't exist, and installs nothing in its place", async () => {
    host.hostFile({ packages: ["no-such-thing"] });
    const { code, output } = await host.provision();
    equal(code, 1, output);
    match(output, /step 2 of 9 \(Packages\): these packages could not be installed: no-such-thing/);
    deepEqual(host.refused(), ["dnf: package no-such-thing"]);
    equal(host.exists("state/slept"), false);
    equal(host.exists("opt/gatehouse/current"), false);
  });

  it("takes the packages of another release where one is named", async () => {
    const options = ["--vsix", "/input/gatehouse.vsix", "--host-file", "/input/host.json"];
    const all = [...options, "--client-secret-file", "/input/secret", "--releasever", "2023.12.20260928"];
    equal((await host.provision(all)).code, 0);
    deepEqual(
      host.calls().filter((call) => call.startsWith("dnf ")),
      [
        "dnf -y --releasever=2023.12.20260928 upgrade",
        "dnf -y --releasever=2023.12.20260928 install nginx redis6 nftables polkit certbot python3-certbot-dns-route53 git awscli-2",
      ],
    );
    deepEqual(host.refused(), []);
    equal((await host.provision([...options, "--releasever", "latest"])).code, 2);
  });

  it("refuses an AWS CLI that doesn't know the token file", async () => {
    host.write("state/awscli-2", "2.9.19\n");
    const { code, output } = await host.provision();
    equal(code, 1, output);
    match(output, /step 6 of 9 \(AWS CLI\): the AWS CLI of the package awscli-2 is older than 2\.15/);
  });

  it("prints how to get the checksum that isn't known for this architecture", async () => {
    host.write("state/uname", "aarch64\n");
    host.hostFile({ pins: { codeServer: host.codeServer } });
    const { code, output } = await host.provision();
    equal(code, 1, output);
    const url =
      "https://github.com/oauth2-proxy/oauth2-proxy/releases/download/v7.15.5/oauth2-proxy-v7.15.5.linux-arm64.tar.gz";
    ok(output.includes(`\n  curl -fsSL '${url}' | sha256sum\n`), output);
    match(output, /"pins": \{"oauth2Proxy": \{"version": "7\.15\.5", "sha256": "…"\}\}/);
    deepEqual(
      host.calls().filter((call) => /^(dnf|curl)/.test(call)),
      [],
    );
  });

  for (const [name, file, content] of [
    ["another architecture", "state/uname", "i686\n"],
    ["Amazon Linux 2", "etc/os-release", 'ID="amzn"\nVERSION_ID="2"\n'],
    ["an old Debian", "etc/os-release", 'ID=debian\nVERSION_ID="11"\n'],
    ["another system", "etc/os-release", "ID=fedora\nVERSION_ID=41\n"],
  ] as const) {
    it(`refuses ${name} before it does anything`, async () => {
      host.write(file, content);
      const before = host.snapshot();
      equal((await host.provision()).code, 2);
      deepEqual(host.snapshot(), before);
    });
  }

  it("has a source for everything that its stand-ins know", () => {
    for (const { kind, name, source } of factsOf("amazonLinux")) ok(source.length > 3, `${kind} ${name}`);
  });

  it("uses no newer Python than Amazon Linux has", () => {
    for (const name of ["plan.py", "unpack.py"]) {
      const check = "import ast,sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 9))";
      execFileSync("/usr/bin/python3", ["-I", "-c", check, join(checkout, "deploy/host/provision", name)]);
    }
  });
});
