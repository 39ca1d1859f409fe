# SPDX-License-Identifier: MIT
# Run the measurements and print them; alone on the machine, so that only the timer comes between.
kind=
[ "$bed_hypervisor" = native ] || kind=xen
check measured sh -c "ops $kind >/tmp/bench"
cat /tmp/bench
