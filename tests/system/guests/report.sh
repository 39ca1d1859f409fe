# A guest that says what it got, and goes.
echo "GUEST UP $(uname -r) $(nproc) vcpus $(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo) MiB"
complaint=$(dmesg | grep -E 'BUG:|WARNING: CPU|Oops|soft lockup|rcu.*stall|Bad page|segfault' | head -n 1)
[ -z "$complaint" ] || echo "GUEST WRONG kernel: $complaint"
echo "GUEST DONE"
sleep 1
busybox poweroff -f
