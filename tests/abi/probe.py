# SPDX-License-Identifier: MIT
"""What a header defines, found out with gcc.

Macros are collected from the preprocessor's -dD output, whose line markers tell in which file
each was defined, so that a header answers only for its own. Then one object file is made that
holds the value and C type of every macro that is an integer constant expression, plus debug
information for all types (see layout.py). Which macros are such expressions is found by trying:
lines the compiler complains about are dropped and the rest is compiled again.
"""
import hashlib
import os
import re
import subprocess
import tempfile

import layout

PRELUDE = "#include <stdint.h>\n#include <stddef.h>\n"
# Files that are fragments of another and need it first, on either side.
FIRST = {"arch-x86/xen-x86_64.h": "xen.h", "arch-x86/xen-x86_32.h": "xen.h",
         "arch-x86/xen-mca.h": "xen.h", "arch-x86/hvm/save.h": "hvm/save.h"}
TYPES = ("int", "unsigned int", "long", "unsigned long", "long long", "unsigned long long")
# Arguments to try function-like macros with; a result that is constant is compared.
ARGUMENTS = ((3, 5, 2, 7, 1, 4, 6, 8, 9, 10, 11), (0x1234, 0x89, 0x11, 3, 2, 1, 9, 8, 7, 6, 5))


class Side:
    def __init__(self, name, root, folder):
        self.name = name
        self.root = root
        self.folder = folder

    def search(self):
        """Compiler options to find it; the reference is where the compiler looks anyway."""
        return ["-I", os.path.join(self.folder, "stub") if self.name == "reference" else self.root]

    def path(self, header):
        return os.path.join(self.root, "xen", header)


class Macro:
    """params: None if object-like; body: replacement text; value: comparable meaning."""

    def __init__(self, params, body):
        self.params = params
        self.body = body
        self.value = None

    def value_number(self):
        return self.value[0] if isinstance(self.value, tuple) and self.params is None else None

    def textual(self):
        """Meaning of an object-like macro that is no integer: a string, or a name or path."""
        if re.fullmatch(r'"[^"]*"', self.body) or re.fullmatch(r"[\w.]+( [\w.]+)*", self.body):
            return self.body
        return "empty" if not self.body else "other"


class Contents:
    """macros, constants, types: of the header itself; visible, all_*: with its includes."""

    def __init__(self):
        self.visible = {}
        self.macros = {}
        self.leaks = []
        self.digest = ""
        self.constants = self.all_constants = {}
        self.types = self.all_types = {}


def source(header, prelude):
    # The headers about Linux's devices leave it to their user to include what they need.
    if prelude and header.startswith("sys/"):
        prelude = PRELUDE + "#include <linux/ioctl.h>\n#include <xen/xen.h>\n"
    elif prelude:
        prelude = PRELUDE
    first = f"#include <xen/{FIRST[header]}>\n" if header in FIRST else ""
    return (prelude or "") + first + f"#include <xen/{header}>\n"


