# SPDX-License-Identifier: MIT
# Dom0's part of tests/vtx/run: a tiny PVH guest on VT-x leaves guest mode for every reason, and dies.
start_dom0 serai serai
gone() # NAME
{
	tries=600
	while xl domid "$1" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 100000
	done
}
said() { xl dmesg | grep -qF "RIGHT $1"; }

check vt-x sh -c 'xl dmesg | grep -q "Hardware virtualization: VT-x"'
for end in power triple hole page; do
	xl dmesg -c >/dev/null
	last=started
	[ $end != power ] || last=ended
	cat > /tmp/tiny.cfg <<X
name = "tiny"
type = "pvh"
kernel = "/guest/pvh-exits"
memory = 16
cmdline = "$end"
on_crash = "destroy"
on_reboot = "destroy"
X
	check create-$end xl create -q /tmp/tiny.cfg
	check gone-$end gone tiny
	check said-$end said $last
	same nothing-wrong-$end "" "$(xl dmesg | sed -n 's/^(XEN) (d[0-9]*) WRONG //p' | head -n 5)"
done
