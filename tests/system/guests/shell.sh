# A guest that says who it is, then does what it is told on its console: one command per line.
# The kernel runs these when the toolstack asks for an end; there is no init to tell.
for how in reboot poweroff; do
	rm -f /usr/sbin/$how
	printf '#!/bin/sh\nexec busybox %s -f\n' $how > /usr/sbin/$how
	chmod 755 /usr/sbin/$how
done
echo "GUEST UP $(nproc) vcpus, $(awk '/MemTotal/ { print $2 }' /proc/meminfo) KiB"
stty -echo 2>/dev/null
while read -r line; do
	eval "$line"
	echo "GUEST DID $? $line"
done
