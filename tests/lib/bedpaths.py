# SPDX-License-Identifier: MIT
"""Where the test bed keeps its things.

The cache (downloads, unpacked trees, the oracle's results) is large and the same for every
checkout, so linked git worktrees share the main one's. SERAI_CACHE overrides. What a run produces
(logs, root file systems, disks) stays in the checkout's own build/.
"""

import contextlib
import fcntl
import os
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build")


def cache_dir():
    """The shared cache; created if need be."""
    path = os.environ.get("SERAI_CACHE")
    if not path:
        git = subprocess.run(["git", "-C", TOP, "rev-parse", "--path-format=absolute", "--git-common-dir"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        common = git.stdout.strip()
        top = os.path.dirname(common) if os.path.basename(common) == ".git" else TOP
        path = os.path.join(top, "build/cache")
    os.makedirs(path, exist_ok=True)
    return os.path.abspath(path)


def build_dir(*names):
    """A directory below build/; created if need be."""
    path = os.path.join(BUILD, *names)
    os.makedirs(path, exist_ok=True)
    return path


def tree(name):
    """The unpacked tree of that name (see fetch)."""
    return os.path.join(cache_dir(), name)


def have(name):
    return os.path.exists(tree(name) + ".packages")


def packages(name):
    """The tree's stamp: what it was unpacked from, with versions. Empty when there is none."""
    return open(tree(name) + ".packages").read() if have(name) else ""


def ensure(*names):
    """Fetch the named trees if one is missing and nobody found out yet that it cannot be had."""
    lacking = [name for name in names if not have(name) and not os.path.exists(tree(name) + ".missing")]
    if lacking:
        subprocess.run([os.path.join(TOP, "tests/lib/fetch")], check=False)


def write_whole(path, data):
    """Put the bytes into the file so that nobody ever sees a part of them, other threads included."""
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "wb") as out:
        out.write(data)
    os.chmod(temporary, 0o644)
    os.rename(temporary, path)


def keep_reason(name, why):
    with open(tree(name) + ".missing", "w") as out:
        out.write(why + "\n")


def forget_reason(name):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(tree(name) + ".missing")


def reason_missing(name):
    """Why a tree is not there, for a skip line."""
    try:
        return open(tree(name) + ".missing").read().strip()
    except FileNotFoundError:
        return "not fetched: run tests/lib/fetch"


@contextlib.contextmanager
def locked(path):
    """Hold an exclusive lock file for the length of the block."""
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
