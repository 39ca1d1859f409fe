# SPDX-License-Identifier: MIT
"""Speak xenstore's wire protocol: over the daemon's socket, or as a domain played by files (xenstored --domains)."""

import mmap
import os
import select
import socket
import struct
import time

CONTROL, DIRECTORY, READ, GET_PERMS, WATCH, UNWATCH, TRANSACTION_START, TRANSACTION_END = range(8)
INTRODUCE, RELEASE, GET_DOMAIN_PATH, WRITE, MKDIR, RM, SET_PERMS, WATCH_EVENT, ERROR = range(8, 17)
HEAD = struct.Struct("<4I")
TIMEOUT = 20


class Refused(Exception):
    """An error reply, by its name."""


class Gone(Exception):
    """The connection ended, or nothing came in time."""


class Client:
    """Requests and replies over any stream of bytes; events are collected."""

    def __init__(self):
        self.received, self.events, self.req_id = b"", [], 0

    def message(self):
        while len(self.received) < 16 or len(self.received) < 16 + HEAD.unpack_from(self.received)[3]:
            self.received += self.receive()
        kind, req_id, tx_id, length = HEAD.unpack_from(self.received)
        body, self.received = self.received[16:16 + length], self.received[16 + length:]
        return kind, req_id, tx_id, body

    def ask(self, kind, *args, tx=0, raw=b""):
        self.req_id += 1
        body = b"".join(arg.encode() + b"\0" for arg in args) + raw
        self.send(HEAD.pack(kind, self.req_id, tx, len(body)) + body)
        return self.answer()

    def answer(self):
        while True:
            kind, req_id, _, body = self.message()
            if kind == WATCH_EVENT:
                self.events.append(tuple(body.decode().split("\0")[:2]))
                continue
            if req_id != self.req_id:
                raise AssertionError("reply to request %d while %d is waited for" % (req_id, self.req_id))
            if kind == ERROR:
                raise Refused(body.rstrip(b"\0").decode())
            return body

    def write(self, path, value, tx=0):
        self.ask(WRITE, path, raw=value.encode(), tx=tx)

    def read(self, path, tx=0):
        return self.ask(READ, path, tx=tx).decode()

    def list(self, path):
        return [name for name in self.ask(DIRECTORY, path).decode().split("\0") if name]

    def event(self):
        """The next event; waits for it."""
        while not self.events:
            kind, _, _, body = self.message()
            assert kind == WATCH_EVENT, kind
            self.events.append(tuple(body.decode().split("\0")[:2]))
        return self.events.pop(0)


class SocketClient(Client):
    def __init__(self, path):
        super().__init__()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        try:
            self.socket.connect(path)
        except OSError as error:
            raise Gone(str(error))

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Gone(str(error))

    def receive(self):
        try:
            data = self.socket.recv(65536)
        except OSError as error:
            raise Gone(str(error))
        if not data:
            raise Gone("end of file")
        return data

    def close(self):
        self.socket.close()


class Domain(Client):
    """A domain: its page is a file, its event channel two FIFOs."""

    REQ, RSP, REQ_CONS, REQ_PROD, RSP_CONS, RSP_PROD, ERROR_FIELD = 0, 1024, 2048, 2052, 2056, 2060, 2072

    def __init__(self, directory, domid):
        super().__init__()
        self.domid, self.directory = domid, directory
        with open(self.file("ring"), "wb") as ring:
            ring.truncate(4096)
        for name in ("event", "kick"):
            if not os.path.exists(self.file(name)):
                os.mkfifo(self.file(name))
        descriptor = os.open(self.file("ring"), os.O_RDWR)
        self.page = mmap.mmap(descriptor, 4096)
        self.words = memoryview(self.page).cast("I")  # an index is stored as a whole, not byte by byte
        os.close(descriptor)
        self.out = os.open(self.file("event"), os.O_RDWR | os.O_NONBLOCK)
        self.kicked = os.open(self.file("kick"), os.O_RDWR | os.O_NONBLOCK)

    def file(self, name):
        return os.path.join(self.directory, "%s-%d" % (name, self.domid))

    def get(self, offset):
        return self.words[offset // 4]

    def put(self, offset, value):
        self.words[offset // 4] = value & 0xffffffff

    def poke(self):
        try:
            os.write(self.out, b"!")
        except BlockingIOError:
            pass

    def wait(self):
        if not select.select([self.kicked], [], [], 0.05)[0]:
            # As a guest would after a lost interrupt, which a killed daemon may cause: look again.
            self.poke()
            return
        os.read(self.kicked, 4096)

    def send_some(self, data):
        prod = self.get(self.REQ_PROD)
        room = 1024 - (prod - self.get(self.REQ_CONS) & 0xffffffff)
        count = max(0, min(room, len(data), 1024 - prod % 1024))
        self.page[self.REQ + prod % 1024:self.REQ + prod % 1024 + count] = data[:count]
        self.put(self.REQ_PROD, prod + count)
        return count

    def send(self, data):
        end = time.monotonic() + TIMEOUT
        while data:
            count = self.send_some(data)
            data = data[count:]
            self.poke()
            if not count:
                if time.monotonic() > end:
                    raise Gone("the ring stays full")
                self.wait()

    def receive_some(self):
        cons, prod = self.get(self.RSP_CONS), self.get(self.RSP_PROD)
        count = min(prod - cons & 0xffffffff, 1024 - cons % 1024)
        data = bytes(self.page[self.RSP + cons % 1024:self.RSP + cons % 1024 + count])
        self.put(self.RSP_CONS, cons + count)
        if count:
            self.poke()
        return data

    def receive(self):
        end = time.monotonic() + TIMEOUT
        while True:
            data = self.receive_some()
            if data:
                return data
            if time.monotonic() > end:
                raise Gone("nothing came")
            self.wait()

    def die(self):
        os.unlink(self.file("ring"))
        with open(os.path.join(self.directory, "deaths"), "wb") as deaths:
            deaths.write(b"!")
