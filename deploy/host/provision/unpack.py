"""Unpacks a VSIX (its `extension/` folder) or a release's tar.gz (without its outermost folder) into a new directory.

Usage: unpack.py vsix|release ARCHIVE DIRECTORY

Whoever runs it owns what comes out; modes are 0755 and 0644 whatever the archive says. A name or a link that leaves the directory, a
device, a name that is there twice, or a file below a link stops it. tar and unzip are not on every image; Python is, because dnf is
written in it. Runs on Python 3.9 (Amazon Linux 2023), where tarfile has no extraction filters yet.
"""
import os
import posixpath
import shutil
import stat
import sys
import tarfile
import zipfile

# Bytes; code-server unpacks to about 0.8 GB.
LIMIT = 4_000_000_000


class Refused(Exception):
    """Its text is shown as it is."""


class Target:
    """The directory to be filled, and what is in it already."""

    def __init__(self, directory):
        self.directory = directory
        self.directories = {""}
        self.names = set()
        self.left = LIMIT
        os.mkdir(directory, 0o755)

    def path(self, name, archived):
        """Where `name` goes; its parents are made. Links are never parents."""
        parts = name.split("/")
        if name.startswith("/") or "\\" in name or "\0" in name or any(part in ("", ".", "..") for part in parts):
            raise Refused(f"refused, because it would leave the directory or is no plain name: {archived!r}")
        if name in self.names:
            raise Refused(f"refused, because it is there twice: {archived!r}")
        self.names.add(name)
        parent = ""
        for part in parts[:-1]:
            parent = posixpath.join(parent, part)
            self.make_directory(parent, archived)
        return os.path.join(self.directory, *parts)

    def make_directory(self, name, archived):
        if name in self.directories:
            return
        try:
            os.mkdir(os.path.join(self.directory, name), 0o755)
        except FileExistsError:
            raise Refused(f"refused, because it lies below a file or a link: {archived!r}") from None
        self.directories.add(name)

    def write(self, path, source, size, executable):
        self.left -= size
        if self.left < 0:
            raise Refused("refused, because it unpacks to more than 4 GB")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o755 if executable else 0o644)
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)


def unpack_vsix(archive, target):
    prefix = "extension/"
    with zipfile.ZipFile(archive) as file:
        for entry in file.infolist():
            mode = entry.external_attr >> 16
            # Every name is judged, those outside the prefix too: an archive with one bad name is no VSIX of ours.
            if entry.filename.startswith("/") or "\\" in entry.filename or ".." in entry.filename.split("/"):
                raise Refused(f"refused, because it would leave the directory: {entry.filename!r}")
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise Refused(f"refused, because it is neither a file nor a folder: {entry.filename!r}")
            if not entry.filename.startswith(prefix) or entry.is_dir():
                continue
            path = target.path(entry.filename[len(prefix) :], entry.filename)
            with file.open(entry) as source:
                target.write(path, source, entry.file_size, bool(mode & 0o111))


def unpack_release(archive, target):
    links = []
    with tarfile.open(archive, "r|gz") as file:
        for entry in file:
            name = entry.name[2:] if entry.name.startswith("./") else entry.name
            name = name.rstrip("/")
            if name in ("", "."):
                continue
            if name.startswith("/") or ".." in name.split("/"):
                raise Refused(f"refused, because it would leave the directory: {entry.name!r}")
            outermost, _, inner = name.partition("/")
            if inner == "":
                # A release has one outermost folder, except oauth2-proxy's older ones, which begin with a file.
                if entry.isdir():
                    continue
                inner = outermost
            if entry.isdir():
                make_directories(target, inner, entry.name)
            elif entry.isreg():
                path = target.path(inner, entry.name)
                target.write(path, file.extractfile(entry), entry.size, bool(entry.mode & 0o111))
            elif entry.issym():
                inside = posixpath.normpath(posixpath.join(posixpath.dirname(inner), entry.linkname))
                if entry.linkname.startswith("/") or inside == ".." or inside.startswith("../"):
                    raise Refused(f"refused, because it points outside: {entry.name!r} → {entry.linkname!r}")
                os.symlink(entry.linkname, target.path(inner, entry.name))
            elif entry.islnk():
                _, _, source = entry.linkname.partition("/")
                links.append((source, inner, entry.name))
            else:
                raise Refused(f"refused, because it is neither a file, a folder nor a link: {entry.name!r}")
    for source, inner, archived in links:
        if source not in target.names:
            raise Refused(f"refused, because it is a hard link to something outside: {archived!r}")
        os.link(os.path.join(target.directory, source), target.path(inner, archived), follow_symlinks=False)


def make_directories(target, name, archived):
    parent = ""
    for part in name.split("/"):
        if part in ("", ".", "..") or "\\" in part:
            raise Refused(f"refused, because it is no plain name: {archived!r}")
        parent = posixpath.join(parent, part)
        target.make_directory(parent, archived)


def main(arguments):
    kind, archive, directory = arguments
    os.umask(0o022)
    try:
        {"vsix": unpack_vsix, "release": unpack_release}[kind](archive, Target(directory))
    except Refused as refusal:
        print(f"{archive}: {refusal}", file=sys.stderr)
        return 1
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        print(f"{archive} cannot be unpacked: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
