# SPDX-License-Identifier: MIT
# What `make run` does without a terminal: Debian's tools in Dom0 look at the hypervisor under them.
check xenstored start_xenstored
check xen-init-dom0 /usr/lib/xen-4.17/bin/xen-init-dom0
xl info
check xl-info xl info
check xl-list xl list
xl list
