"""What provision.sh is going to do, from host.json and pins.json: lines `key<TAB>value`, or one sentence that says what is wrong.

Usage: plan.py HOST_FILE PINS_FILE ARCHITECTURE (amd64 or arm64)

This is where a version with a known hole, an unknown checksum and an address that isn't https are refused. The whole schema of
host.json is checked later, by `gatehouse host apply`, once there is a Node to run it on; here only what the shell script itself uses.
Runs on Python 3.9 (Amazon Linux 2023) and needs nothing but its standard library.
"""
import json
import re
import sys

COMPONENTS = ("codeServer", "oauth2Proxy")
PROGRAMS = {"codeServer": "code-server", "oauth2Proxy": "oauth2-proxy"}
# useradd's own rule on both distributions; shadow-utils refuses anything longer than 32.
USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
# Debian policy 5.6.1 and RPM's names; a leading letter or digit keeps it from being read as an option.
PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]{0,127}")
VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){1,3}")
SHA256 = re.compile(r"[0-9a-f]{64}")
ADDRESS = re.compile(r"[a-z]+://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]+")
FOLDER = re.compile(r"/[A-Za-z0-9._@+/-]*")


class Refused(Exception):
    """Its text is shown as it is."""


def read_json(path):
    try:
        with open(path, encoding="utf-8-sig") as file:
            value = json.load(file)
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refused(f"{path} must hold one JSON object.")
    return value


def matching(pattern, value, key, meaning):
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise Refused(f"host.json: {key} must be {meaning}, not {json.dumps(value)}.")
    return value


def numbers(version):
    parts = [int(part) for part in version.split(".")]
    return tuple(parts + [0] * (4 - len(parts)))


def resolve(component, host, pins, architecture, lab):
    """Version, address and checksum of one component; host.json's pin wins over pins.json."""
    program = PROGRAMS[component]
    pin = pins[component]
    key = f"pins.{component}"
    all_given = host.get("pins", {})
    given = all_given.get(component, {}) if isinstance(all_given, dict) else None
    if not isinstance(given, dict):
        raise Refused(f'host.json: {key} must be an object with "version" and "sha256".')
    unknown = sorted(set(given) - {"version", "url", "sha256"})
    if unknown:
        raise Refused(f"host.json: {key}.{unknown[0]} is unknown.")
    # As `host apply` has it: a checksum without its version would be another one's as soon as pins.json is raised.
    if given and "version" not in given:
        raise Refused(f"host.json: {key}.version is missing.")

    version = matching(VERSION, given.get("version", pin["version"]), f"{key}.version", "a version such as " + pin["version"])
    minimum = pin["minimum"]
    if numbers(version) < numbers(minimum["version"]) and not lab:
        raise Refused(
            f"{program} {version} is refused: {minimum['reason']}. "
            f"Name {minimum['version']} or newer in host.json's {key} (version and sha256)."
        )

    usual = pin["url"].replace("{version}", version).replace("{arch}", architecture)
    url = matching(ADDRESS, given.get("url", usual), f"{key}.url", "an https address")
    if not url.startswith("https://") and not (lab and url.startswith("file:///")):
        raise Refused(f"host.json: {key}.url must begin with https:// (file:/// is for the lab only), not {url}")

    known = pin["sha256"].get(version, {}).get(architecture) if url == usual else None
    sha256 = given.get("sha256", known)
    if sha256 is None:
        raise Refused(
            f"No trustworthy SHA-256 of {program} {version} for {architecture} is known here, and none is invented.\n"
            "Print it on a machine and network that you trust, compare it with the publisher's own statement where there is one:\n"
            f"  curl -fsSL '{url}' | sha256sum\n"
            f'and put it into host.json: "pins": {{"{component}": {{"version": "{version}", "sha256": "…"}}}}'
        )
    if given and "sha256" not in given:
        raise Refused(f'host.json: {key}.sha256 is missing: "{sha256}", if {version} is to be installed.')
    matching(SHA256, sha256, f"{key}.sha256", "64 lower-case hexadecimal digits")
    if known is not None and sha256 != known:
        raise Refused(f"host.json: {key}.sha256 is {sha256}, but {program} {version} for {architecture} is known as {known}.")
    return [(f"{component}.version", version), (f"{component}.url", url), (f"{component}.sha256", sha256)]


def plan(host_file, pins_file, architecture):
    host = read_json(host_file)
    pins = read_json(pins_file)
    lab = host.get("lab", False)
    if not isinstance(lab, bool):
        raise Refused("host.json: lab must be true or false.")
    user = matching(USER, host.get("user"), "user", "the name of the IDE's user, for example developer")
    if user == "root":
        raise Refused("host.json: user must not be root.")
    folder = matching(FOLDER, host.get("folder", f"/home/{user}/environment"), "folder", "an absolute path")
    if ".." in folder.split("/"):
        raise Refused("host.json: folder must not contain `..`.")
    profile = host.get("profile", "strict")
    if profile not in ("strict", "developer"):
        raise Refused(f'host.json: profile must be "strict" or "developer", not {json.dumps(profile)}.')
    packages = host.get("packages", [])
    if not isinstance(packages, list):
        raise Refused("host.json: packages must be a list of package names.")
    for index, name in enumerate(packages):
        matching(PACKAGE, name, f"packages[{index}]", "the name of a package")
    lines = [("lab", "true" if lab else "false"), ("user", user), ("folder", folder), ("profile", profile)]
    lines.append(("packages", " ".join(packages)))
    for component in COMPONENTS:
        lines += resolve(component, host, pins, architecture, lab)
    return lines


def main(arguments):
    try:
        for key, value in plan(*arguments):
            print(f"{key}\t{value}")
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
