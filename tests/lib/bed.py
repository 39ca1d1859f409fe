# SPDX-License-Identifier: MIT
"""Boot a machine in QEMU, watch its console, and say how it went.

A Machine describes one boot; run() starts QEMU, reads the serial console into a log, collects the
guest's PASS, FAIL and SKIP lines, and always ends with QEMU dead: it is in a process group of its
own, and the kernel kills it should this process die first. What ended the run is told apart: the
scenario was done, the hypervisor or a kernel panicked, the processor hit a triple fault, QEMU
left by itself or is found to be at fault, or time ran out. After a triple fault, a time-out or a
fault of QEMU's it tells where the processors were.
"""

import ctypes
import itertools
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time

import bedpaths
import qmp

VERDICT = re.compile(r"(PASS|FAIL|SKIP) ([A-Za-z0-9_.+-]+)(?:: (.*))?$")
DONE = re.compile(r"SCENARIO DONE (\d+) passed (\d+) failed (\d+) skipped")
USERSPACE = re.compile(r"SCENARIO USERSPACE ([\d.]+)")
PANIC = re.compile(r"\(XEN\) Panic on CPU|\(SERAI\).*panic|^\s*PANIC\b|Kernel panic - not syncing"
                   r"|Domain 0 crashed|Hardware Dom0 crashed", re.I)
PANIC_GRACE = 2     # seconds more of console after a panic
POWEROFF_GRACE = 60  # seconds from the scenario's end to power-off
STUCK = re.compile(r"soft lockup|rcu.*stall", re.I)
SILENCE = 60        # seconds without a line: then, as after a complaint of a stuck processor, it is looked whether QEMU is at fault
TURNS = itertools.count(os.getpid())
PATIENCE = 3        # a machine gets so many times what its scenario asks for: a time-out is for what hangs, not for what is slow


class BedError(Exception):
    """The test bed itself cannot do what was asked."""


