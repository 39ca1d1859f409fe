# SPDX-License-Identifier: MIT
#@ about: xenstored, xenconsoled and domd killed at random moments of creates, destroys and a guest's boot; nothing acknowledged is lost
#@ with: xen-tools serai-tools
#@ guest: sleeper cloud:shell
#@ timeout: 240
#@ mem: 1536
#@ run serai: smp=2 dom0-mem=640 kills=50

start_dom0 serai serai
log=/var/log/xen/console/guest-g1.log
cat > /tmp/tiny.cfg <<X
type = "pv"
kernel = "/guest/sleeper"
memory = 4
on_crash = "restart"
X
cat > /tmp/g1.cfg <<X
name = "g1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/shell"
memory = 192
vcpus = 1
cmdline = "console=hvc0 cryptomgr.notests"
X
start() # a daemon, as its service would
{
	case $1 in
	xenstored) xenstored --pid-file /run/xenstored.pid ;;
	xenconsoled) xenconsoled --log=guest --pid-file=/run/xenconsoled.pid ;;
	domd) /opt/serai/lib/serai/domd ;;
	esac
}

# Guests come and go without pause. Every command must end, with success or with a line that says why.
churn()
{
	number=0
	while [ ! -e /tmp/stop ]; do
		number=$((number + 1))
		if timeout 60 xl create -q /tmp/tiny.cfg "name=\"t$number\"" >/tmp/churn.out 2>&1; then
			echo t$number >> /tmp/created
			if [ $((number % 3)) != 0 ]; then
				timeout 60 xl destroy t$number >/tmp/churn.out 2>&1 && echo t$number >> /tmp/destroyed || judge destroy $?
			fi
		else
			judge create $?
		fi
	done
	touch /tmp/churned
}
judge() # COMMAND CODE: a failure is fair if it is told
{
	if [ "$2" -ge 124 ] || [ ! -s /tmp/churn.out ]; then
		echo "$1 ended with $2: $(tail -n 1 /tmp/churn.out)" >> /tmp/unfair
	else
		echo "$1: $(tail -n 1 /tmp/churn.out)" >> /tmp/fair
	fi
}

check first xl create -q /tmp/tiny.cfg 'name="kept"'
kept=$(xl domid kept)
: > /tmp/created; : > /tmp/destroyed; : > /tmp/unfair; : > /tmp/fair
churn &
check create xl create -q /tmp/g1.cfg
bad=
for kill in $(seq "$bed_kills"); do
	daemon=$(awk -v seed="$kill" 'BEGIN { srand(seed * 7919); split("xenstored xenconsoled domd", d); print d[int(rand() * 3) + 1], int(rand() * 400000) }')
	usleep "${daemon#* }"
	daemon=${daemon% *}
	xenstore-write "/storm/$kill" "$daemon" || bad="$bad write-$kill"
	killall -9 "$daemon" 2>/dev/null
	start "$daemon" >/dev/null 2>&1 || bad="$bad start-$kill"
	[ "$(xenstore-read "/storm/$kill")" = "$daemon" ] || bad="$bad read-$kill"
done
same every-acknowledged-write-is-there "" "$bad"
lost=0
for kill in $(seq "$bed_kills"); do [ "$(xenstore-exists "/storm/$kill"; echo $?)" = 0 ] || lost=$((lost + 1)); done
same none-lost-later 0 "$lost"
touch /tmp/stop
tries=400
until [ -e /tmp/churned ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 200000; done
check commands-end test -e /tmp/churned
same no-silent-failure "" "$(head -n 2 /tmp/unfair | tr '\n' ' ')"
[ -s /tmp/created ] && pass "guests-were-created" || fail guests-were-created "$(tail -n 1 /tmp/fair)"
echo "created $(wc -l < /tmp/created), destroyed $(wc -l < /tmp/destroyed), refused with a reason $(wc -l < /tmp/fair): $(tail -n 1 /tmp/fair)"

# All guests live on as they were.
same kept-guest-lives "$kept" "$(xl domid kept)"
check guest-up says "GUEST UP"
echo 'echo alive $((40 + 2))' > "$(xenstore-read /local/domain/"$(xl domid g1)"/console/tty)"
check guest-answers says "alive 42"
missing=
for name in $(grep -vxFf /tmp/destroyed /tmp/created); do xl domid "$name" >/dev/null 2>&1 || missing="$missing $name"; done
same created-guests-live "" "$missing"
for name in $(xl list | awk 'NR > 2 { print $1 }'); do xl destroy "$name" >/dev/null 2>&1; done
sleep 2
for name in $(xl list | awk 'NR > 2 { print $1 }'); do xl destroy "$name" >/dev/null 2>&1; done
all_gone
