# SPDX-License-Identifier: MIT
"""Build the small root file systems (initramfs) the scenarios boot.

A root is static busybox, the scenario's script, and what the scenario names: tool sets, programs
with the shared libraries they are linked against, kernel modules with the modules those need. It
is an uncompressed cpio archive, since unpacking time dominates a boot under TCG. The bytes depend
on nothing but their inputs (fixed times, sorted names), and the file is named by their hash: two
scenarios asking for the same root share it.
"""

import fnmatch
import glob
import gzip
import hashlib
import os
import re
import stat
import struct
import subprocess
import tempfile

import bedpaths

LIBDIR = "usr/lib/x86_64-linux-gnu"
LIB = os.path.dirname(os.path.abspath(__file__))
SERAI = bedpaths.build_dir("tools")
PROGS = bedpaths.build_dir("tests", "progs")  # those that are not static use Serai's libraries
GUESTS = os.path.join(os.path.dirname(LIB), "system", "guests")
KIT = bedpaths.build_dir("guest-kit")  # examples of the guest kit

# Tool sets by name: (tree, file pattern) pairs, unpacked where Debian installs them.
XEN_BIN = "usr/lib/xen-4.17/bin/"
TOOLSETS = {
    "xenstore": [("xen", XEN_BIN + name) for name in ("xenstored", "xenstore-control")] +
                [("xen", "usr/bin/xenstore*"), ("xen", "usr/sbin/xenstored"),
                 ("xen", "usr/lib/xen-common/bin/xen-utils-wrapper")],
    "xen-tools": [("xen", XEN_BIN + name) for name in (
                      "xl", "xenstored", "xenstore-control", "xenconsoled", "xenconsole",
                      "xen-init-dom0", "xentop", "libxl-save-helper", "lsevtchn", "xen-cpuid",
                      "xenpm", "xenperf", "xen-diag")] +
                 [("xen", "usr/bin/xenstore*"), ("xen", "usr/sbin/x*"),
                  ("xen", "usr/lib/xen-common/bin/*"), ("xen", "etc/xen/xl.conf"),
                  ("xen", "etc/xen/scripts/*"), ("host", LIBDIR + "/libgcc_s.so.1"),
                  ("host", "usr/share/terminfo/v/vt100"), ("host", "lib/terminfo/v/vt100")],
    "serai-tools": [],  # Serai's own, under /opt/serai: see Root.serai_tools
    "serai-screen": [],  # of these, what needs libvncserver: another 9 MB
    "ext4": [("host", "usr/sbin/mke2fs"), ("host", "sbin/mke2fs")],
    "readelf": [("host", "usr/bin/readelf"), ("host", "usr/bin/x86_64-linux-gnu-readelf")],
    "qemu-img": [("host", "usr/bin/qemu-img")],
    "nft": [("host", "usr/sbin/nft")],
    "dnsmasq": [("host", "usr/sbin/dnsmasq")],
    "qemu-storage": [("host", "usr/bin/qemu-storage-daemon")],
    "qemu-xen": [],  # Debian's device model and firmware of HVM guests, on a disk of its own: see device_model_disk
}

SCREEN = "lib/serai/serai-back-vfb"

# xl, xenstored … need these kernel modules on a stock Dom0 kernel.
TOOLSET_MODULES = {
    "xenstore": ["xen-evtchn", "xen-gntdev", "xenfs", "xen-privcmd"],
    "xen-tools": ["xen-evtchn", "xen-gntdev", "xen-gntalloc", "xenfs", "xen-privcmd"],
    "serai-tools": ["xen-evtchn", "xen-gntdev", "xen-gntalloc", "xenfs", "xen-privcmd"],
    "ext4": ["ext4"],
    "qemu-xen": ["ext4", "virtio_blk", "virtio_pci", "tun"],
}