def parent_death_signal():
    """In the child: die with the runner, whatever kills it."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def in_child(machine):
    """What QEMU's process does before it becomes QEMU. Under -icount its threads take turns at the end of each timer, thousands of
    times a second, and to wake one that sleeps on another CPU costs as much as what it then does: they get one CPU, another for
    each machine."""
    ours = sorted(os.sched_getaffinity(0))
    cpu = ours[next(TURNS) % len(ours)]

    def prepare():
        parent_death_signal()
        if machine.icount is not None:
            os.sched_setaffinity(0, {cpu})
    return prepare


class Machine:
    """One boot: what to run and on which machine.

    hypervisor: "serai", "xen" (Debian's), "native" (no hypervisor), or a path to an image.
    qemu: 10 or 7. icount: an instruction takes 2^icount virtual nanoseconds, and idling no time of the host's;
    None: as long as it takes.
    """

    def __init__(self, hypervisor="serai", kernel=None, initrd=None, options="", dom0_args="", dom0_mem=None,
                 qemu=10, cpu=None, smp=1, mem=1024, icount=None, extra=(), timeout=90, log=None):
        self.hypervisor = hypervisor
        self.kernel = kernel or os.path.join(bedpaths.tree("dom0"), "vmlinuz")
        self.initrd = initrd
        self.options = options
        self.dom0_args = dom0_args
        self.dom0_mem = dom0_mem
        self.qemu = int(qemu)
        self.cpu = cpu or default_cpu(self.qemu)
        if icount is not None and self.qemu >= 10 and "x2apic" not in self.cpu:
            self.cpu += ",-x2apic"  # QEMU 10 leaves with "Bad icount read" at an x2APIC timer access
        self.smp = int(smp)
        self.mem = int(mem)
        self.icount = None if icount is None else int(icount)
        self.extra = list(extra)
        self.timeout = float(timeout) * PATIENCE
        self.log = log or os.path.join(bedpaths.build_dir("tests", "logs"), "console.log")


class Result:
    """What a run gave. ended: done, panic, triple-fault, exit, emulator, or timeout; why: in words."""

    def __init__(self):
        self.verdicts = []     # (PASS|FAIL|SKIP, name, reason)
        self.lines = []
        self.ended = None
        self.why = ""
        self.counts = None
        self.powered_off = False
        self.userspace = None  # guest uptime at the first line of user space
        self.seconds = 0.0
        self.cpu_seconds = 0.0 # the emulator's, of all its threads
        self.moments = []      # of each verdict: seconds, the emulator's CPU seconds
        self.processors = []   # where each was, at a triple fault or when time ran out

    @property
    def ok(self):
        return self.ended == "done" and not any(verdict == "FAIL" for verdict, _, _ in self.verdicts)

    def sections(self):
        """The outputs captured by the guest's show: name to (exit code, lines)."""
        found, name = {}, None
        for line in self.lines:
            begin, end = re.match(r"<<< (\S+)$", line), re.match(r">>> (\S+) exit (\d+)$", line)
            if begin:
                name, body = begin.group(1), []
            elif end and end.group(1) == name:
                found[name] = (int(end.group(2)), body)
                name = None
            elif name and not re.match(r"\((XEN|SERAI)\) ", line):
                body.append(line)
        return found


def default_cpu(qemu):
    """QEMU 7.2 raises false faults in ring-3 kernels when SMAP is on; 10 does not."""
    return "max" if int(qemu) >= 10 else "max,-smap"


def missing_qemu(qemu):
    """Why that QEMU cannot be used, or None."""
    if int(qemu) >= 10:
        return None if bedpaths.have("qemu10") else "no QEMU 10: " + bedpaths.reason_missing("qemu10")
    return None if shutil.which("qemu-system-x86_64") else "qemu-system-x86_64 is not installed"


def hypervisor_image(name):
    """The multiboot image to boot, or None for a bare kernel."""
    if name == "native":
        return None
    path = {"xen": os.path.join(bedpaths.tree("xen"), "xen"),
            "serai": os.path.join(bedpaths.BUILD, "boot/serai")}.get(name, name)
    if not os.path.exists(path):
        raise BedError("no hypervisor image %s" % path)
    return os.path.abspath(path)


def emulator(qemu):
    """(command, environment) of the wanted QEMU."""
    reason = missing_qemu(qemu)
    if reason:
        raise BedError(reason)
    environment = dict(os.environ)
    if qemu < 10:
        return ["qemu-system-x86_64"], environment
    top = bedpaths.tree("qemu10")
    libraries = os.path.join(top, "usr/lib/x86_64-linux-gnu")
    environment["LD_LIBRARY_PATH"] = libraries
    environment["QEMU_MODULE_DIR"] = os.path.join(libraries, "qemu")
    return [os.path.join(top, "usr/bin/qemu-system-x86_64"), "-L", os.path.join(top, "usr/share/seabios"),
            "-L", os.path.join(top, "usr/share/qemu")], environment


def dom0_memory(machine):
    """The value of dom0_mem=: MiB as a number, or a text as it is; five eighths by default."""
    wanted = str(machine.dom0_mem or machine.mem * 5 // 8)
    return "%sM,max:%sM" % (wanted, wanted) if wanted.isdigit() else wanted


def boot_arguments(machine):
    if machine.kernel != "none" and not os.path.exists(machine.kernel):
        raise BedError("no kernel %s: run tests/lib/fetch" % machine.kernel)
    image = hypervisor_image(machine.hypervisor)
    console = "ttyS0" if image is None else "hvc0"
    kernel_args = ("console=%s panic=1 %s" % (console, machine.dom0_args)).strip()
    if image is None:
        arguments = ["-kernel", machine.kernel, "-append", kernel_args]
        return arguments + (["-initrd", machine.initrd] if machine.initrd else [])
    options = "console=com1 com1=115200,8n1 loglvl=info guest_loglvl=info noreboot=0 dom0_mem=%s %s" % (
        dom0_memory(machine), machine.options)
    if machine.hypervisor == "xen":
        options += " cpuidle=0"  # Debian's Xen idles by MWAIT on some models, in a way TCG refuses
        if machine.icount is None:  # figures are those of its defaults
            # Its lazy switching of FPU registers loses them under TCG: one vCPU's turn up in another, programs crash.
            # What QEMU gives is zeroed; to write zeros all over it costs the host as much again, and memory.
            options += " spec-ctrl=eager-fpu bootscrub=0"
    # QEMU separates modules by commas; a comma inside one is doubled.
    modules = [("%s %s" % (machine.kernel, kernel_args)).replace(",", ",,")] if machine.kernel != "none" else []
    modules += [machine.initrd.replace(",", ",,")] if machine.initrd else []
    return ["-kernel", image, "-append", options.strip()] + (["-initrd", ",".join(modules)] if modules else [])


def command_line(machine):
    base, environment = emulator(machine.qemu)
    if machine.icount is not None:
        accel = ["-accel", "tcg", "-icount", "shift=%d,sleep=off" % machine.icount, "-rtc", "clock=vm"]
    else:
        # 7.2 overlooks code that is overwritten while another processor's thread translates it (docs/testing.md).
        accel = ["-accel", "tcg,thread=%s" % ("multi" if machine.smp > 1 and machine.qemu >= 10 else "single")]
    command = base + ["-nodefaults", "-no-user-config", "-machine", "q35", *accel, "-cpu", machine.cpu,
                      "-smp", str(machine.smp), "-m", str(machine.mem), "-display", "none", "-vga", "std",
                      "-monitor", "none", "-serial", "stdio", "-no-reboot", "-no-shutdown", "-d", "cpu_reset",
                      "-D", machine.log + ".cpu"]
    return command + boot_arguments(machine) + machine.extra, environment


class Console:
    """Splits QEMU's output into lines, and keeps the log."""

    def __init__(self, stream, log, live):
        self.stream, self.log, self.live, self.rest = stream, log, live, b""

    def fileno(self):
        return self.stream.fileno()

    def read(self):
        """Lines of what has come; None when QEMU closed its end."""
        data = os.read(self.stream.fileno(), 65536)
        if not data:
            return None
        self.log.write(data)
        self.log.flush()
        if self.live:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [line.decode("utf-8", "replace").rstrip("\r") for line in lines]


def cpu_seconds(pid):
    """What all threads of the process have used so far."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def note_registers(result, machine, monitor):
    """Where the processors are: in full in the log of their resets, a line each in the result."""
    registers = monitor.registers(machine.smp)
    with open(machine.log + ".cpu", "a") as log:
        log.write(registers)
    result.processors = qmp.summary(registers)


def note_emulator(result, machine, monitor):
    """Is it QEMU that hangs? One processor alone does not overwrite what it executes; without a hypervisor there are no guests."""
    place = monitor.stale_code(machine.log + ".cpu", machine.smp) if machine.smp > 1 else None
    lost = monitor.lost_interrupt(machine.smp) if machine.hypervisor != "native" and not place else None
    if place:
        result.why = "QEMU executes a breakpoint at %s that is not in memory" % place
    elif lost:
        result.why = "QEMU keeps processor %d in a guest, or halted, though interrupt %s waits" % lost
    else:
        return False
    result.ended = "emulator"
    note_registers(result, machine, monitor)
    return True


def watch(console, machine, result, pid, until=None, monitor=None):
    """Read until something ends the run."""
    start = time.monotonic()
    deadline, ending = start + machine.timeout, None
    sources = [console] + ([monitor] if monitor else [])
    while True:
        ready, _, _ = select.select(sources, [], [], max(0, min(SILENCE, deadline - time.monotonic())))
        if monitor in sources and (monitor in ready or monitor.down) and monitor.stopped():
            if had_triple_fault(machine.log + ".cpu"):
                note_registers(result, machine, monitor)
            monitor.quit()
            sources.remove(monitor)  # the console's end follows
        lines = console.read() if console in ready else []
        if lines is None:
            result.powered_off = result.ended == "done"
            break
        for line in lines:
            note_line(result, line)
            while len(result.moments) < len(result.verdicts):
                result.moments.append((time.monotonic() - start, cpu_seconds(pid)))
            if until and result.ended is None and until.search(line):
                result.ended = "done"
        if result.ended and result.ended != ending:
            ending = result.ended
            deadline = time.monotonic() + (PANIC_GRACE if ending == "panic" or until else POWEROFF_GRACE)
        if not result.ended and (not ready or any(map(STUCK.search, lines))) and monitor in sources \
                and note_emulator(result, machine, monitor):
            break
        if time.monotonic() >= deadline:
            if not result.ended:
                result.ended, result.why = "timeout", "nothing after %d s" % machine.timeout
                if monitor in sources:
                    note_registers(result, machine, monitor)
            break
    result.seconds = time.monotonic() - start


def note_line(result, line):
    result.lines.append(line)
    verdict, done = VERDICT.search(line), DONE.search(line)
    if verdict and not result.ended:
        result.verdicts.append((verdict.group(1), verdict.group(2), verdict.group(3) or ""))
    if done and not result.ended:
        result.ended, result.counts = "done", tuple(int(count) for count in done.groups())
    userspace = USERSPACE.search(line)
    if userspace:
        result.userspace = float(userspace.group(1))
    if PANIC.search(line) and result.ended != "panic":
        result.ended, result.why = "panic", line.strip()


def had_triple_fault(path):
    """QEMU's log of processor resets names their cause."""
    try:
        with open(path, errors="replace") as log:
            return any("Triple fault" in line for line in log)
    except FileNotFoundError:
        return False


def judge(result, machine):
    """Name what ended a run that did not end by itself, and look for lost lines."""
    if result.ended is None:
        triple = had_triple_fault(machine.log + ".cpu")
        result.ended = "triple-fault" if triple else "exit"
        result.why = "the processor took a triple fault" if triple else "QEMU left before the scenario was done"
    if result.counts:
        seen = tuple(sum(verdict == kind for verdict, _, _ in result.verdicts) for kind in ("PASS", "FAIL", "SKIP"))
        if seen != result.counts:
            result.verdicts.append(("FAIL", "console", "%s verdicts were printed, %s arrived" % (result.counts, seen)))


def end(process):
    """Kill it, though it may have left already; the CPU seconds it used. Nobody may have asked before how it fares."""
    os.kill(process.pid, signal.SIGKILL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def run(machine, live=False, interactive=False, until=None):
    """Boot the machine and watch it to its end; until: a pattern that ends the run well."""
    command, environment = command_line(machine)
    os.makedirs(os.path.dirname(os.path.abspath(machine.log)), exist_ok=True)
    result = Result()
    with open(machine.log, "wb") as log:
        monitor = qmp.Monitor()
        qemu = subprocess.Popen(command + monitor.arguments(), env=environment,
                                stdin=None if interactive else subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0, pass_fds=monitor.inherited(),
                                preexec_fn=in_child(machine), process_group=None if interactive else 0)
        try:
            monitor.attach()
            watch(Console(qemu.stdout, log, live), machine, result, qemu.pid, until, monitor)
        finally:
            result.cpu_seconds = end(qemu)
            monitor.close()
            qemu.stdout.close()
    judge(result, machine)
    return result
