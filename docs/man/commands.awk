# SPDX-License-Identifier: MIT
# Turns the helps of all commands, one after the other, into the COMMANDS of xl(1).
function roff(text) { gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); return text }
/^Usage: / {
	sub(/^Usage: xl \[[^]]*\] /, "")
	name = $1
	sub(/^[^ ]+ ?/, "")
	printf ".SS \"%s\"\n.B xl %s\n%s\n.PP\n", roff(name), roff(name), roff($0)
	next
}
/^Options:$/ { next }
/^ -/ {
	text = substr($0, 2)
	cut = match(text, /  +/)
	option = cut ? substr(text, 1, cut - 1) : text
	if (length(option) > 21 && !cut && match(text, / [a-z]/)) { option = substr(text, 1, RSTART - 1); cut = RSTART }
	printf ".TP\n.B %s\n", roff(option)
	if (cut) print roff(substr(text, cut + RLENGTH > 0 ? cut + RLENGTH : cut))
	next
}
/^ +[^ ]/ { sub(/^ +/, ""); print roff($0); next }
/^$/ { next }
{ print roff($0) }
