# SPDX-License-Identifier: MIT
"""Make the disk image of a Debian, by Debian's tools from Debian's packages, as Debian makes its cloud images.

The package archive has no cloud images, so this makes the nearest thing: the partitions of Debian's own (GPT with
a root, room for GRUB, and UEFI's system partition), the cloud kernel with the initramfs that initramfs-tools makes,
GRUB for BIOS and for UEFI, systemd with its network by DHCP, and a root without a password, as the variant
"nocloud" has. mmdebstrap installs the packages; then the disk boots once in QEMU, where grub-install and
update-grub run as they would in an installer. Nothing of the bed is left on it. That takes 50 s of CPU in all.

It is kept in the cache, with a stamp that names what it was made by; tests run it on a snapshot. As in Debian's images
the initramfs is for any machine (13 MB), and the root has blocks of 4 KiB. Of 1 KiB, which mke2fs takes for so small
a disk, GRUB reads the kernel's one by one: 20 s more in a guest under TCG.
"""

import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
import uuid
import zlib

import bed
import bedpaths

NAME = "debian-image"
SHAPE = 1  # raise when the code below makes another image of the same recipe
PACKAGES = ("linux-image-cloud-amd64,initramfs-tools,zstd,grub-pc-bin,grub-efi-amd64-bin,grub2-common,systemd,systemd-sysv,"
            "systemd-resolved,systemd-timesyncd,udev,kmod,dbus,libpam-systemd,e2fsprogs,dosfstools,iproute2,iputils-ping,"
            "netbase,procps,less,nano,ca-certificates")
LEAVE_OUT = ["/usr/share/%s/*" % name for name in ("man", "locale", "doc", "info")]
# As in Debian's images: sectors of 512 bytes.
GRUB_AT, SYSTEM_AT, ROOT_AT, ROOT_MIB = 2048, 8192, 262144, 560
ROOT_UUID, ROOT_PART, DISK_GUID = (str(uuid.uuid5(uuid.NAMESPACE_URL, "serai:" + name)) for name in ("root", "part", "disk"))
FILES = {
    "etc/fstab": "UUID=%s / ext4 rw,discard,errors=remount-ro 0 1\nLABEL=SYSTEM /boot/efi vfat defaults 0 0\n" % ROOT_UUID,
    "etc/hostname": "debian\n",
    "etc/machine-id": "",
    "etc/systemd/network/80-dhcp.network": "[Match]\nName=en* eth*\n[Network]\nDHCP=yes\n",
    "etc/default/grub.d/10_cloud.cfg": 'GRUB_TIMEOUT=0\nGRUB_DISABLE_OS_PROBER=true\nGRUB_TERMINAL="console serial"\n'
                                       'GRUB_SERIAL_COMMAND="serial --speed=115200"\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'
                                       'GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"\n',
    "install": """#!/bin/sh
# The only process of the disk's first boot, by QEMU's own loader; run from elsewhere, for the disk to be left clean.
[ "$0" = /run/install ] || { mv /install /run/install; exec sh /run/install; }
set -ex
mkdir -p /boot/efi
mount -t vfat /dev/disk/by-label/SYSTEM /boot/efi
grub-install --target=i386-pc /dev/sda
grub-install --target=x86_64-efi --removable --no-nvram --no-uefi-secure-boot
update-grub
umount /boot/efi
mount -o remount,ro /
echo "IMAGE INSTALLED"
poweroff -f
""",
}


def sh(*command, **more):
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, **more)
    if done.returncode:
        raise bed.BedError("%s failed: %s" % (command[0], " ".join(done.stderr.splitlines()[-3:])))


def partition_entry(kind, guid, first, end, name):
    return struct.pack("<16s16sQQQ72s", uuid.UUID(kind).bytes_le, uuid.UUID(guid).bytes_le, first, end - 1, 0, name.encode("utf-16-le"))


def gpt(sectors):
    """The first 34 sectors of a disk, and its last 33: UEFI specification, 5.3. Numbers 1, 14 and 15, as Debian has them."""
    entries = {1: partition_entry("4f68bce3-e8cd-4db1-96e7-fbcaf984b709", ROOT_PART, ROOT_AT, ROOT_AT + (ROOT_MIB << 11), ""),
               14: partition_entry("21686148-6449-6e6f-744e-656564454649", str(uuid.uuid5(uuid.UUID(DISK_GUID), "grub")), GRUB_AT, SYSTEM_AT, ""),
               15: partition_entry("c12a7328-f81f-11d2-ba4b-00a0c93ec93b", str(uuid.uuid5(uuid.UUID(DISK_GUID), "esp")), SYSTEM_AT, ROOT_AT, "")}
    table = b"".join(entries.get(number, bytes(128)) for number in range(1, 129))

    def header(here, other, table_at):
        fields = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, here, other, 34, sectors - 34,
                             uuid.UUID(DISK_GUID).bytes_le, table_at, 128, 128, zlib.crc32(table))
        return (fields[:16] + struct.pack("<I", zlib.crc32(fields)) + fields[20:]).ljust(512, b"\0")

    protective = bytes(446) + struct.pack("<8BII", 0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, sectors - 1) + bytes(48) + b"\x55\xaa"
    return protective + header(1, sectors - 1, 2) + table, table + header(sectors - 1, 1, sectors - 33)


