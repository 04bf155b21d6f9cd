"""What somebody who has taken over an account tries. Reads {"task": …, …} from standard input, answers in JSON.

It is given to python3 as an argument, so that no file of it lies on the host; what it looks for comes by standard input, so that it
doesn't find itself.
"""
import ctypes
import errno
import json
import os
import signal
import socket
import stat
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE = 0x4206
PIDFD_OPEN, PIDFD_GETFD = 434, 438  # the same number on every architecture


def outcome(call):
    """"done", or the name of the error."""
    try:
        call()
        return "done"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]


def others():
    """Processes of other users, with the owner's number and the name."""
    for pid in pids():
        try:
            owner = os.stat(f"/proc/{pid}").st_uid
            with open(f"/proc/{pid}/comm") as file:
                name = file.read().strip()
        except OSError:
            continue
        if owner != os.getuid() or os.getuid() == 0:
            yield pid, owner, name


def files(roots, skip):
    for root in roots:
        if not os.path.isdir(root):
            yield root
        for folder, folders, names in os.walk(root):
            folders[:] = [each for each in folders if os.path.join(folder, each) not in skip]
            yield folder
            for name in names:
                yield os.path.join(folder, name)


def seek(roots, skip, secrets):
    """Looks for secrets in every file that can be read, and in every argument list and environment."""
    found, count = [], 0
    wanted = {label: bytes.fromhex(value) for label, value in secrets.items()}
    places = [path for path in files(roots, skip) if os.path.isfile(path) and not os.path.islink(path)]
    places += [f"/proc/{pid}/{what}" for pid in pids() for what in ("cmdline", "environ")]
    for path in places:
        try:
            with open(path, "rb") as file:
                content = file.read(64 * 1024 * 1024)
        except OSError:
            continue
        count += 1
        found += [[label, path] for label, value in wanted.items() if value in content]
    return {"found": found, "count": count}


def processes():
    """What of other users' processes can be opened."""
    open_to_us, count = [], 0
    for pid, owner, name in others():
        count += 1
        for what in ("environ", "maps", "mem", "auxv", "syscall"):
            def read(path=f"/proc/{pid}/{what}"):
                # maps and environ open for everybody and refuse the reading.
                with open(path, "rb", buffering=0) as file:
                    if what != "mem":
                        file.read(1)
            if outcome(read) == "done":
                open_to_us.append([name, what])
        for what in ("root", "cwd", "exe"):
            if outcome(lambda: os.readlink(f"/proc/{pid}/{what}")) == "done":
                open_to_us.append([name, what])
        if outcome(lambda: os.listdir(f"/proc/{pid}/fd")) == "done":
            open_to_us.append([name, "fd"])
    return {"open": open_to_us, "count": count}


def trace(targets):
    """Ways into a process, by number of the process."""
    def vm_read(pid):
        class Part(ctypes.Structure):
            _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
        here = ctypes.create_string_buffer(8)
        # The address isn't there: who may look is told that (EFAULT), the others that they may not.
        local, remote = Part(ctypes.addressof(here), 8), Part(0x1000, 8)
        check(libc.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0))

    def take_descriptor(pid):
        handle = check(libc.syscall(PIDFD_OPEN, pid, 0))
        check(libc.syscall(PIDFD_GETFD, handle, 0, 0))

    def seize(pid):
        check(libc.ptrace(PTRACE_SEIZE, pid, None, None))

    child = subprocess.Popen(["sleep", "60"])
    try:
        own = outcome(lambda: seize(child.pid))
    finally:
        child.kill()
    ways = {
        "ptrace": seize,
        "process_vm_readv": vm_read,
        "pidfd_getfd": take_descriptor,
        "SIGUSR1": lambda pid: os.kill(pid, signal.SIGUSR1),
    }
    return {"own child": own, "others": {pid: {way: outcome(lambda: do(pid)) for way, do in ways.items()} for pid in targets}}


def writable(roots, paths=()):
    """What can be written to in the roots and at the paths, sockets and devices apart: writing to those is talking to somebody."""
    found, count = [], 0
    for path in [*files(roots, []), *paths]:
        try:
            kind = os.lstat(path).st_mode
        except OSError:
            continue
        count += 1
        if stat.S_ISREG(kind) or stat.S_ISDIR(kind) or stat.S_ISFIFO(kind):
            if os.access(path, os.W_OK, effective_ids=True):
                found.append(path)
    return {"found": found, "count": count}


def running(user):
    """Every file that processes of others than `user` run or have mapped, with the folders above."""
    paths = set()
    for pid, owner, _ in others():
        if owner == user:
            continue
        try:
            paths.add(os.path.realpath(f"/proc/{pid}/exe"))
            with open(f"/proc/{pid}/maps") as maps:
                paths.update(line.split(None, 5)[5].strip() for line in maps if " /" in line)
        except (OSError, IndexError):
            continue
    paths = {path for path in paths if path.startswith("/") and os.path.isfile(path) and not path.startswith(("/dev/", "/proc/"))}
    above = set()
    for path in paths:
        while path != "/":
            path = os.path.dirname(path)
            above.add(path)
    return {"files": sorted(paths), "folders": sorted(above)}


def connect(targets):
    """To Unix sockets by path, to TCP as [address, port]."""
    def to(target):
        if isinstance(target, str):
            made, address = socket.socket(socket.AF_UNIX), target
        else:
            made, address = socket.socket(socket.AF_INET6 if ":" in target[0] else socket.AF_INET), tuple(target)
        with made:
            made.settimeout(2)
            try:
                made.connect(address)
            except socket.timeout:
                raise OSError(errno.ETIMEDOUT, "")
    return [outcome(lambda: to(target)) for target in targets]


def say(path, text):
    """Sends a text to a Unix socket and answers what comes back within two seconds."""
    with socket.socket(socket.AF_UNIX) as made:
        made.settimeout(2)
        made.connect(path)
        made.sendall(text.encode())
        answer = b""
        try:
            while part := made.recv(65536):
                answer += part
        except OSError:
            pass
        return answer.decode("latin1")


if __name__ == "__main__":
    request = json.load(sys.stdin)
    print(json.dumps(globals()[request.pop("task")](**request)))
