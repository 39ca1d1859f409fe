# SPDX-License-Identifier: MIT
"""Memory of machines, kept from one to the next.

The first touch of a page costs a fault, and where this host is itself a guest that has given its free memory back, the
outer host's fault as well: up to 2.4 ms a MiB, a fifth of a boot. A machine that takes over the memory of one that has ended
pays neither. It finds there what the last one left, as after a warm start: nothing may take its memory for zeros.

Nothing is kept in the file system: the memory ends with this process.
"""

import contextlib
import os
import threading

MOST = 2048  # MiB kept of a machine; one that has more gets fresh memory

lock = threading.Lock()
unused = []  # descriptors of memory without a machine


@contextlib.contextmanager
def kept(mib):
    """(QEMU's arguments, descriptors it must inherit) for a machine of so many MiB."""
    with lock:
        fd = unused.pop() if unused else os.memfd_create("machine")
    try:
        if os.fstat(fd).st_size < mib << 20:
            os.ftruncate(fd, mib << 20)
        yield ["-object", "memory-backend-file,id=ram,share=on,size=%dM,mem-path=/proc/self/fd/%d" % (mib, fd),
               "-machine", "memory-backend=ram"], (fd,)
    finally:
        with lock:
            unused.append(fd)


@contextlib.contextmanager
def fresh():
    """The same for one whose memory begins as zeros."""
    yield [], ()


def of(machine):
    """Figures are those of machines that begin alike; Debian's Xen is told not to clear its memory (bed.py), and gives it to guests."""
    if machine.icount is not None or machine.hypervisor in ("xen", "native") or machine.mem > MOST:
        return fresh()
    return kept(machine.mem)
