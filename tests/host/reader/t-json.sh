# SPDX-License-Identifier: GPL-2.0-or-later
#
# JSON as a parser sees it, of every saved text with every column.

events=seq,pid,tgid,uid,limit,in_use,pidns,userns,first_seq,repeat,counted,last_in_use,object_id,asked,hard,threads
events+=,holder_program_tasks,zombies,zombies_parent_tgid,holder_tgid,holder_tasks,holder_uid
events+=,holder_uid_tasks,holder_cgroup_tasks,set_tid,taken_tgid,taken_parent
# Python starts once, for all files; its answers are read at the end of all calls of json().
mkdir -p "$tmp/jsons"
: >"$tmp/jsons/list"
n_json=0
# json WHAT ARRAY NUMBER,... ARG...: what the reader prints with ARG... is JSON, or there is none
json()
{
	local what=$1 array=$2 numbers=$3 file
	shift 3
	file=$tmp/jsons/$((n_json += 1))
	"$FORKFAIL" "$@" >"$file" 2>/dev/null
	if [ $? -eq 3 ]; then
		check "$what: no data, no JSON" test ! -s "$file"
	else
		printf '%s\t%s\t%s\t%s\n' "$what" "$array" "$numbers" "$file" >>"$tmp/jsons/list"
	fi
}

jsons_checked()
{
	local n=0 verdict what

	while IFS=$'\t' read -r verdict what; do
		n=$((n + 1))
		[ "$verdict" = ok ] && ok "$what" || not_ok "$what"
	done < <(python3 "$here/json-check.py" <"$tmp/jsons/list" 2>&1)
	check "JSON: all $n were checked" test "$n" -eq "$(wc -l <"$tmp/jsons/list")"
	rm -r "$tmp/jsons"
}

columns_of()
{
	"$FORKFAIL" complete columns "$1" | paste -sd,
}
page_columns=$(columns_of '') log_columns=$(columns_of log)

for dump in "$dumps"/*.txt "$dumps"/hostile/*; do
	json "page ${dump##*/}" causes count,limit,in_use,age -J -i "$dump"
	json "page ${dump##*/}" causes count,limit,in_use,age -J -o "$page_columns" -i "$dump"
	json "log ${dump##*/}" events $events log -J -i "$dump"
	json "log ${dump##*/}" events $events log -J -o "$log_columns" -i "$dump"
done
json "log twice the same column" events $events log -J -o seq,SEQ -i "$dumps/log-pids.txt"
json causes causes number causes -J -o "$(columns_of causes)"
json "explain -l" causes number explain -l -J -o "$(columns_of explain)"
json "explain ID" causes number explain -J pids-max
json "explain ERRNO" causes number explain -J EAGAIN
json doctor findings '' doctor -J
for dump in page-pids log-pids page-none; do
	"$FORKFAIL" explain -J -i "$dumps/$dump.txt" >"$tmp/json"
	check "explain $dump: the event and its explanation" python3 - "$tmp/json" $dump <<-'END'
	import json, sys
	doc = json.load(open(sys.argv[1]))
	assert list(doc) == ["schema", "page", "partial", "answer"], list(doc)
	if doc["answer"] is None:
	    assert "page-none" in sys.argv[2]; sys.exit()
	answer = doc["answer"]
	assert answer["event"]["seq"] == 4127 and answer["event"]["comm"] == "varnishd"
	assert answer["class"] == "limit" and answer["numbers"] == "4915 of 4915 tasks in use"
	assert answer["do"] == "echo 9830 >/sys/fs/cgroup/system.slice/varnish.service/pids.max"
	assert answer["lasting"] == "systemctl set-property varnish.service TasksMax=9830"
	END
done
"$FORKFAIL" explain -J -i "$dumps/page-none.txt" >"$tmp/json"
check "no failure: the answer is null" has '"answer": null' "$tmp/json"
"$FORKFAIL" -J -i "$dumps/page-pids.txt" >"$tmp/json"
check "times are times, ages are seconds" python3 - "$tmp/json" <<'END'
import json, sys
doc = json.load(open(sys.argv[1]))
row = doc["causes"][0]
assert row["time"] == "2026-11-21T08:27:05.000001Z" and row["age"] == 3, row
assert doc["page"]["loaded_seconds"] == 3 * 86400 + 4 * 3600
assert doc["failures"] == 1247
END
sed '1s/$/ noroom 12 load 0123456789 blind since 2026-11-21T08:27:05.000001Z/' "$dumps/page-pids.txt" >"$tmp/page"
"$FORKFAIL" -J -i "$tmp/page" >"$tmp/json"
check "the name of a load is a name, even if it has digits only" python3 - "$tmp/json" <<'END'
import json, sys
page = json.load(open(sys.argv[1]))["page"]
assert page["noroom"] == 12 and page["load"] == "0123456789", page
assert page["blind"].startswith("since "), page
END
json limits limits used,max,percent,room limits -J -o "$(columns_of limits)"
json holders holders tasks,processes,zombies,id holders -J -o "$(columns_of holders)"
jsons_checked
check "all causes and six hints" test "$("$FORKFAIL" explain -l -n | wc -l)" -eq \
	$(($("$FORKFAIL" causes -n | wc -l) + 6))
# The log's own record is all there: nothing is lost on the way to JSON.
"$FORKFAIL" log -J -o "$log_columns" -i "$dumps/log-pids.txt" >"$tmp/json"
check "times and numbers are those of the log" python3 - "$tmp/json" "$dumps/log-pids.txt" <<'END'
import json, re, sys
rows = json.load(open(sys.argv[1]))["events"]
lines = [l for l in open(sys.argv[2]) if l[0] == "2"]
assert len(rows) == len(lines)
for row, line in zip(rows, lines):
    assert line.startswith(row["time"] + " ")
    for key, quoted, bare in re.findall(r' ([a-z_]+)=(?:"([^"]*)"|(\S+))', line):
        assert str(row[key]) == (quoted or bare), (key, row[key])
END
