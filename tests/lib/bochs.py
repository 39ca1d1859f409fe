# SPDX-License-Identifier: MIT
"""Boot a machine in Debian's Bochs, which emulates an Intel CPU with VT-x and EPT, as QEMU without KVM does not.

It is some twenty times slower than QEMU. The machine starts from a GRUB image (mkiso), its serial port is read through a
named pipe, and bed.py watches and judges. Time in the machine is counted in instructions.
"""
import os
import shutil
import subprocess
import tempfile

import bed
import bedpaths
import rootfs

CONFIG = """
plugin_ctrl: unmapped=1, biosdev=0, speaker=0, extfpuirq=1, parallel=0, serial=1, iodebug=0, gameport=0
display_library: rfb, options="timeout=0"
cpu: model=corei7_skylake_x, count={smp}, ips=50000000, reset_on_triple_fault=0
memory: guest={mem}, host={mem}
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
pci: enabled=1, chipset=i440fx
clock: sync=none
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path={image}, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev={serial}
log: {log}.bochs
panic: action=fatal
error: action=ignore
info: action=ignore
debug: action=ignore
"""


def missing():
    """Why Bochs cannot be used, or None."""
    return None if shutil.which("bochs") else "bochs is not installed: run tests/lib/install-deps"


def last_words(log):
    """What Bochs says of itself goes to a log of its own."""
    try:
        with open(log + ".bochs", errors="replace") as file:
            lines = file.read().strip().splitlines()
    except FileNotFoundError:
        lines = []
    return lines[-1] if lines else "it said nothing"


def make_image(out, kernel, root, options, dom0_args):
    environment = dict(os.environ, HV_ARGS=options, DOM0_ARGS=dom0_args)
    subprocess.run([os.path.join(rootfs.LIB, "mkiso"), out, kernel, root],
                   check=True, stdout=subprocess.DEVNULL, env=environment)


def run(root, kernel=None, options="dom0_mem=320M", dom0_args="", smp=1, mem=448, timeout=600, log=None, live=False):
    """Boot Serai with a root as Dom0's (a stock kernel, or another); returns bed's Result."""
    machine = bed.Machine(kernel=kernel, dom0_mem=mem, mem=mem, smp=smp, timeout=timeout, log=log)
    result = bed.Result()
    with tempfile.TemporaryDirectory(prefix="serai-bochs-") as scratch, open(machine.log, "wb") as out:
        image, serial, config = (os.path.join(scratch, name) for name in ("iso", "serial", "bochsrc"))
        make_image(image, machine.kernel, root, options, dom0_args)
        os.mkfifo(serial)
        with open(config, "w") as text:
            text.write(CONFIG.format(smp=smp, mem=mem, image=image, serial=serial, log=machine.log))
        reader = os.fdopen(os.open(serial, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0)
        with open(machine.log + ".out", "wb") as noise:
            bochs = subprocess.Popen(["bochs", "-q", "-f", config], stdin=subprocess.PIPE, stdout=noise,
                                     stderr=subprocess.STDOUT, preexec_fn=bed.parent_death_signal, process_group=0)
        try:
            bochs.stdin.write(b"c\n")  # Debian's is the one with the debugger
            bochs.stdin.flush()
            while bochs.poll() is None and not bed.select.select([reader], [], [], 1)[0]:
                pass
            if bochs.poll() is None:
                bed.watch(bed.Console(reader, out, live), machine, result, bochs.pid)
            else:  # without a word: a pipe that nobody has opened to write has no end either
                result.ended, result.why = "exit", "Bochs left before it began: " + last_words(machine.log)
        finally:
            bochs.kill()
            bochs.wait()
            bochs.stdin.close()
            reader.close()
    bed.judge(result, machine)
    return result
