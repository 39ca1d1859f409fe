#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes docs/hypercalls.md from the sources: the hypercall table and the tables of sub-operations.

    tests/docs/hypercalls.py          print it
    tests/docs/hypercalls.py --write  into docs/hypercalls.md

Sub-operations are found where do_<call>() is: rows `[PREFIX_x] = …` and `OP(x, …)` of the tables in that
file, and `case PREFIX_x:` or `== PREFIX_x` in the function itself. Their numbers are the public headers'.
"""
import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLE = "hypervisor/include/hv/hypercall_table.h"
TARGET = "docs/hypercalls.md"

# call: (prefix of its sub-operations, the public header that numbers them)
GROUPS = {
    "callback_op": ("CALLBACKOP_", "callback.h"),
    "console_io": ("CONSOLEIO_", "xen.h"),
    "domctl": ("XEN_DOMCTL_", "domctl.h"),
    "event_channel_op": ("EVTCHNOP_", "event_channel.h"),
    "grant_table_op": ("GNTTABOP_", "grant_table.h"),
    "hvm_op": ("HVMOP_", "hvm/hvm_op.h"),
    "mca": ("XEN_MC_", "arch-x86/xen-mca.h"),
    "memory_op": ("XENMEM_", "memory.h"),
    "mmuext_op": ("MMUEXT_", "xen.h"),
    "nmi_op": ("XENNMI_", "nmi.h"),
    "physdev_op": ("PHYSDEVOP_", "physdev.h"),
    "platform_op": ("XENPF_", "platform.h"),
    "sched_op": ("SCHEDOP_", "sched.h"),
    "sysctl": ("XEN_SYSCTL_", "sysctl.h"),
    "vcpu_op": ("VCPUOP_", "vcpu.h"),
    "vm_assist": ("VMASST_CMD_", "xen.h"),
    "xen_version": ("XENVER_", "version.h"),
}
WHO = {"PRIV": "control domain", "PV": "PV guests", "HVM": "HVM guests", "ANY": "every guest"}

HEAD = """# Hypercalls

Made from `{table}` and the tables of sub-operations, by
`tests/docs/hypercalls.py --write`; not to be edited. What is not listed answers -ENOSYS. A call of the
control domain's answers others -EPERM, one of PV guests' others -ENOSYS.

What Xen has not is in `hypervisor/include/public/serai.h`: `XEN_DOMCTL_serai_usage`, the run states' times and the hypercalls
of a domain.
"""


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def calls():
    """[(number, name, argument count, who, purpose)]"""
    rows = re.findall(r'X\((\d+), (\w+), (\d), (\w+),\s*"([^"]*)"\)', read(TABLE))
    return [(int(nr), name, int(args), who, purpose) for nr, name, args, who, purpose in rows]


def homes():
    """call -> path of the file with do_<call>()"""
    found = {}
    for path in sorted(glob.glob(os.path.join(TOP, "hypervisor/**/*.c"), recursive=True)):
        rel = os.path.relpath(path, TOP)
        for name in re.findall(r"^long do_(\w+)\(", read(rel), re.M):
            found.setdefault(name, rel)
    return found


def numbers(header, prefix):
    text = read("hypervisor/include/public/" + header)
    return {name: int(nr, 0)
            for name, nr in re.findall(rf"^#\s*define\s+({prefix}\w+)\s+\(?(\w+?)U?\)?(?:\s|$)", text, re.M)
            if re.fullmatch(r"0x[0-9a-fA-F]+|\d+", nr)}


def refusals(text):
    """function -> errno, of the handlers that do nothing but refuse"""
    return dict(re.findall(r"^static \w+ (\w+)\([^)]*\)\n\{\n\treturn (?:trace_err\()?-(E\w+)\)?;\n\}",
                           text, re.M))


def body(text, name):
    match = re.search(rf"^long do_{name}\(.*?^}}", text, re.M | re.S)
    return match.group(0) if match else ""


def sub_operations(name, home):
    """[(number, name, answer or "")]"""
    prefix, header = GROUPS[name]
    text = read(home)
    refused = refusals(text)
    found = {op: refused.get(fn, "")
             for op, fn in re.findall(rf"\[({prefix}\w+)\] = \{{?\s*(?:\.\w+ = )?(\w+)", text)}
    if "[" + prefix + "##" in text:
        for op in re.findall(r"(?<!define )\bOP\((\w+), \w+\)", text):
            found.setdefault(prefix + op, refused.get("op_" + op, ""))
    for op in re.findall(rf"(?:case|[!=]=) ({prefix}\w+)", body(text, name)):
        found.setdefault(op, "")
    number = numbers(header, prefix)
    unknown = [op for op in found if op not in number]
    if unknown:
        sys.exit(f"{home}: {', '.join(unknown)}: no number in public/{header}")
    return sorted((number[op], op, f"-{answer}" if answer else "") for op, answer in found.items())


def refused_call(name, home):
    match = re.search(rf"^long do_{name}\([^)]*\)\n{{\n\treturn (?:trace_err\()?-(E\w+)\)?;\n}}", read(home), re.M)
    return f" (answers -{match.group(1)})" if match else ""


def page():
    where, lines = homes(), [HEAD.format(table=TABLE)]
    lines += ["| no. | call | arguments | who | purpose |", "|---|---|---|---|---|"]
    table = calls()
    for nr, name, args, who, purpose in table:
        if name not in where:
            sys.exit(f"{TABLE}: {name} is in the table, but there is no do_{name}()")
        note = refused_call(name, where[name])
        lines.append(f"| {nr} | `{name}` | {args} | {WHO[who]} | {purpose}{note} |")
    for _, name, _, _, _ in table:
        if name not in GROUPS:
            continue
        rows = sub_operations(name, where[name])
        if not rows:
            continue
        lines += ["", f"## {name}", "", f"In `{where[name]}`; numbers from `public/{GROUPS[name][1]}`.", "",
                  "| no. | sub-operation | |", "|---|---|---|"]
        lines += [f"| {nr} | `{op}` | {'answers ' + answer if answer else ''} |" for nr, op, answer in rows]
    return "\n".join(lines) + "\n"


def main():
    text = page()
    if "--write" not in sys.argv[1:]:
        print(text, end="")
        return
    with open(os.path.join(TOP, TARGET), "w", encoding="utf-8") as f:
        f.write(text)


if __name__ == "__main__":
    main()