# What lies on the disk of tool set qemu-xen: (tree, path), with the libraries of what is a program.
DEVICE_MODEL = [("qemu-xen", "usr/libexec/xen-qemu-system-i386"), ("xen", "usr/lib/xen-4.17/boot/hvmloader"),
                ("qemu-xen", "usr/share/seabios/bios-256k.bin"), ("qemu-xen", "usr/share/seabios/vgabios-stdvga.bin"),
                ("qemu-xen", "usr/share/seabios/vgabios-cirrus.bin"), ("qemu-xen", "usr/share/ovmf/OVMF.fd"),
                ("qemu-xen", "usr/share/qemu/kvmvapic.bin"), ("qemu-xen", "usr/share/qemu/linuxboot*.bin"),
                ("qemu-xen", "usr/share/qemu/keymaps/*"),
                ("qemu-xen", "usr/lib/ipxe/qemu/efi-rtl8139.rom"), ("qemu-xen", "usr/lib/ipxe/qemu/efi-e1000.rom")]


class RootError(Exception):
    pass


def tree_root(name):
    return "/" if name == "host" else bedpaths.tree(name)


class Modules:
    """A kernel's modules: names, and what each needs (modules.dep and soft dependencies)."""

    def __init__(self, kernel):
        if not bedpaths.have(kernel):
            raise RootError("kernel %s: %s" % (kernel, bedpaths.reason_missing(kernel)))
        base = os.path.join(bedpaths.tree(kernel), "lib/modules")
        self.release = os.listdir(base)[0]
        self.base = os.path.join(base, self.release)
        self.path, self.deps, self.aliases, self.soft = {}, {}, {}, {}
        for line in open(os.path.join(self.base, "modules.dep")):
            path, needs = line.rstrip("\n").split(":", 1)
            self.path[self.name(path)] = path
            self.deps[self.name(path)] = [self.name(need) for need in needs.split()]
        for line in open(os.path.join(self.base, "modules.alias")):
            match = re.match(r"alias (\S+) (\S+)", line)
            if match:
                self.aliases.setdefault(match.group(1), []).append(self.name(match.group(2)))
        for line in open(os.path.join(self.base, "modules.softdep")):
            match = re.match(r"softdep (\S+) pre: (.*)", line)
            if match:
                self.soft[self.name(match.group(1))] = match.group(2).split()

    @staticmethod
    def name(path):
        return re.sub(r"\.ko(\.\w+)?$", "", os.path.basename(path)).replace("-", "_")

    def builtin(self, name):
        text = open(os.path.join(self.base, "modules.builtin")).read()
        return name in (self.name(line) for line in text.splitlines())

    def closure(self, wanted):
        """All modules that loading the wanted ones may load."""
        found, queue = set(), list(wanted)
        while queue:
            name = self.name(queue.pop())
            if name in found:
                continue
            if name not in self.path:
                providers = self.aliases.get(name, []) + self.aliases.get(name.replace("_", "-"), [])
                if not providers and not self.builtin(name):
                    raise RootError("kernel %s has no module %s" % (self.release, name))
                queue += providers
                continue
            found.add(name)
            queue += self.deps[name] + self.soft.get(name, [])
        return found

    def add(self, root, wanted):
        """Put the modules into the root, with the tables busybox's modprobe reads."""
        names = self.closure(wanted)
        top = "usr/lib/modules/" + self.release
        dep = ""
        for name in sorted(names):
            root.file("%s/%s" % (top, self.path[name]), os.path.join(self.base, self.path[name]))
            dep += "%s:%s\n" % (self.path[name], "".join(" " + self.path[need] for need in self.deps[name]))
        alias = "".join("alias %s %s\n" % (alias, name) for alias, provided in sorted(self.aliases.items())
                        for name in provided if name in names and re.match(r"[\w-]+$", alias))
        root.data(top + "/modules.dep", dep)
        root.data(top + "/modules.alias", alias)
        root.data(top + "/modules.softdep", "")


