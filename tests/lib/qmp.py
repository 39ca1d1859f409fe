# SPDX-License-Identifier: MIT
"""Talk to a running QEMU: hear that its machine stopped, ask where its processors are, and whether it is itself at fault.

The machine protocol (QMP) goes over a socket that QEMU inherits, so nothing of it is in the file system. No call
waits longer than a few seconds for a QEMU that does not answer.
"""

import collections
import json
import os
import re
import select
import socket
import time

PATIENCE = 5  # seconds for an answer
PROBE = 0.1   # seconds of exceptions to look at
LOOKS = 10    # at interrupts that wait, each PROBE after the other
OFTEN = 20    # so many of one kind at one place within PROBE are a loop

INT3 = 0xcc

CPU = re.compile(r"CPU#(\d+)")
EXCEPTION = re.compile(r"v=([0-9a-f]+) .* pc=([0-9a-f]+)")
WAITING = re.compile(r"^IRR\s+(\d+)", re.M)
IN_SERVICE = re.compile(r"^ISR\s+(\d+)", re.M)
HYPERVISOR = "ffff8"  # where a hypervisor of Xen's kind has its descriptor tables, in which PV guests run, too
BYTE = re.compile(r"^[0-9a-f]+: 0x([0-9a-f]{2})", re.M)
FIELD = re.compile(r"\b(RIP|EIP|RSP|ESP|RFL|EFL|CR0|CR2|CR3|CPL|HLT|IDT) *= *([0-9a-f]+)")
PRIORITY = re.compile(r"\bPPR 0x([0-9a-f]+)")
INTERRUPTS_ON = 1 << 9


class Monitor:
    """One end of the socket. arguments(): what QEMU is to be started with; attach(): once it runs."""

    def __init__(self):
        self.ours, self.theirs = socket.socketpair()
        self.rest, self.asked, self.down = b"", 0, False

    def arguments(self):
        return ["-chardev", "socket,id=qmp,fd=%d" % self.theirs.fileno(), "-mon", "chardev=qmp,mode=control"]

    def inherited(self):
        return (self.theirs.fileno(),)

    def attach(self):
        self.theirs.close()
        self.send("qmp_capabilities")

    def fileno(self):
        return self.ours.fileno()

    def close(self):
        self.ours.close()

    def send(self, command, **arguments):
        self.asked += 1
        try:
            self.ours.sendall(json.dumps({"execute": command, "arguments": arguments, "id": self.asked}).encode() + b"\n")
        except OSError:
            pass  # it has left; whoever waits for the answer hears of it

    def messages(self, timeout=0):
        """What came within the time; None once QEMU has closed its end."""
        if not select.select([self.ours], [], [], max(0, timeout))[0]:
            return []
        try:
            data = self.ours.recv(65536)
        except OSError:
            data = b""
        if not data:
            return None
        *lines, self.rest = (self.rest + data).split(b"\n")
        messages = [json.loads(line) for line in lines if line.strip()]
        self.down = self.down or any(message.get("event") == "SHUTDOWN" for message in messages)
        return messages

    def stopped(self):
        """Has the machine powered off or asked for a reset? Reads what has come; True also if QEMU has left."""
        return self.messages() is None or self.down

    def ask(self, command, cpu=0):
        """The answer of the human monitor, "" if there is none."""
        self.send("human-monitor-command", **{"command-line": command, "cpu-index": cpu})
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            messages = self.messages(deadline - time.monotonic())
            if messages is None:
                return ""
            for message in messages:
                if message.get("id") == self.asked:  # and no late answer to what was asked before
                    return message.get("return", "")
        return ""

    def exceptions(self, log):
        """How many of each (vector, address) the processors take in a moment. log: QEMU's own, which lists resets."""
        path = log + ".int"
        self.ask("logfile " + path)
        self.ask("log int")
        time.sleep(PROBE)
        self.ask("log none")
        self.ask("logfile " + log)
        self.ask("log cpu_reset")
        try:
            with open(path, errors="replace") as lines:
                found = collections.Counter(match.groups() for match in map(EXCEPTION.search, lines) if match)
            os.unlink(path)
        except FileNotFoundError:
            return collections.Counter()
        return found

    def byte_at(self, address, cpus):
        """What the memory holds at a virtual address of any processor; None if none has it mapped."""
        for cpu in range(cpus):
            found = BYTE.search(self.ask("x /1xb 0x" + address, cpu))
            if found:
                return int(found.group(1), 16)
        return None

    def stale_code(self, log, cpus):
        """The address where processors take one breakpoint after the other though the memory has none, or None.

        QEMU then executes what it translated of an instruction that has been overwritten since (docs/testing.md).
        Looked at twice: a breakpoint that is just being taken away is no fault.
        """
        stale = None
        for _ in range(2):
            places = {place for (vector, place), times in self.exceptions(log).items() if vector == "03" and times >= OFTEN}
            stale = {place for place in places if (stale is None or place in stale)
                     and self.byte_at(place, cpus) not in (None, INT3)}
        return min(stale, default=None)

    def waiting(self, cpu):
        """The interrupt that an APIC has for its processor, which is in a hardware-virtualized guest or halts with interrupts on;
        None: there is none, or it does neither."""
        found = dict(FIELD.findall(self.ask("info registers", cpu)))
        halts = found.get("HLT") == "1" and int(found.get("RFL", found.get("EFL", "0")), 16) & INTERRUPTS_ON
        if found.get("IDT", HYPERVISOR).startswith(HYPERVISOR) and not halts:
            return None
        apic = self.ask("info lapic", cpu).replace("\r", "")
        vector, priority = WAITING.search(apic), PRIORITY.search(apic)
        if not vector or IN_SERVICE.search(apic) or (priority and int(vector.group(1)) >> 4 <= int(priority.group(1), 16) >> 4):
            return None
        return vector.group(1)

    def lost_interrupt(self, cpus):
        """A processor that stays in a guest, or halts, though an interrupt waits for it, and the vector; None if there is no such thing.

        The hypervisor lets every interrupt end guest mode, and a processor every one end a halt with interrupts on. QEMU has then
        forgotten to tell the processor (docs/testing.md).
        """
        looks = []
        for _ in range(LOOKS):
            looks.append([self.waiting(cpu) for cpu in range(cpus)])
            time.sleep(PROBE)
        for cpu in range(cpus):
            if looks[0][cpu] and all(look[cpu] == looks[0][cpu] for look in looks):
                return cpu, looks[0][cpu]
        return None

    def registers(self, cpus):
        """All processors' registers and APICs, as QEMU prints them; the machine stands still from now on."""
        self.send("stop")
        apics = ["APIC of CPU %d\n%s" % (cpu, self.ask("info lapic", cpu)) for cpu in range(cpus)]
        return (self.ask("info registers -a") + "\n" + "".join(apics)).replace("\r", "")

    def quit(self):
        self.send("quit")


def summary(registers):
    """A line for each processor: what tells where it is."""
    lines, current = [], None
    for line in registers.splitlines():
        found = CPU.search(line)
        if found:
            current = []
            lines.append(("CPU %s:" % found.group(1), current))
        elif line.startswith("APIC of CPU"):
            current = []
            lines.append((line + ":", current))
        elif current is not None and line.startswith(("ISR", "IRR")):
            current.append(" ".join(line.split()))
        elif current is not None:
            current += ["%s=%s" % field for field in FIELD.findall(line)]
    return [" ".join([name] + fields) for name, fields in lines]
