# SPDX-License-Identifier: MIT
# What `make run` does with a terminal: Debian's xenstored and tools in Dom0, and a shell. Leaving the shell
# powers the machine off.
start_xenstored
/usr/lib/xen-4.17/bin/xen-init-dom0 >/dev/null 2>&1
dmesg -n 1
echo
echo "Dom0 on Serai. Try: xl info, xl list, xl dmesg, xl vcpu-list, xentop. 'exit' powers off."
echo "CTRL-a three times switches the console to the hypervisor's debug keys ('h' for help) and back."
setsid -c sh -i </dev/hvc0 >/dev/hvc0 2>&1
pass shell