class Root:
    """The entries of an archive: guest path to (mode, bytes, device)."""

    def __init__(self, libdirs=()):
        self.entries = {}
        self.libdirs = list(libdirs) + [os.path.join(bedpaths.tree("xen"), LIBDIR),
                                        os.path.join(bedpaths.tree("xen"), "lib/x86_64-linux-gnu"),
                                        "/" + LIBDIR, "/lib/x86_64-linux-gnu"]

    def add(self, path, mode, data=b"", device=(0, 0)):
        path = path.strip("/")
        path = re.sub(r"^(bin|sbin|lib|lib64)(/|$)", r"usr/\1\2", path) if not stat.S_ISLNK(mode) or "/" in path else path
        parent = os.path.dirname(path)
        if parent and parent not in self.entries:
            self.add(parent, stat.S_IFDIR | 0o755)
        self.entries[path] = (mode, data, device)

    def data(self, path, text, mode=0o644):
        self.add(path, stat.S_IFREG | mode, text.encode() if isinstance(text, str) else text)

    def link(self, path, target):
        self.add(path, stat.S_IFLNK | 0o777, target.encode())

    def file(self, path, source):
        """A host file, its mode kept, with the libraries it needs if it is a dynamic program."""
        if os.path.islink(source) and not os.path.exists(source):
            self.link(path, os.readlink(source))
            return
        content = open(source, "rb").read()
        executable = os.stat(source).st_mode & 0o111
        self.data(path, content, 0o755 if executable else 0o644)
        if content[:4] == b"\x7fELF" and content[16] in (2, 3) and not source.endswith(".ko"):
            self.libraries(source)

    def libraries(self, source):
        text = subprocess.run(["readelf", "-d", "-l", source], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True).stdout
        interpreter = re.search(r"interpreter: (/\S+?)\]", text)
        if interpreter and interpreter.group(1).strip("/") not in self.entries:
            self.data(interpreter.group(1), open(os.path.realpath(interpreter.group(1)), "rb").read(), 0o755)
        for soname in re.findall(r"\(NEEDED\).*\[(\S+)\]", text):
            self.library(soname, source)

    def library(self, soname, user):
        if soname.startswith("ld-linux") or LIBDIR + "/" + soname in self.entries:
            return
        if user.startswith((SERAI + "/", PROGS + "/")) and os.path.exists(os.path.join(SERAI, "lib", soname)):
            return
        for directory in self.libdirs:
            if os.path.exists(os.path.join(directory, soname)):
                self.file(LIBDIR + "/" + soname, os.path.join(directory, soname))
                return
        raise RootError("%s needs library %s, which is nowhere" % (user, soname))

    def serai_tools(self):
        """What `make tools` built, laid out under /opt/serai, so that Debian's can be there as well."""
        if not os.path.isdir(SERAI):
            raise RootError("tool set serai-tools: nothing in %s; run make" % SERAI)
        places = [(name, "opt/serai/" + name) for name in ("sbin", "bin", "lib/serai")]
        for directory, place in places + [("lib", "opt/serai/lib/x86_64-linux-gnu")]:
            top = os.path.join(SERAI, directory)
            for found in sorted(os.listdir(top)) if os.path.isdir(top) else []:
                source = os.path.join(top, found)
                if os.path.isfile(source) and not os.path.islink(source) and not source.endswith(SCREEN):
                    self.file("%s/%s" % (place, found), source)

    def toolset(self, name):
        if name not in TOOLSETS:
            raise RootError("no tool set %s; there are: %s" % (name, " ".join(sorted(TOOLSETS))))
        if name == "serai-tools":
            self.serai_tools()
        if name == "serai-screen":
            self.file("opt/serai/" + SCREEN, os.path.join(SERAI, SCREEN))
        for tree, pattern in TOOLSETS[name]:
            if tree != "host" and not bedpaths.have(tree):
                raise RootError("tool set %s: %s" % (name, bedpaths.reason_missing(tree)))
            top = tree_root(tree)
            directory = os.path.join(top, os.path.dirname(pattern))
            if not os.path.isdir(directory):
                continue
            for found in sorted(fnmatch.filter(os.listdir(directory), os.path.basename(pattern))):
                path = os.path.join(os.path.dirname(pattern), found)
                source = os.path.join(top, path)
                if os.path.islink(source) and not pattern.endswith(".so.1"):
                    self.link(path, os.readlink(source))
                elif os.path.isfile(source):
                    self.file(path, source)

    def cpio(self):
        out = []
        for number, (path, (mode, data, device)) in enumerate(sorted(self.entries.items()), 1):
            name = path.encode() + b"\0"
            nlink = 2 if stat.S_ISDIR(mode) else 1
            head = "070701" + "".join("%08x" % value for value in (
                number, mode, 0, 0, nlink, 0, len(data), 0, 0, device[0], device[1], len(name), 0))
            out += [padded(head.encode() + name), padded(data)]
        tail = "070701" + "".join("%08x" % value for value in (0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 11, 0))
        out.append(padded(tail.encode() + b"TRAILER!!!\0"))
        return b"".join(out)