def gcc(side, flags, text, output=None):
    lang = [] if any(f.startswith("-x") for f in flags) else ["-xc"]
    command = ["gcc", "-w"] + side.search() + lang + flags + ["-o", output or "/dev/null", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def compile_errors(side, header, flags, prelude=True):
    """The first error of compiling the header, or an empty string."""
    warn = [f for f in flags if f.startswith("-W")]
    command = [f for f in flags if f not in warn]
    lang = [] if any(f.startswith("-x") for f in command) else ["-xc"]
    full = (["gcc"] + (warn or ["-w"]) + side.search() + lang + command +
            ["-c", "-o", "/dev/null", "-"])
    run = subprocess.run(full, input=source(header, prelude), capture_output=True, text=True,
                         check=False)
    if run.returncode == 0:
        return ""
    lines = [l for l in run.stderr.splitlines() if "error" in l.lower() or "Error" in l]
    return (lines or run.stderr.splitlines() or ["?"])[0].replace(side.folder + "/include/", "")


def compiles(side, header, flags, prelude):
    return gcc(side, flags + ["-c"], source(header, prelude)).returncode == 0


MARKER = re.compile(r'# \d+ "([^"]*)"')
DEFINE = re.compile(r"#define (\w+)(\(([^)]*)\))?(?: (.*))?$")


def macros_of(side, header, flags, prelude=True):
    """Preprocesses; None if that fails."""
    run = gcc(side, flags + ["-E", "-dD"], source(header, prelude), "-")
    if run.returncode:
        return None
    result, own, where, digest = Contents(), {}, "", hashlib.sha1()
    target = os.path.realpath(side.path(header))
    for line in run.stdout.splitlines():
        if marker := MARKER.match(line):
            where = os.path.realpath(os.path.join(side.root, marker.group(1)))
            if side.name == "ours" and where.startswith("/usr/include/xen/"):
                result.leaks.append(where)
            continue
        mine = where == target
        if mine and line.strip():
            digest.update(line.encode())
        if define := DEFINE.match(line):
            name, has_params, params, body = define.groups()
            plist = [p.strip() for p in params.split(",") if p.strip()] if has_params else None
            macro = Macro(plist, re.sub(r"\s+", " ", body or "").strip())
            result.visible[name] = macro
            own[name] = mine
        elif line.startswith("#undef "):
            result.visible.pop(line.split()[1], None)
    result.macros = {n: m for n, m in result.visible.items() if own[n]}
    result.digest = digest.hexdigest()
    return result


def expressions(macros):
    """(name, index, C expression) for everything that may turn out to be an integer constant."""
    found = []
    for name, macro in macros.items():
        if macro.params is None:
            if macro.body and not macro.body.startswith('"'):
                found.append((name, 0, f"({name})"))
        elif macro.params and "..." not in macro.params[-1]:
            for i, values in enumerate(ARGUMENTS):
                args = ", ".join(str(v) for v in values[:len(macro.params)])
                found.append((name, i, f"({name}({args}))"))
    return found


def probe_text(header, items):
    """One line per item, so that an error's line number names the item."""
    chosen = "".join(f", {t}: {i + 1}" for i, t in enumerate(TYPES))
    lines = ['# 1 "items"']
    for n, (_, _, expr) in enumerate(items):
        lines.append(f"enum {{ item_{n} = {expr} }};")
    lines.append('# 1 "values"')
    lines.append("const struct { long long v, t; } probe_values[] = {")
    for n, (_, _, expr) in enumerate(items):
        lines.append(f"{{ (long long)({expr}), _Generic({expr}, default: 0{chosen}) }},")
    lines.append("{ 0, 0 } };")
    return source(header, True) + "\n".join(lines) + "\n"


def evaluate(side, header, flags, contents, macros):
    """Fills in macro values, constants and types. False if the header does not compile."""
    options = flags + ["-c", "-g", "-gdwarf-4", "-fno-eliminate-unused-debug-types",
                       "-fkeep-inline-functions", "-fmax-errors=0"]
    items = expressions(macros)
    handle, output = tempfile.mkstemp(suffix=".o", dir=side.folder)
    os.close(handle)
    try:
        for _ in range(12):
            run = gcc(side, options, probe_text(header, items), output)
            if run.returncode == 0:
                break
            bad = {int(n) - 1 for n in re.findall(r"^items:(\d+):", run.stderr, re.M)}
            bad |= {int(n) - 2 for n in re.findall(r"^values:(\d+):", run.stderr, re.M)}
            if not bad:
                return False
            items = [item for n, item in enumerate(items) if n not in bad]
        else:
            return False
        store(side, header, contents, macros, items, output)
    finally:
        os.unlink(output)
    return True


def store(side, header, contents, macros, items, output):
    values, debug = layout.read(output, os.path.realpath(side.path(header)), side.root)
    contents.constants, contents.all_constants, contents.types, contents.all_types = debug
    hide_probe(contents)
    for macro in macros.values():
        macro.value = macro.textual() if macro.params is None else ()
    for (name, _, _), value in zip(items, values):
        macro = macros[name]
        if macro.params is None:
            macro.value = (value[0], ((None,) + TYPES)[value[1]])
        else:
            macro.value += (value[0],)


def hide_probe(contents):
    for table in (contents.constants, contents.all_constants):
        for name in [n for n in table if n.startswith("item_")]:
            del table[name]
