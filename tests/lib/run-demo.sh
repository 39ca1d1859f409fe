# SPDX-License-Identifier: MIT
# What `make run` does without a terminal: Serai's daemons and tools in Dom0 start a guest and talk to it.
start_dom0 serai serai
xl info
check xl-info xl info
cat > /tmp/guest.cfg <<X
name = "guest"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/shell"
memory = 192
vcpus = 1
cmdline = "console=hvc0"
X
check xl-create xl create /tmp/guest.cfg
log=/var/log/xen/console/guest-guest.log
says() { tries=300; until grep -qF "$1" $log; do tries=$((tries - 1)); [ $tries -gt 0 ] || return 1; usleep 200000; done; }
check guest-up says "GUEST UP 1 vcpus"
xl list
xl vcpu-list
tail -n 3 $log
check shutdown xl shutdown -w guest
xl list
