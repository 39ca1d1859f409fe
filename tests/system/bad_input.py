# SPDX-License-Identifier: MIT
"""Boots that must fail, or carry on, with a message a person can act on.

Each line of bad-input.cases is one boot with something wrong. A case passes when the console
shows the expected message and the machine did not go down by triple fault or hang.
"""

import os
import re
import shlex
import subprocess

import bed
import bedpaths
import rootfs
import scenario

DEFAULT_TIMEOUT = 45
# A processor exception or a broken assertion is no message, even when one stands beside it.
CRASH = re.compile(r"fatal trap|fatal .*fault|double fault|bug at|assertion", re.I)
NO_NOTES = """
__asm__(".globl _start\\n_start: hlt\\n jmp _start\\n");
char payload[65536] = { 1 };
"""


class Case:
    """One line of the table."""

    scenario, compare, about = "bad-input", False, "what is wrong is said in words"

    def __init__(self, name, keys):
        self.case, self.keys, self.name = name, keys, "bad-input-" + name
        self.quick = keys.get("quick") == "yes"
        self.runner = run_case

    def expected(self, hypervisor):
        """Xen's own words may differ; cases say so with expect-xen=."""
        label = os.path.basename(hypervisor)
        return self.keys.get("expect-" + label, self.keys["expect"])

    def may_crash(self, hypervisor):
        return "expect-" + os.path.basename(hypervisor) in self.keys


def load(path):
    cases = []
    for line in open(path):
        if line.strip() and not line.startswith("#"):
            name, *words = shlex.split(line)
            cases.append(Case(name, dict(word.split("=", 1) for word in words)))
    return cases


def written(name, data):
    path = os.path.join(bedpaths.build_dir("tests", "bad-input"), name)
    bedpaths.write_whole(path, data)
    return path


def elf_without_notes():
    """A well-formed 64-bit ELF program at 16 MiB that is no Xen kernel."""
    source = written("no-notes.c", NO_NOTES.encode())
    out = source[:-2]
    subprocess.run(["gcc", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none", "-Wl,-Ttext=0x1000000",
                    "-o", out, source], check=True)
    return out


def kernel_file(kind):
    good = os.path.join(bedpaths.tree("dom0"), "vmlinuz")
    if kind == "good":
        return good
    if kind == "none":
        return "none"
    if kind == "text":
        return written("text", b"This is a letter, not a kernel.\n" * 4096)
    if kind == "zeros":
        return written("zeros", bytes(1 << 20))
    if kind == "truncated":
        return written("truncated", open(good, "rb").read(3 << 20))
    if kind == "header-only":
        return written("header-only", open(good, "rb").read(1024))
    if kind == "bad-payload":
        data = bytearray(open(good, "rb").read())
        data[len(data) // 2:len(data) // 2 + 4096] = b"\xa5" * 4096
        return written("bad-payload", bytes(data))
    if kind == "no-notes":
        return elf_without_notes()
    raise scenario.ScenarioError("bad-input.cases: no kernel kind %s" % kind)


def root_file(kind):
    if kind == "none":
        return None
    if kind == "zeros":
        return written("root-zeros", bytes(4096))
    return rootfs.build("pass user-space\n")


def options(keys):
    """The case's hypervisor options; pad=N adds an ignored option of N bytes."""
    pad = int(keys.get("pad", 0))
    return keys.get("options", "") + (" pad=" + "x" * pad if pad else "")


def judge(case, hypervisor, result):
    text = "\n".join(result.lines)
    tail = " | ".join(line for line in result.lines if line.strip())[-160:]
    if result.ended == "triple-fault":
        return "FAIL", result.why + "; last: " + tail
    if not re.search(case.expected(hypervisor), text):
        return "FAIL", "no line matches /%s/ (%s); last: %s" % (case.expected(hypervisor), result.ended, tail)
    if CRASH.search(text) and not case.may_crash(hypervisor):
        return "FAIL", "crashed: " + tail
    if case.keys.get("boots") == "yes" and result.ended != "done":
        return "FAIL", "should boot all the same: %s %s" % (result.ended, result.why)
    return "PASS", ""


def run_case(case, hypervisor, tally):
    keys = case.keys
    reason = bed.missing_qemu(10)
    if reason:
        tally.add("bad-input", [("SKIP", case.case, reason)])
        return
    log = os.path.join(bedpaths.build_dir("tests", "logs"), "%s-%s.log" % (os.path.basename(hypervisor), case.name))
    result = None
    try:
        machine = bed.Machine(hypervisor, kernel_file(keys.get("kernel", "good")),
                              root_file(keys.get("initrd", "good")), options(keys),
                              keys.get("dom0-args", ""), keys.get("dom0-mem"), mem=keys.get("mem", 768),
                              timeout=keys.get("timeout", DEFAULT_TIMEOUT), log=log)
        result = bed.run(machine, until=re.compile(keys["until"]) if "until" in keys else None)
        verdict, why = judge(case, hypervisor, result)
    except (bed.BedError, rootfs.RootError, scenario.ScenarioError, OSError, subprocess.CalledProcessError) as error:
        verdict, why = "FAIL", str(error)
    tally.add("bad-input", [(verdict, case.case, why)], log, result)
