# SPDX-License-Identifier: MIT
"""What the benchmarks of this folder share: compiling their programs, one another's parts, and one boot's figures."""

import argparse
import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests/lib"))
sys.path.insert(0, os.path.join(TOP, "tests/system"))
import bed
import bedpaths
import rootfs

DOM0_MODULES = ["xen-evtchn", "xen-privcmd", "xenfs", "xen-gntdev", "xen-gntalloc"]


def script(name):
    """A program of this folder as a module."""
    loader = importlib.machinery.SourceFileLoader("bench_" + name, os.path.join(HERE, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def arguments(doc, what, default, *flags):
    """(the words given or the default, options) of a program with --write, other flags and words that say what to measure."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag in ("write", *flags):
        parser.add_argument("--" + flag, action="store_true")
    parser.add_argument("words", nargs="*", metavar=what)
    options = parser.parse_args()
    return options.words or default, options


def program(name, source=None):
    """(host path, path in Dom0) of a static program."""
    out = os.path.join(bedpaths.build_dir("tests", "progs"), name)
    source = os.path.join(TOP, source or "tests/bench/%s.c" % name)
    subprocess.run(["gcc", "-O2", "-static", "-I" + os.path.join(TOP, "build/tools/include"), "-o", out, source], check=True)
    return out, "usr/bin/" + name


def measure(hypervisor, script, files, label, **machine):
    """{name: [figures]} of the "BENCH name figure" lines of one boot under -icount; raises BedError if the run fails."""
    initrd = rootfs.build(script, ["xen-tools", "serai-tools"], modules=DOM0_MODULES, files=files)
    log = os.path.join(bedpaths.build_dir("tests", "logs"), "bench-%s.log" % label)
    result = bed.run(bed.Machine(hypervisor, initrd=initrd, icount=0, log=log, **machine))
    if not result.ok:
        failed = "; ".join(why for verdict, _, why in result.verdicts if verdict == "FAIL")
        raise bed.BedError("%s: %s %s %s; see %s" % (label, result.ended, result.why, failed, log))
    found = {}
    for line in result.lines:
        match = re.match(r"BENCH (\S+) (-?\d+)$", line)
        if match:
            found.setdefault(match.group(1), []).append(int(match.group(2)))
    return found
