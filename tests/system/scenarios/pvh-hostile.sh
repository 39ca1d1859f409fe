# SPDX-License-Identifier: MIT
#@ about: a tiny PVH guest, by Debian's tools, that leaves guest mode for every reason and dies in five ways: only it is hurt
#@ with: xen-tools
#@ guest: pvh-exits
#@ timeout: 150
#@ mem: 1024
#@ run svm: smp=2 dom0-mem=512 options=guest_loglvl=all
#@ quick: svm

start_dom0 debian debian
gone() # NAME
{
	tries=150
	while xl domid "$1" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 200000
	done
}
said() { xl dmesg | grep -qF "RIGHT $1"; }

for end in power triple hole page state; do
	xl dmesg -c >/dev/null
	last=started
	[ $end != power ] || last=ended
	cat > /tmp/tiny.cfg <<X
name = "tiny"
type = "pvh"
kernel = "/guest/pvh-exits"
memory = 16
vcpus = 2
cmdline = "$end"
on_crash = "destroy"
on_reboot = "destroy"
X
	check create-$end xl create -q /tmp/tiny.cfg
	check gone-$end gone tiny
	check said-$end said $last
	same nothing-wrong-$end "" "$(xl dmesg | sed -n 's/^(XEN) (d[0-9]*) WRONG //p' | head -n 5)"
	[ $end != triple ] || free_before=$(free_mib)
done
memory_back "$free_before"
page_type_audit
