// provision.sh on stand-ins of Debian 12: what goes wrong with packages, downloads and archives, and what is refused.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { makeHost, type TestHost } from "./host.ts";

describe("provisioning Debian 12", () => {
  let host: TestHost;
  beforeEach(() => {
    host = makeHost("debian");
  });
  afterEach(() => host.close());

  const count = (start: string): number => host.calls().filter((call) => call.startsWith(start)).length;
  const refuses = async (step: RegExp, reason: RegExp): Promise<string> => {
    const { code, output } = await host.provision();
    equal(code, 1, output);
    match(output, step);
    match(output, reason);
    return output;
  };

  it("goes through, masks what Debian would start, and installs the AWS CLI in an environment of its own", async () => {
    const { code, output } = await host.provision();
    equal(code, 0, output);
    deepEqual(host.refused(), []);
    match(host.snapshot().get("/home/developer") ?? "", /^directory 700 1000:1000/);
    for (const unit of ["nginx", "redis-server"]) equal(host.link(`etc/systemd/system/${unit}.service`), "/dev/null");
    match(host.link("opt/gatehouse/lib/aws-cli"), /^aws-cli-[0-9a-f]{16}$/);
    equal(host.link("usr/local/bin/aws"), "/opt/gatehouse/lib/aws-cli/bin/aws");
    equal(host.read("state/apply-environment").trim(), "HOME LC_ALL PATH PWD SHLVL _");
  });

  it("changes nothing when it is run again, by hand and from the place where it was installed", async () => {
    equal((await host.provision()).code, 0);
    const before = host.snapshot();
    host.forget();
    for (const [options, script] of [
      [undefined, undefined],
      [["--host-file", "/etc/gatehouse/host.json"], "/opt/gatehouse/current/deploy/host/provision.sh"],
    ] as const) {
      const { code, output } = await host.provision(options, script);
      equal(code, 0, output);
      deepEqual(host.snapshot(), before);
    }
    equal(count("apt-get") + count("curl") + count("useradd"), 0);
  });

  it("stops services of the distribution that ran before", async () => {
    host.write("state/active-nginx.service", "");
    equal((await host.provision()).code, 0);
    equal(host.exists("state/active-nginx.service"), false);
  });

  describe("packages", () => {
    it("tries again while dpkg is locked", async () => {
      const lock = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)\n";
      host.write("state/apt-install-fails", lock + lock);
      const { code, output } = await host.provision();
      equal(code, 0, output);
      equal(count("apt-get -q -y"), 3);
      match(output, /held by process 812.*; again in 5 s/);
    });

    it("tries again when the mirror fails twice, with new lists each time", async () => {
      host.write("state/apt-update-fails", "E: Failed to fetch InRelease\nE: Failed to fetch InRelease\n");
      const missing = "E: Unable to locate package nginx\\nE: Failed to fetch nginx_1.22.1.deb  404  Not Found\n";
      host.write("state/apt-install-fails", missing + missing);
      const { code, output } = await host.provision();
      equal(code, 0, output);
      equal(count("apt-get -q -o DPkg::Lock::Timeout=60 update"), 3);
    });

    it("gives up after its patience, with what apt said and what to do", async () => {
      host.write(
        "state/apt-install-fails",
        "always:E: Failed to fetch nginx  Temporary failure resolving 'deb.debian.org'\n",
      );
      const options = ["--vsix", "/input/gatehouse.vsix", "--host-file", "/input/host.json", "--patience", "1"];
      const { code, output } = await host.provision(options);
      equal(code, 1, output);
      match(output, /step 2 of 9 \(Packages\): these packages could not be installed: nginx redis-server/);
      match(output, /Temporary failure resolving/);
      match(output, /Look whether .* the mirrors can be reached/);
      equal(host.exists("etc/gatehouse/host.json"), false);
    });

    it("installs sudo for the developer profile only", async () => {
      host.hostFile({ profile: "developer", packages: ["jq"] });
      equal((await host.provision()).code, 0);
      deepEqual(
        host
          .calls()
          .filter((call) => call.startsWith("apt-get -q -y"))
          .map((call) => call.split(" install ")[1])
          .slice(1),
        ["sudo", "jq"],
      );
    });
  });

  describe("downloads", () => {
    it("tries again when the network fails", async () => {
      host.write("state/curl-fails", "curl: (6) Could not resolve host\ncurl: (28) Timeout\n");
      const { code, output } = await host.provision();
      equal(code, 0, output);
      equal(count("curl"), 4);
    });

    it("says at once that an address doesn't exist", async () => {
      host.hostFile({
        pins: {
          codeServer: host.codeServer,
          oauth2Proxy: { ...host.oauth2Proxy, url: "https://downloads.example.com/no" },
        },
      });
      await refuses(/step 5 of 9 \(oauth2-proxy\)/, /https:\/\/downloads\.example\.com\/no cannot be downloaded/);
      equal(count("curl"), 2);
    });

    it("stops at a wrong checksum, before anything is unpacked", async () => {
      const wrong = "0".repeat(64);
      host.hostFile({ pins: { codeServer: { ...host.codeServer, sha256: wrong }, oauth2Proxy: host.oauth2Proxy } });
      const output = await refuses(
        /step 4 of 9 \(code-server\)/,
        /has the SHA-256 [0-9a-f]{64}, not 0{64}\. Nothing of it was unpacked/,
      );
      ok(output.includes(host.codeServer.sha256));
      equal(host.exists("opt/gatehouse/lib/code-server"), false);
      equal(count("python3 -I /opt/gatehouse/.vsix/deploy/host/provision/unpack.py release"), 0);
      equal(host.exists("opt/gatehouse/.work"), false);
    });

    it("keeps the one that is there when the new one has a wrong checksum", async () => {
      equal((await host.provision()).code, 0);
      const newer = host.makeCodeServer("4.146.0");
      host.hostFile({
        pins: { codeServer: { ...newer, sha256: host.codeServer.sha256 }, oauth2Proxy: host.oauth2Proxy },
      });
      await refuses(/step 4 of 9/, /not [0-9a-f]{64}/);
      equal(host.link("opt/gatehouse/lib/code-server"), "code-server-4.145.2");
    });

    it("refuses an archive that holds another version than its pin says", async () => {
      const lie = host.makeCodeServer("4.150.0", "4.139.1");
      host.hostFile({ pins: { codeServer: lie, oauth2Proxy: host.oauth2Proxy } });
      await refuses(/step 4 of 9/, /the archive holds code-server 4\.139\.1, not 4\.150\.0/);
      equal(host.exists("opt/gatehouse/lib/code-server"), false);
    });
  });

  describe("pins", () => {
    const cases: readonly (readonly [string, () => Record<string, unknown>, RegExp])[] = [
      [
        "no checksum is known",
        () => ({}),
        /curl -fsSL 'https:\/\/github\.com\/coder\/code-server\/\S*4\.141\.1-linux-amd64\.tar\.gz' \| sha256sum/,
      ],
      [
        "code-server has a known hole",
        () => ({ codeServer: host.makeCodeServer("4.141.0") }),
        /code-server 4\.141\.0 is refused: .*CVE-2026-111497.*4\.141\.1 or newer/,
      ],
      [
        "oauth2-proxy has a known hole",
        () => ({ codeServer: host.codeServer, oauth2Proxy: { ...host.oauth2Proxy, version: "7.15.4" } }),
        /oauth2-proxy 7\.15\.4 is refused: .*CVE-2026-76835/,
      ],
      [
        "the known checksum is contradicted",
        () => ({ codeServer: host.codeServer, oauth2Proxy: { version: "7.15.5", sha256: "1".repeat(64) } }),
        /is known as f63f94bf/,
      ],
      [
        "a checksum has no version",
        () => ({ codeServer: host.codeServer, oauth2Proxy: { sha256: "1".repeat(64) } }),
        /pins\.oauth2Proxy\.version is missing/,
      ],
      [
        "a version has no checksum, though it is known",
        () => ({ codeServer: host.codeServer, oauth2Proxy: { version: "7.15.5" } }),
        /pins\.oauth2Proxy\.sha256 is missing: "f63f94bf/,
      ],
      [
        "an address isn't https",
        () => ({ codeServer: { ...host.codeServer, url: "http://downloads.example.com/x.tar.gz" } }),
        /must begin with https/,
      ],
      [
        "an address is a file",
        () => ({ codeServer: { ...host.codeServer, url: "file:///files/x.tar.gz" } }),
        /file:\/\/\/ is for the lab only/,
      ],
      [
        "a checksum is none",
        () => ({ codeServer: { ...host.codeServer, sha256: "abc" } }),
        /pins\.codeServer\.sha256 must be 64/,
      ],
      [
        "a version could be read as a path",
        () => ({ codeServer: { ...host.codeServer, version: "../4.145.2" } }),
        /pins\.codeServer\.version must be a version/,
      ],
    ];
    for (const [name, pins, reason] of cases) {
      it(`refuses before anything is installed where ${name}`, async () => {
        host.hostFile({ pins: pins() });
        await refuses(/step 1 of 9 \(Host\)/, reason);
        equal(count("apt-get") + count("curl"), 0);
      });
    }

    it("takes an old version from a file in the lab", async () => {
      const old = host.makeCodeServer("4.139.1");
      const url = `file:///files/${old.url.split("/").at(-1)}`;
      host.hostFile({ lab: true, pins: { codeServer: { ...old, url }, oauth2Proxy: host.oauth2Proxy } });
      const { code, output } = await host.provision();
      equal(code, 0, output);
      equal(host.link("opt/gatehouse/lib/code-server"), "code-server-4.139.1");
    });
  });

  describe("archives", () => {
    for (const name of ["extension/../../evil", "/evil", "../evil", "extension/a\\..\\evil"]) {
      it(`refuses a VSIX with ${JSON.stringify(name)} in it`, async () => {
        const before = host.snapshot();
        host.python("evil-vsix", `${host.root}/input/gatehouse.vsix`, `${host.root}/input/host`, name);
        await refuses(/in step 0 of 9/, /refused, because it would leave the directory/);
        for (const path of host.snapshot().keys()) ok(before.has(path) || path.startsWith("/opt/gatehouse"), path);
        equal(host.exists("opt/gatehouse/current"), false);
      });
    }
    for (const kind of [
      "parent",
      "absolute",
      "link",
      "absolute-link",
      "through-link",
      "hard-link",
      "device",
      "twice",
    ]) {
      it(`refuses a release with an evil entry: ${kind}`, async () => {
        const file = `${host.root}/files/evil.tar.gz`;
        host.python("evil-release", file, kind);
        const { createHash } = await import("node:crypto");
        const { readFileSync } = await import("node:fs");
        const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
        const evil = { version: "4.145.2", url: "https://downloads.example.com/evil.tar.gz", sha256 };
        host.hostFile({ pins: { codeServer: evil, oauth2Proxy: host.oauth2Proxy } });
        await refuses(/step 4 of 9/, /refused, because/);
        equal(host.exists("etc/evil"), false);
        equal(host.exists("opt/gatehouse/lib/code-server"), false);
      });
    }
  });
});
