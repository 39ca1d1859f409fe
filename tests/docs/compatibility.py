#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes docs/compatibility.md from the sources' own tables: what of Xen 4.17 is there.

    tests/docs/compatibility.py          print it
    tests/docs/compatibility.py --write  into docs/compatibility.md

Hypercalls are docs/hypercalls.md's. xl's commands are those of its table, compared with XL_COMMANDS; keys of
a configuration are keys.c's, where KEPT means read and not used; messages are request.c's; libraries and how
many of Debian's functions they have are counted in their version scripts and headers.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hypercalls  # noqa: E402

TARGET = "docs/compatibility.md"
# What xl(1) of 4.17 describes.
XL_COMMANDS = """block-attach block-detach block-list button-press cd-eject cd-insert channel-list claims config-update console
cpupool-cpu-add cpupool-cpu-remove cpupool-create cpupool-destroy cpupool-list cpupool-migrate cpupool-numa-split
cpupool-rename create debug-keys destroy devd dmesg domid domname dump-core getenforce info list loadpolicy mem-max mem-set
migrate migrate-receive network-attach network-detach network-list pause pci-assignable-add pci-assignable-list
pci-assignable-remove pci-attach pci-detach pci-list psr-cat-set psr-cat-show psr-cmt-attach psr-cmt-detach psr-cmt-show
psr-hwinfo psr-mba-set psr-mba-show qemu-monitor-command reboot remus rename restore save sched-credit sched-credit2
sched-rtds set-parameters setenforce sharing shutdown sysrq tmem-freeable tmem-list top trigger unpause uptime usb-list
usbctrl-attach usbctrl-detach usbdev-attach usbdev-detach vcpu-list vcpu-pin vcpu-set vkb-attach vkb-detach vkb-list vm-list
vncviewer vsnd-attach vsnd-detach vsnd-list vtpm-attach vtpm-detach vtpm-list colo-proxy""".split()
XL_GONE = {"tmem-freeable", "tmem-list", "colo-proxy", "button-press", "cpupool-numa-split", "usb-list"}

HEAD = """# Compatibility with Xen 4.17

Made from the sources' tables by `tests/docs/compatibility.py --write`; not to be edited. What is compared with
Debian's Xen by a test is told in `docs/testing.md`.

## Hypercalls

Every call and sub-operation that is answered is in `docs/hypercalls.md`; what is not there answers -ENOSYS, or
-EOPNOTSUPP where Xen built without the feature does. `tests/abi/run` compares the numbers and structures of all
public headers with Debian's, whether or not the call is there.
"""


def read(path):
    return hypercalls.read(path)


def xl():
    table = read("dom0-tools/xl/commands.c")
    have = set(re.findall(r'^\t\{ "([a-z0-9-]+)", cmd_', table, re.M))
    lines = ["## xl commands", "", "Yes: " + ", ".join(f"`{c}`" for c in sorted(have)) + ".", ""]
    missing = sorted(c for c in XL_COMMANDS if c not in have and c not in XL_GONE)
    lines += ["No: " + (", ".join(f"`{c}`" for c in missing) or "none") + ".", ""]
    return lines


def keys():
    text = read("dom0-tools/config/keys.c")
    used = re.findall(r'^\t(?:\{ |LATER\(|TEXT\(|NUMBER\(|DEVICES\(|LIST\(|BOOL\()"([a-z0-9_]+)"', text, re.M)
    kept = re.findall(r'^\tKEPT\("([a-z0-9_]+)"', text, re.M)
    screen = re.search(r"keys\[\] = \{(.*?)\};", read("dom0-tools/config/finish.c"), re.S).group(1)
    screen = [k for k in re.findall(r'"(\w+)"', screen) if k in kept]
    spec = read("dom0-tools/config/hvm_spec.c")
    hvm = set(re.findall(r'(?:\{ \.name = |TEXT\(|BOOL\(|read_list\(syntax, |syntax_find\(syntax, )"([a-z0-9_]+)"', spec))
    refused = set(re.findall(r'^\t\{ "([a-z0-9_]+)", "', spec, re.M))
    hvm = [k for k in kept if (k in hvm or k + "(" in spec) and k not in screen]
    refused = [k for k in kept if k in refused]
    kept = [k for k in kept if k not in screen and k not in hvm and k not in refused]
    return ["## Keys of a domain's configuration (xl.cfg)", "",
            "Yes: " + ", ".join(f"`{k}`" for k in used) + ".", "",
            "For PV guests, as the keys of their screen: " + ", ".join(f"`{k}`" for k in screen) + ".", "",
            "For HVM guests (what of a key is refused there, xl.cfg(5) says): " + ", ".join(f"`{k}`" for k in hvm) + ".", "",
            "No, with the reason said: " + ", ".join(f"`{k}`" for k in refused) + ".", "",
            "Partly (read, checked for their kind of value, and kept without effect): "
            + ", ".join(f"`{k}`" for k in kept) + ".", "",
            "Any other key: no.", ""]


def store():
    wire = read("hypervisor/include/public/io/xs_wire.h")
    have = set(re.findall(r"^\t\[(XS_\w+)\] = \{", read("xenstore/daemon/core/request.c"), re.M))
    enum = re.search(r"enum xsd_sockmsg_type\s*\{(.*?)\};", wire, re.S)
    names = re.findall(r"\bXS_[A-Z_]+\b", enum.group(1)) if enum else sorted(have)
    skip = {"XS_WATCH_EVENT", "XS_ERROR", "XS_TYPE_COUNT", "XS_INVALID"}
    names = [n for n in dict.fromkeys(names) if n not in skip]
    yes = [n for n in names if n in have]
    no = [n for n in names if n not in have]
    return ["## xenstore messages", "", "Yes: " + ", ".join(f"`{n}`" for n in yes) + ".", "",
            "No: " + (", ".join(f"`{n}`" for n in no) or "none") + ".", ""]


def libraries():
    lines = ["## Libraries", "", "| library | functions | version nodes |", "|---|---|---|"]
    folders = {"xencall": "call", "xenctrl": "ctrl", "xendevicemodel": "devicemodel", "xenevtchn": "evtchn",
               "xenforeignmemory": "foreignmemory", "xengnttab": "gnttab", "xenguest": "guest",
               "xentoolcore": "toolcore", "xentoollog": "toollog"}
    for name, folder in sorted(folders.items()):
        script = re.sub(r"/\*.*?\*/", "", read(f"dom0-tools/lib/{folder}/{name}.map"), flags=re.S)
        nodes = re.findall(r"^\s*([A-Za-z_][\w.]*)\s*\{", script, re.M)
        symbols = re.findall(r"^\s*([a-z_]\w*);", script, re.M)
        lines.append(f"| lib{name} | {len(symbols) or 'all declared'} | {', '.join(nodes) or '-'} |")
    lines += ["", "`tests/abi/libraries` compares prototypes, structures, SONAMEs and symbol versions with Debian's and counts",
              "what only Debian's have. libxenguest is compatible in source only; libxenlight and libxlutil are not there:",
              "programs that link them (libvirt's driver) do not run.", ""]
    return lines


def page():
    return "\n".join([HEAD, *xl(), *keys(), *store(), *libraries()]).rstrip() + "\n"


def main():
    if "--write" in sys.argv[1:]:
        with open(os.path.join(hypercalls.TOP, TARGET), "w", encoding="utf-8") as f:
            f.write(page())
    else:
        print(page(), end="")


if __name__ == "__main__":
    main()
