# SPDX-License-Identifier: GPL-2.0-or-later
#
# The manual pages: well-formed, and complete.

need groff groff-base || skip "groff cannot be had"
for n in 4 5 8; do
	page=$top/man/forkfail.$n
	if command -v groff >/dev/null; then
		groff -man -t -ww -Tutf8 -z "$page" >"$tmp/out" 2>&1
		check "forkfail.$n: no warnings" test ! -s "$tmp/out"
		MANWIDTH=80 groff -man -t -Tascii -P-cbou "$page" >"$tmp/man.$n" 2>/dev/null
	fi
done
if command -v groff >/dev/null; then
	for cmd in '' $("$FORKFAIL" complete commands); do
		[ -z "$cmd" ] || check "forkfail.8 has $cmd" has "^ *forkfail $cmd" "$tmp/man.8"
		for o in $("$FORKFAIL" complete options "$cmd"); do
			check "forkfail.8 has $o" has "^ .*[ |[]${o}\b\|^ .*${o}[],| ]" "$tmp/man.8"
		done
	done
	sed -n '/define FORKFAIL_KEYS/,/^$/s/^\tX([A-Z_]*,[ \t]*"\([a-z_]*\)".*/\1/p' \
		"$top/uapi/forkfail.h" >"$tmp/keys"
	check "the list of keys is not empty" test "$(wc -l <"$tmp/keys")" -gt 20
	while read -r key; do
		check "forkfail.5 has $key" has "^ *$key\b" "$tmp/man.5"
	done <"$tmp/keys"
	# shellcheck disable=SC2013	# words they are
	for word in $(grep -ohE 'ff_add\(t, "[a-z]+: ' "$top/module/page/render.c" | grep -oE '[a-z]+:' | sort -u); do
		check "forkfail.5 has $word" has "\b$word" "$tmp/man.5"
	done
	# shellcheck disable=SC2013
	for p in $(grep -ohE '^module_param(_named)?\([a-z_]+' "$top"/module/main.c | sed 's/.*(//'); do
		check "forkfail.4 has $p" has "^ *$p=" "$tmp/man.4"
	done
	for s in 0 1 2 3 4 5; do
		check "forkfail.8 has exit status $s" has "^ *$s  " "$tmp/man.8"
	done
	# The rows of limits are in the table.
	for l in $("$FORKFAIL" limits -n -r -o LIMIT | grep -v namespaces | sed 's/\\x20.*//; s/memory.limit_in_bytes/memory.max/' | sort -u); do
		check "forkfail.8 has $l" has "$l" "$tmp/man.8"
	done
fi
