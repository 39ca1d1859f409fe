# A guest that works hard by itself, checks what it did, and says so.
echo "GUEST UP $(nproc) vcpus"
seconds=$(sed -n 's/.*seconds=\([0-9]*\).*/\1/p' /proc/cmdline)
run() { stress "$@" >/tmp/"$1" 2>&1 || echo "GUEST WRONG $*: $(tail -n 1 /tmp/"$1")"; }
run threads 4 "$seconds" &
run signals 2 "$seconds" &
run maps 2 "$seconds" &
run float 2 "$seconds" &
run forkexec 2 200
wait
complaint=$(dmesg | grep -E 'BUG:|WARNING: CPU|Oops|soft lockup|rcu.*stall|Bad page|segfault' | head -n 1)
[ -z "$complaint" ] || echo "GUEST WRONG kernel: $complaint"
echo "GUEST DONE"
sleep 1
busybox poweroff -f
