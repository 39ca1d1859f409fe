# SPDX-License-Identifier: MIT
#@ about: 16 MiB through an emulated network card in each direction, checksummed
#@ modules: e1000e
#@ host: peer
#@ timeout: 90
#@ mem: 512
#@ run e1000e-msix: smp=2 nic=e1000e
#@ run e1000e-intx: smp=1 nic=e1000e dom0-args=pci=nomsi
#@ quick: e1000e-msix

modules e1000e
for try in $(seq 50); do [ -d /sys/class/net/eth0 ] && break; usleep 100000; done
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
for try in $(seq 100); do [ "$(cat /sys/class/net/eth0/carrier 2>/dev/null)" = 1 ] && break; usleep 100000; done
check ping ping -c 3 -W 2 10.0.2.2
before=$(irqs eth0)

# The peer answers "GET bytes" with the checksum on a line and the data.
echo "GET 16777216" | nc 10.0.2.2 "$bed_port" >/tmp/got
same receive "$(head -n 1 /tmp/got)" "$(tail -c 16777216 /tmp/got | sha256sum | cut -d ' ' -f 1)"
# … and "PUT bytes" with the checksum of what arrived.
head -c 16777216 /tmp/got >/tmp/put
answer=$({ echo "PUT 16777216"; cat /tmp/put; sleep 1; } | nc 10.0.2.2 "$bed_port")
same send "$(sha256sum </tmp/put | cut -d ' ' -f 1)" "$answer"

after=$(irqs eth0)
if [ $((after - before)) -ge 100 ]; then
	pass interrupts
else
	fail interrupts "$((after - before)): $(grep eth0 /proc/interrupts)"
fi
same no-net-error "" "$(dmesg | grep -E 'Tx Unit Hang|NETDEV WATCHDOG|transmit timed out' | head -n 3)"
no_kernel_complaint
