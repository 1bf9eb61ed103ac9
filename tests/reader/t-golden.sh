# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every saved page and log, in every form, against what it should look like.

# every_form FILE - what the reader prints, with messages and exit statuses
every_form()
{
	local args
	while read -r args; do
		echo "==== forkfail $args"
		# shellcheck disable=SC2086
		(cd "$dumps" && "$FORKFAIL" $args -i "$1" 2>&1; echo "status $?") |
			grep -v '^forkfail_failures_total.* 0$' | cut -c1-400
	done <<'END'
--utc

-J
-P
-r
-n -o cause,count,meaning
--color always
log
log --utc -n
log -n 1
log -J -o +seq,last,proof
log -P -o +holders,complete
log -r -o time,seq,cause,limit,candidates
explain
explain -J -o number,id,do
metrics
metrics --openmetrics
END
}

for dump in $(cd "$dumps" && find . -type f ! -name '*.md' | sort); do
	dump=${dump#./}
	golden=$here/golden/${dump//\//.}
	every_form "$dump" >"$tmp/now"
	if cmp -s "$golden" "$tmp/now"; then
		ok "$dump"
		continue
	fi
	if [ -n "$accept" ]; then
		[ -e "$golden" ] && diff -u "$golden" "$tmp/now"
		cp "$tmp/now" "$golden"
	else
		not_ok "$dump is not printed as in $golden"
		[ -e "$golden" ] && diff -u "$golden" "$tmp/now" |
			cut -c1-200 | head -n 20
	fi
done
# A golden file of a dump that is gone.
for golden in "$here"/golden/*; do
	dump=${golden##*/}
	[ -e "$dumps/$dump" ] || [ -e "$dumps/${dump/.//}" ] || {
		if [ -n "$accept" ]; then
			rm "$golden"
		else
			not_ok "$golden has no dump"
		fi
	}
done