def sources():
    """Where fetch has its packages from, but for backports."""
    with open(os.path.join(bedpaths.cache_dir(), "apt/sources.list"), encoding="utf-8") as lines:
        return [line.strip() for line in lines if line.startswith("deb ") and "backports" not in line]


def install_packages(work):
    """Leaves the root's file system, its kernel and its initramfs in the directory."""
    files = os.path.join(work, "files")
    for path, text in FILES.items():
        os.makedirs(os.path.dirname(os.path.join(files, path)), exist_ok=True)
        with open(os.path.join(files, path), "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(out.name, 0o755 if path == "install" else 0o644)
    hooks = ['cp -r --no-preserve=ownership,timestamps %s/. "$1"' % files,
             'chroot "$1" passwd -q -d root',
             'systemctl -q --root="$1" enable systemd-networkd',
             'ln -sf ../run/systemd/resolve/stub-resolv.conf "$1/etc/resolv.conf"',
             'rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/*.log "$1"/var/log/apt',
             'cp "$1/vmlinuz" "$1/initrd.img" %s/' % work,
             # Seen from elsewhere, so without /proc and others that are mounted while packages are installed.
             'mkdir %s/bare && mount --bind "$1" %s/bare' % (work, work),
             'mke2fs -q -F -t ext4 -b 4096 -U %s -E root_owner=0:0 -d %s/bare %s/root %dM' % (ROOT_UUID, work, work, ROOT_MIB),
             'umount %s/bare' % work]
    sh("mmdebstrap", "--quiet", "--variant=minbase", "--format=null", "--include=" + PACKAGES,
       *["--dpkgopt=path-exclude=" + pattern for pattern in LEAVE_OUT], *["--customize-hook=" + hook for hook in hooks],
       "bookworm", "-", *sources(), env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})


def put_together(work, disk):
    sectors = ROOT_AT + (ROOT_MIB << 11) + 2048
    system = os.path.join(work, "system")
    with open(system, "wb") as out:
        out.truncate((ROOT_AT - SYSTEM_AT) * 512)
    sh("mformat", "-i", system, "-F", "-v", "SYSTEM", "-T", str(ROOT_AT - SYSTEM_AT), "-h", "255", "-s", "63", "-N", "5e5a1001", "::")
    head, tail = gpt(sectors)
    with open(disk, "wb") as out:
        out.truncate(sectors * 512)
        out.write(head)
        out.seek((sectors - 33) * 512)
        out.write(tail)
    for part, at in ((system, SYSTEM_AT), (os.path.join(work, "root"), ROOT_AT)):
        sh("dd", "if=" + part, "of=" + disk, "bs=512", "seek=%d" % at, "conv=notrunc,sparse")


def install_loader(work, disk):
    command, environment = bed.emulator(10)
    command += ["-nodefaults", "-machine", "pc", "-accel", "tcg", "-cpu", "max", "-m", "768", "-display", "none", "-no-reboot",
                "-serial", "stdio", "-drive", "file=%s,format=raw,if=ide,cache=unsafe,discard=unmap" % disk,
                "-kernel", os.path.join(work, "vmlinuz"), "-initrd", os.path.join(work, "initrd.img"),
                "-append", "root=UUID=%s rw init=/install console=ttyS0 quiet panic=-1" % ROOT_UUID]
    try:
        said = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=1800, preexec_fn=bed.parent_death_signal, check=False).stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as error:
        raise bed.BedError("GRUB did not go to the image in half an hour") from error
    if "IMAGE INSTALLED" not in said:
        raise bed.BedError("GRUB did not go to the image:\n" + said[-2000:])


def wanted_stamp():
    recipe = repr((SHAPE, PACKAGES, LEAVE_OUT, FILES, GRUB_AT, SYSTEM_AT, ROOT_AT, ROOT_MIB))
    return "recipe %s\n" % hashlib.sha256(recipe.encode()).hexdigest()


def current():
    """The cache has one by this recipe."""
    return bedpaths.packages(NAME) == wanted_stamp()


def make(again=False):
    """Its path; made if the cache has none by this recipe, or again with today's packages. Or a BedError."""
    path, stamp = bedpaths.tree(NAME), bedpaths.tree(NAME) + ".packages"
    with bedpaths.locked(path + ".lock"):
        if current() and not again:
            return path
        if not shutil.which("mmdebstrap"):
            raise bed.BedError("mmdebstrap is not installed: run tests/lib/install-deps")
        with tempfile.TemporaryDirectory(dir=bedpaths.cache_dir()) as work:
            os.chmod(work, 0o755)
            disk = os.path.join(work, "disk")
            install_packages(work)
            put_together(work, disk)
            install_loader(work, disk)
            os.chmod(disk, 0o444)
            os.rename(disk, path)
        bedpaths.write_whole(stamp, wanted_stamp().encode())
    return path
