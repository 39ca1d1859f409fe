# SPDX-License-Identifier: MIT
"""Builds parts of the hypervisor as host programs, for unit tests and fuzz targets.

A program is one C file whose head names what it links, each on one line:

    // sources: hypervisor/lib/heap.c hypervisor/arch/x86/emul/*.c
    // cflags: -DSOMETHING
    // libs: -llzma
    // as: test_other.c         (all that file's head says, too)

Objects are shared between programs with equal flags and rebuilt when a file they include changed.
"""
import glob
import hashlib
import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INCLUDES = ["-Ihypervisor/include", "-Ihypervisor/arch/x86/include", "-Itests/unit"]
WARNINGS = ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-sign-compare", "-Wno-missing-field-initializers"]


class BuildError(Exception):
    """A compiler's or linker's own words."""


def header_line(path, key):
    """The words behind '// key:' among the first lines of a C file."""
    with open(path, encoding="utf-8") as f:
        head = [next(f, "") for _ in range(8)]
    words = []
    for line in head:
        like = re.match(r"//\s*as:\s*(\S+)", line)
        if like:
            words += header_line(os.path.join(os.path.dirname(path), like.group(1)), key)
        match = re.match(rf"//\s*{key}:(.*)", line)
        if match:
            words += match.group(1).split()
    return words


def sources_of(path):
    found = []
    for pattern in header_line(path, "sources"):
        files = sorted(glob.glob(os.path.join(TOP, pattern)))
        if not files:
            raise BuildError(f"{os.path.relpath(path, TOP)}: no file matches '{pattern}'")
        found += files
    return list(dict.fromkeys(found))


def run_tool(command):
    done = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace")
    if done.returncode:
        raise BuildError(" ".join(command) + "\n" + done.stdout)


def is_fresh(target, depfile):
    if not (os.path.exists(target) and os.path.exists(depfile)):
        return False
    with open(depfile, encoding="utf-8") as f:
        deps = f.read().replace("\\\n", " ").split(":", 1)[1].split()
    made = os.path.getmtime(target)
    return all(os.path.exists(p) and os.path.getmtime(p) <= made
               for p in (os.path.join(TOP, d) for d in deps))


class Builder:
    """One kind of build: a compiler with its flags, and a directory under build/."""

    def __init__(self, kind, compiler, flags):
        self.dir = os.path.join(TOP, os.environ.get("BUILD", "build"), kind)
        # -g1: lines for backtraces; more takes a quarter of the compiler's time.
        self.compiler = [compiler, "-std=gnu11", "-g1", "-D__XEN__", "-DHOST_BUILD", "-fno-strict-aliasing", "-fwrapv",
                         "-fno-omit-frame-pointer", *flags]

    def object_path(self, source, cflags):
        tag = hashlib.sha1(" ".join(self.compiler + cflags).encode()).hexdigest()[:8]
        name = os.path.relpath(source, TOP).replace("/", "_")
        return os.path.join(self.dir, "obj", f"{name}.{tag}.o")

    def plan(self, program):
        """[(source, object, cflags)] of a program."""
        cflags = header_line(program, "cflags")
        return [(s, self.object_path(s, cflags), cflags) for s in [program, *sources_of(program)]]

    def compile(self, source, obj, cflags):
        depfile = obj[:-2] + ".d"
        if is_fresh(obj, depfile):
            return
        os.makedirs(os.path.dirname(obj), exist_ok=True)
        part = f"{obj}.{os.getpid()}.part"  # an interrupted build leaves no half object
        run_tool([*self.compiler, *WARNINGS, *INCLUDES, *cflags, "-MMD", "-MF", depfile, "-c",
                  os.path.relpath(source, TOP), "-o", part])
        os.replace(part, obj)

    def link(self, program, libs):
        objects = [obj for _, obj, _ in self.plan(program)]
        binary = os.path.join(self.dir, os.path.splitext(os.path.basename(program))[0])
        if os.path.exists(binary) and all(os.path.getmtime(o) <= os.path.getmtime(binary) for o in objects):
            return binary
        run_tool([*self.compiler, "-o", binary, *objects, *libs, *header_line(program, "libs")])
        return binary


def build_all(builder, programs, libs, pool):
    """Builds all programs in a thread pool: {program: path of the binary, or BuildError}."""
    plans, result = {}, {}
    for program in programs:
        try:
            plans[program] = builder.plan(program)
        except BuildError as error:
            result[program] = error
    wanted = {obj: (source, cflags) for plan in plans.values() for source, obj, cflags in plan}
    jobs = {obj: pool.submit(builder.compile, source, obj, cflags) for obj, (source, cflags) in wanted.items()}
    broken = {obj: job.exception() for obj, job in jobs.items() if job.exception()}

    def link(program):
        for _, obj, _ in plans[program]:
            if obj in broken:
                raise broken[obj]
        return builder.link(program, libs)

    links = {program: pool.submit(link, program) for program in plans}
    for program, job in links.items():
        result[program] = job.exception() or job.result()
    return result
