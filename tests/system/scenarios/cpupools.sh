# SPDX-License-Identifier: MIT
#@ about: CPU pools with Debian's xl: what it prints beside what it prints on Xen; a guest moves from pool to pool
#@ with: xen-tools
#@ guest: cloud:shell
#@ timeout: 180
#@ mem: 1536
#@ compare: xen
#@ run xl: smp=3 dom0-mem=640

mkdir -p /var/log/xen/console
check xenstored start_xenstored
check xen-init-dom0 /usr/lib/xen-4.17/bin/xen-init-dom0
check xenconsoled xenconsoled --log=guest --pid-file=/run/xenconsoled.pid
cat > /tmp/g1.cfg <<X
name = "g1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/shell"
memory = 192
vcpus = 1
cmdline = "console=hvc0 cryptomgr.notests"
X
log=/var/log/xen/console/guest-g1.log
pool_of() { xl cpupool-list | awk -v want="$1" '$1 == want { print $5 }'; }
cpu_of() { xl vcpu-list g1 | awk 'NR == 2 { print $4 }'; }
affinity() { xl vcpu-list 0 | awk '{ print $3, $7, $8, $9 }'; }

show list xl cpupool-list
show list-cpus xl cpupool-list -c
show sched-info sh -c 'xl info | grep xen_scheduler'

show create-without-cpu xl cpupool-create 'name="second"' 'sched="credit2"'
show remove-unknown-cpu xl cpupool-cpu-remove Pool-0 7
show pin xl vcpu-pin 0 2 2
show remove-pinned xl cpupool-cpu-remove Pool-0 2
show affinity-lost affinity
show remove-again xl cpupool-cpu-remove Pool-0 2
show create-again xl cpupool-create 'name="second"' 'sched="credit2"'
show create-unknown-scheduler xl cpupool-create 'name="third"' 'sched="none"'
show remove-another xl cpupool-cpu-remove Pool-0 1
show create-with-cpu xl cpupool-create 'name="third"' 'cpus=["1"]'
show two-more xl cpupool-list
show two-more-cpus xl cpupool-list -c
show remove-last xl cpupool-cpu-remove Pool-0 0
show add-taken xl cpupool-cpu-add Pool-0 1
show add-unknown xl cpupool-cpu-add Pool-0 7
show pin-outside xl vcpu-pin 0 0 1
show migrate-dom0 xl cpupool-migrate Domain-0 second
show migrate-nobody xl cpupool-migrate nobody second
show migrate-nowhere xl cpupool-migrate Domain-0 nowhere
show weights xl sched-credit2
show weights-of-pool xl sched-credit2 -p second
show ratelimit xl sched-credit2 -s -p second -r 2000
show ratelimit-bad xl sched-credit2 -s -p second -r 50

echo 'pool = "second"' >> /tmp/g1.cfg
show create-guest-without-cpu xl create -p /tmp/g1.cfg
show add xl cpupool-cpu-add second 2
check create-guest xl create /tmp/g1.cfg
check guest-up says "GUEST UP 1 vcpus"
show guest-counted xl cpupool-list
same guest-on-cpu-2 2 "$(cpu_of)"
show weight-of-guest xl sched-credit2 -d g1 -w 512
show weight-seen xl sched-credit2 -d g1
show remove-used xl cpupool-cpu-remove second 2
show destroy-used xl cpupool-destroy second
show after-destroy-used xl cpupool-list -c
show add-back xl cpupool-cpu-add second 2
show rename xl cpupool-rename second other
show migrate xl cpupool-migrate g1 third
same guest-on-cpu-1 1 "$(cpu_of)"
show migrated xl cpupool-list
check still-alive sh -c 'echo "echo here" > "$(xenstore-read /local/domain/"$(xl domid g1)"/console/tty)"'
check answers says "GUEST DID 0 echo here"
show migrate-back xl cpupool-migrate g1 Pool-0
same guest-on-cpu-0 0 "$(cpu_of)"
show destroy-guest xl destroy g1
show destroy-third xl cpupool-destroy third
show destroy-other xl cpupool-destroy other
show destroy-pool-0 xl cpupool-destroy Pool-0
show add-all xl cpupool-cpu-add Pool-0 1-2
show at-last xl cpupool-list -c
show affinity-at-last affinity
same still-three 3 "$(nproc)"
no_kernel_complaint
