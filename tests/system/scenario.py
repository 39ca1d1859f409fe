# SPDX-License-Identifier: MIT
"""Read scenario files, and run one of their machines.

A scenario is a shell fragment (see tests/lib/guest-init.sh for what it may call) under a header of
"#@ key: value" lines. Each "#@ run NAME: key=value …" is one machine the fragment runs on; the
guest sees every key as the variable bed_KEY.
"""

import contextlib
import datetime
import glob
import hashlib
import lzma
import os
import re
import shlex
import socketserver
import struct
import subprocess
import threading

import bed
import bedpaths
import debian_image
import rootfs

HERE = os.path.dirname(os.path.abspath(__file__))
MACHINE_KEYS = {"qemu", "cpu", "smp", "mem", "dom0-mem", "disk", "nic", "options", "dom0-args", "timeout", "kernel", "icount"}
HEADER_KEYS = {"about", "guest", "guest-modules", "guest-with", "with", "modules", "progs", "timeout", "mem", "quick", "compare", "host",
               "held", "kernel", "image"}
NO_SELF_TESTS = "cryptomgr.notests"  # Linux tries each of its ciphers at its start: a fifth of a boot, and no affair of a hypervisor's
BUILDING = threading.Lock()


class ScenarioError(Exception):
    pass


class Job:
    """One run of one scenario."""

    runner = None  # the ordinary one

    def __init__(self, path, header, name, keys, body):
        self.scenario = os.path.splitext(os.path.basename(path))[0]
        self.name = "%s-%s" % (self.scenario, name)
        if header.get("image", debian_image.NAME) != debian_image.NAME:
            raise ScenarioError("%s: no image %s; there is %s" % (path, header["image"], debian_image.NAME))
        self.about = header.get("about", "")
        self.quick = name in header.get("quick", "").split()
        self.compare = "compare" in header
        self.held = keys.pop("held", header.get("held"))  # why it is run only when named
        self.header, self.keys, self.body = header, keys, body
        self.qemu = int(keys.get("qemu", 10))
        self.timeout = float(keys.get("timeout", header.get("timeout", 90)))

    def missing(self):
        """Why it cannot be run here, or None."""
        if "image" in self.header and not bedpaths.have(debian_image.NAME):
            return "no image of a Debian: " + bedpaths.reason_missing(debian_image.NAME)
        return bed.missing_qemu(self.qemu)

    def log(self, hypervisor):
        label = os.path.basename(hypervisor)
        return os.path.join(bedpaths.build_dir("tests", "logs"), "%s-%s.log" % (label, self.name))

    def root(self):
        progs = [(program(name), "usr/bin/" + name) for name in self.header.get("progs", "").split()]
        files = list(progs)
        for guest in self.header.get("guest", "").split():
            files += rootfs.guest_files(guest, progs, self.header.get("guest-modules", "").split(),
                                        self.header.get("guest-with", "").split())
        return rootfs.build(self.body, self.header.get("with", "").split(),
                            self.header.get("modules", "").split(), files)


def load(path):
    header, runs = {}, []
    body = open(path).read()
    for line in re.findall(r"^#@ (.*)$", body, re.M):
        run = re.match(r"run (\S+):(.*)", line)
        if run:
            keys = dict(word.split("=", 1) for word in shlex.split(run.group(2)))
            runs.append((run.group(1), keys))
            continue
        key, _, value = line.partition(":")
        if key not in HEADER_KEYS:
            raise ScenarioError("%s: unknown header key %s" % (path, key))
        header[key] = value.strip()
    return [Job(path, header, name, keys, body) for name, keys in runs]


def load_all(directory):
    return [job for path in sorted(glob.glob(os.path.join(directory, "*.sh"))) for job in load(path)]


def linking(source):
    """How a test program is linked, as its first line says: static, perhaps with flags of its own, or for the
    Dom0 with Serai's libraries it names."""
    key, _, words = open(source).readline().partition(":")
    if key != "// libraries":
        return ["-static", *(words.split() if key == "// cflags" else ["-pthread"])]
    tools = os.path.join(bedpaths.BUILD, "tools")
    return ["-D_GNU_SOURCE", "-D__XEN_TOOLS__", "-I" + os.path.join(tools, "include"),
            "-I" + os.path.join(bedpaths.TOP, "dom0-tools/lib/include"), "-L" + os.path.join(tools, "lib"),
            *["-l" + name for name in words.split()], "-Wl,-rpath,/opt/serai/lib/x86_64-linux-gnu",
            "-Wl,-rpath-link," + os.path.join(tools, "lib")]


def program(name):
    """A test program, built when its source is newer."""
    source = os.path.join(HERE, "progs", name + ".c")
    out = os.path.join(bedpaths.build_dir("tests", "progs"), name)
    with BUILDING:
        if not os.path.exists(out) or os.path.getmtime(out) < os.path.getmtime(source):
            subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", out, source, *linking(source)], check=True)
    return out


