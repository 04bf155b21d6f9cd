"""Archives for the tests: fixtures.py vsix|evil-vsix FILE DIRECTORY, or release FILE DIRECTORY, or evil-release FILE KIND."""
import io
import os
import sys
import tarfile
import zipfile


def vsix(file, directory, evil):
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("extension.vsixmanifest", "")
        for folder, folders, names in os.walk(directory):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                archive.write(path, "extension/" + os.path.relpath(path, directory))
        if evil:
            archive.writestr(evil, "evil")


def release(file, directory):
    with tarfile.open(file, "w:gz") as archive:
        # Whose it was there is nobody's business here.
        archive.add(directory, os.path.basename(directory), filter=stranger)


def stranger(entry):
    entry.uid = entry.gid = 4242
    entry.mode |= 0o6022
    return entry


def evil_release(file, kind):
    with tarfile.open(file, "w:gz") as archive:

        def add(name, type=tarfile.REGTYPE, target="", content=b"evil"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = type, target
            entry.size = len(content) if type == tarfile.REGTYPE else 0
            archive.addfile(entry, io.BytesIO(content) if entry.size else None)

        add("x", tarfile.DIRTYPE)
        if kind == "parent":
            add("x/../../../etc/evil")
        elif kind == "absolute":
            add("/etc/evil")
        elif kind == "link":
            add("x/out", tarfile.SYMTYPE, "../../../../etc")
        elif kind == "absolute-link":
            add("x/out", tarfile.SYMTYPE, "/etc")
        elif kind == "through-link":
            add("x/in", tarfile.DIRTYPE)
            add("x/out", tarfile.SYMTYPE, "in")
            add("x/out/evil")
        elif kind == "hard-link":
            add("x/out", tarfile.LNKTYPE, "x/../../../etc/passwd")
        elif kind == "device":
            add("x/null", tarfile.CHRTYPE)
        elif kind == "twice":
            add("x/file")
            add("x/file")


kind, file, argument = sys.argv[1:4]
if kind == "vsix":
    vsix(file, argument, None)
elif kind == "evil-vsix":
    vsix(file, argument, sys.argv[4])
elif kind == "release":
    release(file, argument)
else:
    evil_release(file, argument)
