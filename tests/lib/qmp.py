# SPDX-License-Identifier: MIT
"""Talk to a running QEMU: hear that its machine stopped, and ask where its processors are.

The machine protocol (QMP) goes over a socket that QEMU inherits, so nothing of it is in the file system. No call
waits longer than a few seconds for a QEMU that does not answer.
"""

import json
import re
import select
import socket
import time

PATIENCE = 5  # seconds for an answer

CPU = re.compile(r"CPU#(\d+)")
FIELD = re.compile(r"\b(RIP|EIP|RSP|ESP|CR0|CR2|CR3|CPL|HLT|IDT) *= *([0-9a-f]+)")


class Monitor:
    """One end of the socket. arguments(): what QEMU is to be started with; attach(): once it runs."""

    def __init__(self):
        self.ours, self.theirs = socket.socketpair()
        self.rest, self.seen = b"", []

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
        try:
            self.ours.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
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
        return [json.loads(line) for line in lines if line.strip()]

    def stopped(self):
        """Has the machine powered off or asked for a reset? Reads what has come; True also if QEMU has left."""
        messages = self.messages()
        return messages is None or any(message.get("event") == "SHUTDOWN" for message in messages)

    def ask(self, command):
        """The answer of the human monitor, "" if there is none."""
        self.send("human-monitor-command", **{"command-line": command})
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            messages = self.messages(deadline - time.monotonic())
            if messages is None:
                return ""
            for message in messages:
                if isinstance(message.get("return"), str):
                    return message["return"]
        return ""

    def registers(self):
        """All processors' registers, as QEMU prints them; the machine stands still from now on."""
        self.send("stop")
        return self.ask("info registers -a").replace("\r", "")

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
        elif current is not None:
            current += ["%s=%s" % field for field in FIELD.findall(line)]
    return [" ".join([name] + fields) for name, fields in lines]
