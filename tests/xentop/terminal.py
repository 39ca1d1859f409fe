# SPDX-License-Identifier: MIT
"""Programs in terminals of tmux: what is typed, and what is to be seen then."""
import itertools
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time

PATIENCE = 20
UTF8, ASCII = "C.UTF-8", "C"

pressed = set()  # all keys so far


class Tmux:
    """A server of our own, which no other tmux of this machine sees."""

    def __init__(self, binary):
        self.binary = binary
        self.directory = tempfile.mkdtemp(prefix="serai-xentop-")
        self.names = itertools.count()
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.directory, "SHELL": "/bin/sh", "LC_ALL": UTF8,
                            "TERM": "xterm", "TMUX_TMPDIR": self.directory}
        # remain-on-exit: a program's last words can be read.
        self("start-server", ";", "set", "-g", "exit-empty", "off", ";", "set", "-g", "status", "off", ";",
             "set", "-wg", "remain-on-exit", "on")

    def __call__(self, *words):
        done = subprocess.run(["tmux", "-u", "-L", "serai-xentop-%d" % os.getpid(), "-f", "/dev/null", *words],
                              env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)
        assert done.returncode == 0, "tmux %s: %s" % (" ".join(words), done.stderr.decode())
        return done.stdout.decode()

    def end(self):
        try:
            self("kill-server")
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)


class Screen:
    """What a terminal shows at one moment."""

    def __init__(self, text):
        self.lines = text.split("\n")[:-1]
        self.text = "\n".join(self.lines)

    @property
    def bottom(self):
        return self.lines[-1]

    @property
    def header(self):
        return self.lines[3] if len(self.lines) > 3 else ""

    @property
    def reading(self):
        """How often it has read, by its clock."""
        clock = re.match(r"xentop - (\d\d):(\d\d):(\d\d) ", self.lines[0])
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3]) if clock else 0

    def has(self, pattern):
        return re.search(pattern, self.text, re.MULTILINE) is not None

    def rows(self):
        """The cells of each domain in the table."""
        return [line.replace("no limit", "no-limit").split() for line in self.lines[4:]
                if re.match(r"\s*\S+ [d-][s-][b-][c-][p-][r-]( |$)", line)]

    def names(self):
        return [cells[0] for cells in self.rows()]


class StyledScreen(Screen):
    """And how it looks: of each character, whether it is bold, whether reversed, and its colour (0 to 7) or None."""

    def __init__(self, text):
        super().__init__(re.sub(r"\x1b\[[\d;]*m", "", text))
        self.looks, look = [[]], (False, False, None)
        for sequence, character in re.findall(r"\x1b\[([\d;]*)m|(.|\n)", text):
            if character == "\n":
                self.looks.append([])
            elif character:
                self.looks[-1].append(look)
            for code in (int(c or 0) for c in sequence.split(";") if not character):
                bold, reverse, colour = look if code else (False, False, None)
                look = (bold or code == 1, reverse or code == 7,
                        code - 30 if 30 <= code <= 37 else None if code == 39 else colour)

    def look_of(self, words):
        """That of the first place where these are; None if they are nowhere, or have several."""
        for line, looks in zip(self.lines, self.looks):
            at = line.find(words)
            if at >= 0:
                found = set(looks[at:at + len(words)])
                return found.pop() if len(found) == 1 else None
        return None

    def coloured(self):
        return any(colour is not None for looks in self.looks for _, _, colour in looks)


class Terminal:
    """A program in a window of its own, xentop if no other is named."""

    def __init__(self, tmux, *options, width=170, height=30, term="tmux-256color", locale=UTF8, delay="3600", program=None,
                 **environment):
        self.tmux, self.name = tmux, "t%d" % next(tmux.names)
        settings = {"PATH": os.environ["PATH"], "TERM": term, "LC_ALL": locale, "TZ": "UTC0", **environment}
        words = ["env", "-i", *("%s=%s" % item for item in settings.items()),
                 *(program or [tmux.binary, "--delay", delay, *options])]
        self.status_file = os.path.join(tmux.directory, self.name)
        tmux("new-session", "-d", "-s", self.name, "-x", str(width), "-y", str(height),
             "%s; echo $? >%s" % (shlex.join(words), self.status_file))

    def __enter__(self):
        return self

    def __exit__(self, kind, failure, trace):
        if kind is None:
            self.leave()
        self.tmux("kill-session", "-t", self.name)

    def ask(self, what):
        return self.tmux("display-message", "-p", "-t", self.name, "#{%s}" % what).strip()

    def look(self):
        return Screen(self.tmux("capture-pane", "-p", "-t", self.name))

    def styles(self):
        return StyledScreen(self.tmux("capture-pane", "-p", "-e", "-t", self.name))

    def press(self, *keys):
        pressed.update(keys)
        self.tmux("send-keys", "-t", self.name, *keys)

    def type(self, text):
        """To a prompt or a shell: no keys with a meaning."""
        self.tmux("send-keys", "-t", self.name, "-l", text)

    def until(self, what, wanted, look=None):
        """Waits until wanted(screen); what: in words."""
        look = look or self.look
        end = time.monotonic() + PATIENCE
        while True:
            late = time.monotonic() > end
            screen = look()
            if wanted(screen):
                return screen
            assert not late, "not seen: %s, but\n%s" % (what, screen.text)
            time.sleep(0.01)

    def shows(self, *patterns):
        return self.until(" and ".join(patterns), lambda s: all(s.has(p) for p in patterns))

    def hides(self, *patterns):
        """The screen is there, without these."""
        return self.until("without " + ", ".join(patterns), lambda s: s.reading and not any(s.has(p) for p in patterns))

    def has_read(self, nr):
        return self.until("reading %d" % nr, lambda s: s.reading == nr)

    def read_until(self, nr):
        """From the first reading on: Space reads once each."""
        for reading in range(1, nr):
            self.has_read(reading)
            self.press("Space")
        return self.has_read(nr)

    def status(self):
        """Its exit status in letters; nothing while it runs."""
        try:
            with open(self.status_file, encoding="ascii") as file:
                return file.read().strip()
        except FileNotFoundError:
            return ""

    def leave(self):
        """q, and a clean end."""
        if not self.status():
            self.press("q")
        self.until("its end", lambda _: self.status())
        assert self.status() == "0", "ended with status %s:\n%s" % (self.status(), self.look().text)