def plain_kernel():
    """Dom0's kernel as it is inside of Debian's file: unpacking it takes a second of each boot. Where the packed one is
    meant, a scenario says kernel: packed."""
    packed = os.path.realpath(os.path.join(bedpaths.tree("dom0"), "vmlinuz"))
    out = os.path.join(bedpaths.build_dir("tests", "kernels"), "%s-%d" % (os.path.basename(packed), os.path.getmtime(packed)))
    with BUILDING:
        if not os.path.exists(out):
            image = open(packed, "rb").read()
            offset, length = struct.unpack_from("<II", image, 0x248)  # of the payload, behind the sectors of real mode
            start = (image[0x1f1] + 1) * 512 + offset
            if image[start:start + 6] != b"\xfd7zXZ\0":
                return packed
            bedpaths.write_whole(out, lzma.decompress(image[start:start + length - 4]))  # its size stands behind it
    return out


def image(wanted):
    """QEMU arguments for a disk with the Debian image, if that is wanted; what is written to it is gone with QEMU."""
    if not wanted:
        return []
    return ["-drive", "if=none,id=image,format=raw,snapshot=on,cache=unsafe,file=" + debian_image.make(),
            "-device", "virtio-blk-pci,drive=image,serial=debian"]


@contextlib.contextmanager
def disk(kind, name):
    """QEMU arguments for a fresh ext4 disk of the kind, removed afterwards."""
    if not kind:
        yield []
        return
    path = os.path.join(bedpaths.build_dir("tests", "disks"), name + ".img")
    with open(path, "wb") as image:
        image.truncate(192 << 20)
    mke2fs = "/sbin/mke2fs" if os.path.exists("/sbin/mke2fs") else "mke2fs"
    subprocess.run([mke2fs, "-q", "-F", "-t", "ext4", "-E", "lazy_itable_init=0,lazy_journal_init=0", path], check=True)
    # Its shadow doorbells and a pin do not go together (docs/testing.md, QEMU's own faults).
    device = {"ahci": "ide-hd,drive=disk0,bus=ide.0", "nvme": "nvme,drive=disk0,serial=serai0,dbcs=off"}[kind]
    try:
        yield ["-drive", "if=none,id=disk0,format=raw,cache=unsafe,file=" + path, "-device", device]
    finally:
        os.unlink(path)


class Peer(socketserver.StreamRequestHandler):
    """The host's end of the network tests: GET n and PUT n, answered with SHA-256 checksums."""

    def handle(self):
        verb, _, count = self.rfile.readline(64).decode("ascii", "replace").strip().partition(" ")
        size = min(int(count or 0), 1 << 30)
        if verb == "GET":
            data = hashlib.shake_128(b"serai").digest(size)
            self.wfile.write(hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
        elif verb == "PUT":
            self.wfile.write(hashlib.sha256(self.rfile.read(size)).hexdigest().encode() + b"\n")


@contextlib.contextmanager
def peer(wanted):
    """A Peer server on the loopback; yields its port, which slirp shows the guest at 10.0.2.2."""
    if not wanted:
        yield 0
        return
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Peer)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def guest_variables(job, hypervisor, port):
    """Kernel arguments of the form name=value that Linux hands to init as its environment."""
    values = {"smp": 1, **job.keys, "port": port, "year": datetime.datetime.now(datetime.timezone.utc).year,
              "hypervisor": os.path.basename(hypervisor)}
    return " ".join("bed_%s=%s" % (key.replace("-", "_"), value) for key, value in sorted(values.items())
                    if key not in ("dom0-args", "options"))


def execute(job, hypervisor, log=None):
    """Run the job on the hypervisor; returns bed's Result."""
    keys = job.keys
    log = log or job.log(hypervisor)
    nic = ["-netdev", "user,id=net0", "-device", keys["nic"] + ",netdev=net0,romfile="] if "nic" in keys else []
    with disk(keys.get("disk"), "%s-%d" % (job.name, os.getpid())) as disk_arguments, \
            peer(job.header.get("host") == "peer") as port:
        machine = bed.Machine(
            hypervisor, kernel=None if keys.get("kernel", job.header.get("kernel")) == "packed" else plain_kernel(), initrd=job.root(), options=keys.get("options", ""),
            dom0_args=" ".join((guest_variables(job, hypervisor, port), NO_SELF_TESTS, keys.get("dom0-args", ""))).strip(),
            dom0_mem=keys.get("dom0-mem"), qemu=job.qemu, cpu=keys.get("cpu"), smp=keys.get("smp", 1),
            mem=keys.get("mem", job.header.get("mem", 1024)), extra=disk_arguments + nic + image(job.header.get("image")) +
            rootfs.disks(job.header.get("with", "").split()),
            timeout=job.timeout, icount=keys.get("icount"), log=log)
        return bed.run(machine)