def padded(data):
    return data + b"\0" * (-len(data) % 4)


def skeleton(root):
    for name in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "proc", "sys", "dev", "run", "tmp", "etc",
                 "root", "mnt", "var/lib/xen", "var/log/xen", "var/lib/xenstored", "usr/lib/modules"):
        root.add(name, stat.S_IFDIR | 0o755)
    for name in ("bin", "sbin", "lib", "lib64"):
        root.entries[name] = (stat.S_IFLNK | 0o777, b"usr/" + name.encode(), (0, 0))
    root.link("var/run", "../run")
    root.link("var/lock", "../run")
    root.add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    root.add("dev/null", stat.S_IFCHR | 0o666, device=(1, 3))
    busybox = next((path for path in ("/usr/bin/busybox", "/bin/busybox") if os.path.exists(path)), None)
    if not busybox:
        raise RootError("busybox is missing: run tests/lib/install-deps")
    root.file("usr/bin/busybox", busybox)
    applets = subprocess.run([busybox, "--list-full"], stdout=subprocess.PIPE, text=True, check=True).stdout
    for path in applets.split():
        directory = "usr/sbin" if "sbin/" in path else "usr/bin"
        if os.path.basename(path) not in ("linuxrc", "busybox"):
            root.link("%s/%s" % (directory, os.path.basename(path)), "/bin/busybox")
    root.data("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
    root.data("etc/group", "root:x:0:\nnogroup:x:65534:\n")
    root.data("init", open(os.path.join(LIB, "guest-init.sh")).read(), 0o755)


def device_model_files():
    """The Root of the disk of tool set qemu-xen."""
    root = Root([os.path.join(bedpaths.tree("qemu-xen"), directory) for directory in (LIBDIR, "lib/x86_64-linux-gnu")])
    for tree, pattern in DEVICE_MODEL:
        if not bedpaths.have(tree):
            raise RootError("tool set qemu-xen: %s" % bedpaths.reason_missing(tree))
        for source in sorted(glob.glob(os.path.join(tree_root(tree), pattern))):
            root.file(os.path.relpath(source, tree_root(tree)), os.path.realpath(source))
    return root


def device_model_disk():
    """A read-only file system image with the device model: 60 MB that would slow each boot down in an initramfs."""
    stamp = repr(DEVICE_MODEL) + bedpaths.packages("qemu-xen") + bedpaths.packages("xen")
    name = "qemu-xen-%s.img" % hashlib.sha256(stamp.encode()).hexdigest()[:16]
    out = os.path.join(bedpaths.build_dir("tests", "roots"), name)
    if os.path.exists(out):
        return out
    with tempfile.TemporaryDirectory(dir=bedpaths.build_dir("tests", "roots")) as work:
        size = 0
        for path, (mode, data, _) in sorted(device_model_files().entries.items()):
            place = os.path.join(work, "files", path)
            if stat.S_ISDIR(mode):
                os.makedirs(place, exist_ok=True)
                continue
            with open(place, "wb") as target:
                target.write(data)
            os.chmod(place, stat.S_IMODE(mode))
            size += len(data)
        image = os.path.join(work, "image")
        mke2fs = "/sbin/mke2fs" if os.path.exists("/sbin/mke2fs") else "mke2fs"
        subprocess.run([mke2fs, "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-L", "qemu-xen", "-m", "0",
                        "-d", os.path.join(work, "files"), image, "%dM" % ((size >> 20) + 12)], check=True)
        os.rename(image, out)
    return out


def disks(toolsets):
    """QEMU arguments for the disks that the tool sets need besides the initramfs."""
    if "qemu-xen" not in toolsets:
        return []
    return ["-drive", "if=none,id=qemu-xen,format=raw,readonly=on,file=" + device_model_disk(),
            "-device", "virtio-blk-pci,drive=qemu-xen"]


def build(script, toolsets=(), modules=(), files=(), kernel="dom0", libdirs=(), out=None):
    """Make the archive; returns its path.

    script: the text /init runs; files: (host path, guest path) pairs; libdirs: where else to look
    for shared libraries, first. Nothing here needs root.
    """
    root = Root(libdirs)
    skeleton(root)
    for name in toolsets:
        root.toolset(name)
    for source, path in files:
        root.file(path, source)
    wanted = list(modules)
    for name in toolsets:
        wanted += TOOLSET_MODULES.get(name, [])
    if wanted:
        Modules(kernel).add(root, wanted)
    if "qemu-xen" in toolsets:
        root.data("etc/with-qemu-xen", "")
    root.data("scenario", script, 0o755)
    archive = root.cpio()
    if out is None:
        name = hashlib.sha256(archive).hexdigest()[:16] + ".cpio"
        out = os.path.join(bedpaths.build_dir("tests", "roots"), name)
        if os.path.exists(out) and os.path.getsize(out) == len(archive):
            return out
    bedpaths.write_whole(os.path.abspath(out), archive)
    return out


def tiny_guest(name):
    """A guest of one C file over tests/guest/kit's start-up code, PVH if it is named so; returns the image's path."""
    kit = os.path.join(os.path.dirname(LIB), "guest", "kit")
    kind = ("pvh.lds", "pvh_start.S", "small") if name.startswith("pvh-") else ("guest.lds", "start.S", "kernel")
    out = os.path.join(bedpaths.build_dir("tests", "guest"), name)
    subprocess.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-ffreestanding",
                    "-fno-stack-protector", "-fno-pic", "-mcmodel=" + kind[2], "-mno-red-zone", "-mgeneral-regs-only",
                    "-fcf-protection=none", "-static", "-nostdlib", "-no-pie", "-Wl,--build-id=none", "-Wl,-z,noexecstack",
                    "-Wl,-z,max-page-size=4096", "-Wl,--no-warn-rwx-segments", "-fno-asynchronous-unwind-tables",
                    "-I" + os.path.join(bedpaths.TOP, "hypervisor/include"), "-T", "%s/%s" % (kit, kind[0]), "-o", out,
                    "%s/%s" % (kit, kind[1]), os.path.join(GUESTS, name + ".c")], check=True)
    return out


