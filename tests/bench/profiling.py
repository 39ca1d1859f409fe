# SPDX-License-Identifier: MIT
"""What profile and profile_bulk share: the emulator's plugin that counts blocks of code, and which function an address is in."""

import base64
import bisect
import gzip
import os
import re
import subprocess

from common import HERE, bed, bedpaths

USER_END = 1 << 47
HYPERVISOR = range(0xffff800000000000, 0xffff880000000000)


def print_symbols(mark):
    """Shell lines that print the running kernel's functions between two lines `mark`, as kernel_symbols() reads them."""
    return "echo %s\nawk '$2 ~ /[tTwW]/ { print $1, $3 }' /proc/kallsyms | gzip -9 | base64\necho %s\n" % (mark, mark)


class Symbols:
    """Functions by address, of lines "ADDRESS … NAME"."""

    def __init__(self, lines):
        self.known = sorted((int(line.split()[0], 16), line.split()[-1]) for line in lines)
        self.addresses = [address for address, _ in self.known]

    def find(self, address):
        at = bisect.bisect_right(self.addresses, address) - 1
        return self.known[at][1] if at >= 0 else hex(address)


def kernel_symbols(lines, mark):
    first, last = (at for at, line in enumerate(lines) if line == mark)
    text = base64.b64decode("".join(line for line in lines[first + 1:last] if re.fullmatch("[A-Za-z0-9+/=]+", line)))
    return Symbols(gzip.decompress(text).decode().splitlines())


def hypervisor_symbols(hypervisor):
    """Of a bed's hypervisor: "serai", or an image with symbols."""
    names = subprocess.run(["nm", bed.hypervisor_image(hypervisor)], check=True, capture_output=True, text=True).stdout
    return Symbols([line for line in names.splitlines() if line.split()[-2] in "tT"])


def build_plugin():
    out = os.path.join(bedpaths.build_dir("tests", "progs"), "profile_plugin.so")
    subprocess.run(["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-fvisibility=hidden", "-o", out,
                    os.path.join(HERE, "profile_plugin.c")], check=True)
    return out


def run(name, initrd, hypervisor, log, **machine):
    """One boot with the plugin: the lines that Dom0 printed, and what was counted, as (address, instructions, place)."""
    counts = os.path.join(bedpaths.build_dir("tests", "bench"), "%s.counts" % log)
    log = os.path.join(bedpaths.build_dir("tests", "logs"), "%s.log" % log)
    if os.path.exists(counts):
        os.unlink(counts)
    result = bed.run(bed.Machine(hypervisor, initrd=initrd, icount=0, log=log,
                                 extra=["-plugin", "%s,out=%s" % (build_plugin(), counts)], **machine))
    if not result.ok or not os.path.exists(counts):
        raise bed.BedError("%s: %s %s; see %s" % (name, result.ended, result.why, log))
    return result.lines, [(int(address, 16), int(count), int(place, 16))
                          for address, count, place in map(str.split, open(counts))]
