# A guest that says who it is, then does what it is told on its console: one command per line.
echo "GUEST UP $(nproc) vcpus, $(awk '/MemTotal/ { print $2 }' /proc/meminfo) KiB"
stty -echo 2>/dev/null
while read -r line; do
	eval "$line"
	echo "GUEST DID $? $line"
done