# Sectors of a disk: where GRUB's variables and its first partition begin, room at its end, UEFI's partition.
ENVIRONMENT, PARTITION, SPARE, SYSTEM_PARTITION = 2046, 2048, 2048, 4096
ARGUMENTS = ["argument%d" % number for number in range(1, 7)]  # GRUB's variables for the kernel's; it quotes one with spaces


def grub_image(work, platform, disk, place, modules):
    """GRUB for a BIOS or for UEFI, which loads from these places of the disk."""
    out, early = os.path.join(work, platform), os.path.join(work, "early")
    bedpaths.write_whole(early, ("load_env -f (%s)%d+2 %s\nlinux (%s)%s %s\ninitrd (%s)%s\nboot\n" % (
        disk, ENVIRONMENT, " ".join(ARGUMENTS), disk, place[0], " ".join("$" + name for name in ARGUMENTS),
        disk, place[1])).encode())
    subprocess.run(["grub-mkimage", "-O", platform, "-d", "/usr/lib/grub/" + platform, "-p", "/", "-c", early, "-o", out,
                    "linux", "loadenv", *modules], check=True)
    return out


def system_partition(work, place):
    """UEFI's partition: a FAT file system with GRUB where a firmware without settings looks for it."""
    image = os.path.join(work, "esp")
    loader = grub_image(work, "x86_64-efi", "hd0", place, [])
    subprocess.run(["mformat", "-C", "-i", image, "-T", str(SYSTEM_PARTITION), "-h", "16", "-s", "32", "-N", "5e5a1000", "::"], check=True)
    subprocess.run(["mmd", "-i", image, "::EFI", "::EFI/BOOT"], check=True)
    subprocess.run(["mcopy", "-i", image, loader, "::EFI/BOOT/BOOTX64.EFI"], check=True)
    return open(image, "rb").read().ljust(SYSTEM_PARTITION * 512, b"\0")


