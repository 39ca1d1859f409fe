# SPDX-License-Identifier: MIT
#@ about: Serai's xenstored answers, message by message, as Debian's does
#@ with: xen-tools serai-tools
#@ progs: storetalk
#@ timeout: 150
#@ run talk: smp=1
# Where the two differ, Serai's is the stricter: an argument without its NUL, a number that is none and an offset inside a
# name are EINVAL. Permissions of events can be read, domain 0 is not bound by path-max, children are listed by name
# instead of by age. None of that is asked here.

# Connection, type (public/io/xs_wire.h), transaction, payload.
cat >/tmp/talk <<'TALK'
0 11 0 /c/a\0one
0 11 0 /c/a
0 11 0 
0 11 0 \0x
0 11 0 /c/\0x
0 11 0 /c//a\0x
0 11 0 /c/a b\0x
0 11 0 @releaseDomain\0x
0 11 0 c/a\0x
0 11 0 /c/bin\0\x01\0\x02
0 11 0 /c/deep/er/est\0v
0 11 0 /c/z\0
0 11 0 /c/.x\0v
0 2 0 /c/a\0
0 2 0 /c/none\0
0 2 0 /none/none\0
0 2 0 c/a\0
0 2 0 /c/bin\0
0 2 0 /c/z\0
0 2 0 /c/deep\0
0 2 0 /c/deep/\0
0 2 0 \0
0 2 0 
0 2 0 /\0
0 2 0 //\0
0 2 0 /c/a\0/c/a\0
0 2 0 @releaseDomain\0
0 1 0 /c\0
0 1 0 /c/deep\0
0 1 0 /c/a\0
0 1 0 /none\0
0 1 0 @introduceDomain\0
0 22 0 /c\00
0 22 0 /none\00\0
0 22 0 /c\00\00\0
0 3 0 /c/a\0
0 3 0 /none\0
0 14 0 /c/a\0r0\0
0 14 0 /c/a\0n0\0b0\0
0 14 0 /c/a\0
0 14 0 /c/a\0x0\0
0 14 0 /c/a\0r\0
0 14 0 /c/a\0r0
0 14 0 /none\0r0\0
0 14 0 /c/a\0n0\0r0\0w0\0b0\0n0\0r0\0r0\0
0 14 0 @releaseDomain\0n0\0r0\0
0 14 0 @none\0r0\0
0 14 0 /c/a\0rx\0
0 3 0 /c/a\0
0 12 0 /c/dir/sub\0
0 12 0 /c/dir\0
0 12 0 /c/a\0
0 12 0 /c/dir3/\0
0 12 0 @x\0
0 2 0 /c/a\0
0 3 0 /c/dir/sub\0
0 13 0 /c/dir\0
0 13 0 /c/dir\0
0 13 0 /none/none\0
0 13 0 /none\0
0 13 0 /\0
0 13 0 @releaseDomain\0
1 4 0 /c\0tok\0
1 4 0 /c\0tok\0
1 4 0 /c\0tok
1 4 0 /c\0
1 4 0 /c\0a\0b\0
1 4 0 /c/\0t\0
1 4 0 @introduceDomain\0t\0
1 4 0 @foo\0t\0
1 4 0 /nowhere/yet\0\0
1 4 0 rel\0t\0
1 5 0 /c\0tok\0
1 5 0 /c\0tok\0
1 5 0 /c\0
1 5 0 @introduceDomain\0t\0
1 5 0 rel\0t\0
1 5 0 /nowhere/yet\0\0
1 5 0 @foo\0t\0
0 7 0 T\0
0 7 0 F\0
0 7 0 X\0
0 7 0 T
0 7 0 
0 7 9 T\0
0 2 9 /c/a\0
2 6 0 \0
2 11 t /c/zz\0v
2 2 t /c/zz\0
0 2 0 /c/zz\0
2 6 t \0
2 1 t /c\0
2 7 t X\0
2 7 t T\0
0 2 0 /c/zz\0
2 7 t T\0
2 6 0 \0
2 11 t /c/zz\0w
2 7 t F\0
0 2 0 /c/zz\0
2 6 0 \0
2 2 t /c/zz\0
0 11 0 /c/zz\0z
2 11 t /c/zz\0y
2 7 t T\0
0 2 0 /c/zz\0
2 6 0 \0
2 13 t /c/zz\0
2 2 t /c/zz\0
2 14 t /c/a\0n0\0
2 3 t /c/a\0
2 12 t /c/zzm/x\0
2 7 t T\0
0 2 0 /c/zz\0
0 1 0 /c/zzm\0
0 10 0 0\0
0 10 0 7\0
0 10 0 
0 10 0 7
0 17 0 0\0
0 17 0 7\0
0 17 0 
0 17 0 7
0 8 0 7\01\01\0
0 8 0 7\01\0
0 8 0 7\01\00\0
0 8 0 
0 9 0 7\0
0 18 0 7\0
0 9 0 x\0
0 18 0 x\0
0 9 0 
0 18 0 
0 19 0 7\08\0
0 19 0 7\0
0 21 0 \0
0 21 0 
0 15 0 x\0
0 16 0 x\0
0 20 0 x\0
0 23 0 x\0
0 24 0 x\0
0 1000 0 x\0
0 0 0 check\0
0 0 0 nonsense\0
0 0 0 print\0hello\0
0 0 0 log\0on\0
0 0 0 log\0off\0
0 0 0 log\0x\0
0 2 0 /c/big\0
TALK
long() { head -c "$1" /dev/zero | tr '\0' x; }
{
	echo "0 2 0 $(long 2048)\\0"
	echo "0 2 0 $(long 2049)\\0"
	echo "0 11 0 /c/big\\0$(long 4000)"
	echo "0 2 0 /c/big\\0"
} >>/tmp/talk

check debians start_xenstored
storetalk </tmp/talk >/tmp/theirs 2>&1
kill -9 "$(cat /run/xenstored.pid)"
sleep 1
check serais /opt/serai/sbin/xenstored --pid-file /run/xenstored.pid
storetalk </tmp/talk >/tmp/ours 2>&1
same all-answered "$(wc -l </tmp/theirs)" "$(wc -l </tmp/ours)"
awk 'NR == FNR { theirs[NR] = $0; next } /^</ { request = $0 }
	$0 != theirs[FNR] { print request ": Debian\047s \047" substr(theirs[FNR], 1, 80) "\047, Serai\047s \047" substr($0, 1, 80) "\047" }' \
	/tmp/theirs /tmp/ours >/tmp/differences
cat /tmp/differences
same no-difference 0 "$(wc -l </tmp/differences)"
