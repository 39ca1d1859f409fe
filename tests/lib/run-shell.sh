# SPDX-License-Identifier: MIT
# What `make run` does with a terminal: Serai's daemons and tools in Dom0, a running guest, and a shell.
# Leaving the shell powers the machine off.
start_dom0 serai serai >/dev/null
dmesg -n 1
mkdir -p /etc/xen
cat > /etc/xen/guest.cfg <<X
# A stock Debian cloud kernel with a root of its own in an initramfs.
name = "guest"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/shell"
memory = 192
vcpus = 1
cmdline = "console=hvc0"
X
echo
echo "Dom0 on Serai. Starting a guest from /etc/xen/guest.cfg:"
xl create --timings /etc/xen/guest.cfg
xl list
cat <<X

Type next:  xl console guest      its console; leave it with ^]
            xl list, xl info, xl dmesg, xl vcpu-list, xl help
            xl shutdown -w guest  and again: xl create -c /etc/xen/guest.cfg
'exit' powers off. CTRL-a three times reaches the hypervisor's debug keys ('h' for help), and back.
X
setsid -c sh -i </dev/hvc0 >/dev/hvc0 2>&1
pass shell