def boot_disk(kernel, initrd, name):
    """A disk for a PC's firmware, BIOS or UEFI: GRUB, and in the first partition a kernel, its root, and spare room. GRUB reads
    them by their sectors: through file systems it asks the firmware for a block at a time, which takes minutes under TCG; so
    the root is packed as well. The kernel's arguments are $argument1 and so on in GRUB's environment block at sector 2046."""
    out = os.path.join(bedpaths.build_dir("tests", "disks"), name + ".disk")
    parts, place, at = [], [], PARTITION
    for data in (open(kernel, "rb").read(), gzip.compress(open(initrd, "rb").read(), mtime=0)):
        parts.append(data + b"\0" * (-len(data) % 512))
        place.append("%d+%d" % (at, len(parts[-1]) // 512))
        at += len(parts[-1]) // 512
    with tempfile.TemporaryDirectory(dir=os.path.dirname(out)) as work:
        core = grub_image(work, "i386-pc", "$root", place, ["biosdisk"])
        head = bytearray(open("/usr/lib/grub/i386-pc/boot.img", "rb").read(512) + open(core, "rb").read())
        system = system_partition(work, place)
    # Partitions: one of type 83h, active, and UEFI's of type EFh; the spare room is the disk's end.
    chs = (0, 2, 0, 0xfe, 0xff, 0xff)
    head[446:510] = struct.pack("<8BII8BII32x", 0x80, *chs[:3], 0x83, *chs[3:], PARTITION, at - PARTITION,
                                0, *chs[:3], 0xef, *chs[3:], at, SYSTEM_PARTITION)
    if len(head) > ENVIRONMENT * 512:
        raise RootError("GRUB's image is too large")
    environment = b"# GRUB Environment Block\nargument1=console=ttyS0\n".ljust(1024, b"#")
    bedpaths.write_whole(out, bytes(head).ljust(ENVIRONMENT * 512, b"\0") + environment + b"".join(parts) + system +
                         b"\0" * (SPARE * 512))
    return out


def guest_files(guest, progs, modules, toolsets=()):
    """KERNEL:SCRIPT, e.g. cloud:shell, becomes /guest/KERNEL (the image) and /guest/SCRIPT (a root running
    tests/system/guests/SCRIPT.sh, with the given programs and tool sets). KERNEL? may be missing. A name alone is a tiny
    guest, guests/NAME.c; kit/NAME is an example of the guest kit, left out if it is not built.
    disk/KERNEL:SCRIPT becomes /guest/SCRIPT.disk, from which a PC's firmware boots the two."""
    kernel, _, script = guest.partition(":")
    if kernel.startswith("disk/"):
        (image, _), (root, _) = guest_files(guest[5:], [], modules, toolsets)
        return [(boot_disk(image, root, script), "guest/%s.disk" % script)]
    if kernel.startswith("kit/"):
        image = os.path.join(KIT, kernel[4:])
        return [(image, "guest/" + kernel)] if os.path.exists(image) else []
    if not script:
        return [(tiny_guest(kernel), "guest/" + kernel)]
    if kernel.endswith("?") and not bedpaths.have(kernel[:-1]):
        return []
    kernel = kernel.rstrip("?")
    body = open(os.path.join(GUESTS, script + ".sh")).read()
    root = build(body, [*toolsets, *(["ext4"] if "ext4" in modules else [])], modules, progs, kernel)
    return [(os.path.join(bedpaths.tree(kernel), "vmlinuz"), "guest/" + kernel), (root, "guest/" + script)]
