# SPDX-License-Identifier: GPL-2.0-or-later
"""The agent on this machine. See run."""
import grp
import http.client
import json
import os
import re
import select
import socket
import ssl
import subprocess
import sys
import threading
import time

from lib import (Agent, event, free_port, log, names_in, page, series, wait_for, HEAD)

TOP = sys.argv[1]
DUMPS = TOP + "/tests/dumps/"
passed = failed = 0


def check(what, ok, more=""):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    print("%s - %s%s" % ("ok" if ok else "not ok", what, "" if ok else ": " + str(more)[:600]),
          flush=True)


def dump(name):
    return open(DUMPS + name, errors="replace").read()


def promtool(text):
    p = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    return p.returncode == 0 and not p.stdout + p.stderr, p.stdout + p.stderr


def test_metrics():
    a = Agent(TOP, log([]), page())
    wait_for(lambda: a.value("forkfail_walk_age_seconds") is not None)
    text = a.get("/metrics")[2]
    check("a healthy machine has at most 40 series: %d" % len(series(text)), len(series(text)) <= 40)
    check("... on the Unix socket, too", len(series(a.get("/metrics", local=True)[2])) <= 40)
    check("every class is there with 0", len(re.findall(
        r'^forkfail_class_failures_total\{class="[a-z]+"\} 0$', text, re.M)) == 6, text)
    check("promtool", *promtool(text))
    om = a.get("/metrics", {"Accept": "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.5"})
    check("OpenMetrics when it is asked for", om[1]["Content-Type"].startswith(
        "application/openmetrics-text") and om[2].endswith("# EOF\n"))
    check("... without _created", "_created" not in om[2])
    check("... with families for names", "# TYPE forkfail_class_failures counter" in om[2])
    moving = "process_|_age_|resource_used|history"
    check("the same numbers in both", [x for x in series(text) if not re.search(moving, x)] ==
          [x for x in series(om[2]) if not re.search(moving, x)])
    check("plain text when that is preferred", a.get("/metrics", {
        "Accept": "text/plain;q=0.9,application/openmetrics-text;q=0.1"})[1]["Content-Type"].startswith("text/plain"))

    # the first failure, and a page of every cause
    a.put(log([1]), page([("pids-max", 3), ("pids-max", 4)]))
    check("rows of a cause are added up", wait_for(lambda: a.value(
        'forkfail_failures_total{class="limit",cause="pids-max"}') == 7, 4))
    check("... and counted for its class",
          a.value('forkfail_class_failures_total{class="limit"}') == 7)
    now = time.time()
    big = HEAD % "first" + "".join(event(s, now - 60, unit="u%d.service" % s) for s in range(1, 113))
    a.put(big, dump("page-7.2.txt"))
    check("all of it is read", wait_for(
        lambda: a.newest_read() == 112 and 'cause="other"' in a.get("/metrics")[2]))
    text, full = a.get("/metrics")[2], a.get("/metrics", local=True)[2]
    # tests/guest/agent has them, and counts all
    check("at most 100 series in the worst case, of which 20 are cgroups and users: %d, with names %d" % (
        len(series(text)), len(series(full))), len(series(full)) <= 80 and len(series(text)) <= 100)
    for c in ("limit", "memory", "policy", "request", "transient", "kernel"):
        of = sum(float(x.split()[-1]) for x in series(text) if x.startswith('forkfail_failures_total{class="%s",' % c))
        check("causes of class %s add up to it: %d" % (c, of),
              of == a.value('forkfail_class_failures_total{class="%s"}' % c))
    check("the 31st cause is an other one, of its class", re.search(
        r'^forkfail_failures_total\{class="[a-z]+",cause="other"\} [1-9]', text, re.M) and 'class="other"' not in text)
    check("promtool on all of them", *promtool(full))
    check("ten newest objects", len(re.findall("^forkfail_last_failure", full, re.M)) == 10)
    check("... the newest of all", 'unit="u112.service"' in full)
    total = sum(float(x.split()[-1]) for x in series(text) if x.startswith("forkfail_class_failures_total"))
    causes = sum(float(x.split()[-1]) for x in series(text) if x.startswith("forkfail_failures_total"))
    check("causes add up to classes", total == causes > 0, (total, causes))
    a.put(HEAD % "first" + event(200, now - 3700))
    check("an object is gone after an hour", wait_for(lambda: "forkfail_last_failure" not in
          a.get("/metrics", local=True)[2], 5))
    a.put(page=dump("page-blind.txt"))
    check("blind", wait_for(lambda: a.value("forkfail_blind") == 1, 20))
    os.unlink(a.page)
    check("no page", wait_for(lambda: a.value("forkfail_up") == 0, 20))
    check("it ends when it is told to", a.stop() == 0)


def read(path):
    with open(path) as f:
        return f.read()


def test_values():
    """What is exported is what the kernel and the module say."""
    a = Agent(TOP, log([1]), page())

    def within(series, now, most):
        """The value is one that was true while it was asked for, or nearly."""
        before, value, after = now(), a.value(series), now()
        return value is not None and min(before, after) - most <= value <= max(before, after) + most
    tasks = lambda: int(read("/proc/loadavg").split()[3].split("/")[1])
    memory = lambda key: 1024 * int(re.search(key + r":\s+(\d+)", read("/proc/meminfo"))[1])
    for what in ("tasks", "pids"):
        check("%s in use" % what, within('forkfail_resource_used{resource="%s"}' % what, tasks, 50))
    for what, sysctl in (("tasks", "threads-max"), ("pids", "pid_max")):
        check("their limit is kernel.%s" % sysctl, a.value('forkfail_resource_limit{resource="%s"}' % what) ==
              int(read("/proc/sys/kernel/" + sysctl)))
    check("committed memory", within('forkfail_resource_used{resource="committed_bytes"}',
                                            lambda: memory("Committed_AS"), 1 << 30))
    strict = read("/proc/sys/vm/overcommit_memory").strip() == "2"
    check("... has a limit only if that is strict", (a.value('forkfail_resource_limit{resource="committed_bytes"}')
                                                     is not None) == strict)

    first = (HEAD % "first").replace("points 41/41 missed 0", "points 39/41 missed 3").replace("restarts 0 lost 0", (
        "restarts 5 lost 7 noroom 9 facts guessed blind since 2026-11-21T08:00:00Z (ftrace is off)"))
    a.put(page=page([("pids-max", 4)]).replace(HEAD % "first", first))
    check("blind", wait_for(lambda: a.value("forkfail_blind") == 1, 20))
    for name, want in (("points", 41), ("points_armed", 39), ("missed_total", 3), ("noroom_total", 9), ("lost_total", 7),
                       ("restarts_total", 5), ("blind_since_timestamp_seconds", 1795248000), ("up", 1)):
        check("forkfail_%s is %d" % (name, want), a.value("forkfail_" + name) == want, a.value("forkfail_" + name))
    info = re.search("^forkfail_info{(.*)} 1$", a.get("/metrics")[2], re.M)
    check("versions, and that facts are guessed", info and 'kernel="6.1.0"' in info[1] and 'facts="guessed"' in info[1] and
          'format="1"' in info[1], info)

    pod = "kubepods.slice/kubepods-pod0f1e2d3c_aaaa_bbbb_cccc_0123456789ab.slice"
    when = int(time.time()) - 5 + 0.25
    a.put(log([1]) + event(2, when).replace("/system.slice/web.service", "/" + pod))
    check("a pod by its uid", wait_for(lambda: re.search(
        r'^forkfail_last_failure_timestamp_seconds{cause="pids-max",class="limit",.*pod_uid="0f1e2d3c-aaaa-bbbb-cccc-0123456789ab"',
        a.get("/metrics", local=True)[2], re.M), 4), a.get("/metrics", local=True)[2][-3000:])
    said = [float(x.split()[-1]) for x in series(a.get("/metrics", local=True)[2])
            if x.startswith("forkfail_last_failure_") and "pod_uid" in x]
    check("... and when it failed, to less than a millisecond", said and abs(said[0] - when) < 1e-3, (said, when))
    check("... the unit and the user of the other one", re.search(
        r'^forkfail_last_failure_timestamp_seconds{cause="pids-max",class="limit",unit="web.service",uid="1234"} ',
        a.get("/metrics", local=True)[2], re.M))
    a.stop()


def test_names():
    a = Agent(TOP, log(range(1, 20), when=time.time() - 5), page([("pids-max", 20)]))
    wait_for(lambda: a.newest_read() == 19)
    for url in ("/metrics", "/"):
        status, _, text = a.get(url)
        check("TCP %s: counts without names" % url, status == 200 and not names_in(text), names_in(text))
        check("Unix socket %s: names" % url, names_in(a.get(url, local=True)[2]))
    check("TCP /events: refused", a.get("/events")[0] == 403)
    check("Unix socket /events", len(a.get("/events", local=True)[2].splitlines()) == 19)
    st = os.stat(a.sock)
    check("the socket is 0660 and of group adm", st.st_mode & 0o777 == 0o660 and
          st.st_gid == grp.getgrnam("adm").gr_gid, oct(st.st_mode))
    if os.getuid() == 0:
        ask = ("import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
               "s.sendall(b'GET /events HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n'); print(s.recv(99))")
        for who, groups, want in (("another uid", "--clear-groups", False),
                                  ("another uid of group adm", "--groups=%d" % st.st_gid, True)):
            p = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", groups, "python3", "-c", ask,
                                a.sock], capture_output=True, text=True)
            check("%s %s" % (who, "is served" if want else "is refused"),
                  ("200 OK" in p.stdout) == want and (want or "Permission" in p.stderr), p.stdout + p.stderr)
    me = socket.gethostname()
    for host, want in ((me.split(".")[0], 200), (me.split(".")[0].upper() + ".example.org:10433", 200),
                       (me + ".", 200), (me + "x.example.org", 403), (me[:-1] + ".example.org", 403)):
        check("Host: %s is %d" % (host, want), a.get("/metrics", {"Host": host})[0] == want)
    check("where names are shown, another domain's is not this machine", a.get(
        "/", {"Host": me.split(".")[0] + ".evil.example"}, local=True)[0] == 403)
    for host, want in (("localhost", 200), ("localhost:1", 200), ("127.0.0.1:99", 200), ("[::1]", 200),
                       ("[::1]:80", 200), (socket.gethostname(), 200), ("evil.example", 403),
                       ("localhost.evil.example", 403), ("127.0.0.1.evil.example", 403), ("", 403),
                       ("localhost:x", 403), ("[::1", 403), ("a@localhost", 403)):
        check("Host: %s is %d" % (host, want), a.get("/metrics", {"Host": host})[0] == want)
    check("... on the Unix socket, too", a.get("/", {"Host": "evil.example"}, local=True)[0] == 403)
    for method, want in (("POST", 405), ("PUT", 405), ("DELETE", 405), ("OPTIONS", 405), ("HEAD", 200)):
        c = http.client.HTTPConnection("127.0.0.1", a.port, timeout=10)
        c.request(method, "/metrics")
        check("%s is %d" % (method, want), c.getresponse().status == want)
    check("what there is not is 404", a.get("/x")[0] == a.get("/metrics/")[0] == a.get("/../etc/passwd")[0] == 404)
    check("the browser is to run nothing", "default-src 'none'" in a.get("/")[1]["Content-Security-Policy"])
    a.stop()


def test_page():
    hostile = log([1], comm="<script>alert(1)</script>&'", when=time.time() - 5)
    a = Agent(TOP, hostile, page([("pids-max", 1)]))
    wait_for(lambda: a.newest_read() == 1)
    text = a.get("/", local=True)[2]
    check("a name cannot become HTML", "<script" not in text and "&lt;script&gt;" in text)
    check("no script at all", "javascript:" not in text and not re.search(r"<[^>]*\son[a-z]+=", text))
    a.put(page=page([("pids-max", 5), ("memcg-limit", 2)]))
    check("the plot shows what came", wait_for(lambda: "The last hour: 6" in a.get("/", local=True)[2], 70))
    text = a.get("/", local=True)[2]
    check("... and since when it was counted", "since the agent was started, " in text)
    check("... by class", re.search('path class="limit"[^>]* d="M', text) and re.search('path class="memory"[^>]* d="M', text) and
          not re.search('path class="policy"[^>]* d="M', text))
    for what, want in (("the answer", "<b>last:</b> 3s ago worker[1001] uid 1234 could not create a process: "
                                      "pids.max of web.service"),
                       ("... and which causes are possible", "<b>possible:</b> pids-max, threads-max"),
                       ("... and every other failure", "<b>also:</b> 1 rlimit-nproc (limit): uid 2000"),
                       ("the causes", "<h2>Causes</h2>"), ("the newest failures", "<h2>Newest failures</h2>"),
                       ("the last day", "The last day: 6"), ("how full the machine is", "(kernel.pid_max)"),
                       ("for a phone", '<meta name="viewport" content="width=device-width,initial-scale=1">'),
                       ("light and dark", "color-scheme:light dark")):
        check("the page has %s" % what, want in text, text)
    from xml.dom import minidom
    try:
        for svg in re.findall(r"<svg.*?</svg>", text, re.S):
            minidom.parseString(svg)
        check("the drawings are well-formed", True)
    except Exception as e:
        check("the drawings are well-formed", False, e)
    a.put(page=dump("page-7.2.txt"), log=dump("log-7.2.txt"))
    time.sleep(2.5)
    for local in (True, False):
        text = a.get("/", local=local)[2]
        check("the largest page is whole (%d bytes)" % len(text), text.endswith("</html>\n") and len(text) < 60000)
    names = sorted(os.listdir(DUMPS + "hostile"))
    for name in names if os.environ.get("FORKFAIL_LONG") else names[::2]:
        a.put(page=dump("hostile/" + name), log=dump("hostile/" + name))
        time.sleep(1.2)
        ok = a.get("/", local=True)[0] == a.get("/metrics", local=True)[0] == a.get("/events", local=True)[0] == 200
        check("hostile text %s" % name, ok and a.proc.poll() is None)
    a.stop()


def test_events():
    a = Agent(TOP, log([1, 2, 3]), page())
    status, headers, text = a.get("/events", local=True)
    lines = [json.loads(x) for x in text.splitlines()]
    check("each event has its cursor", [x["cursor"].split(":")[1:] for x in lines] ==
          [["first", "1"], ["first", "2"], ["first", "3"]], text)
    check("numbers are numbers", lines[0]["pid"] == 1001 and lines[0]["limit"] == 10)
    cursor = headers["X-Forkfail-Cursor"]
    check("the cursor of the answer is that of the last", cursor == lines[-1]["cursor"])
    check("nothing behind it", a.get("/events?after=" + cursor, local=True)[2] == "")
    check("from the middle", len(a.get("/events?after=" + lines[0]["cursor"], local=True)[2].splitlines()) == 2)
    check("a limit", len(a.get("/events?limit=1", local=True)[2].splitlines()) == 1)
    for bad in ("x", "a:b", "a:b:c", ":::", "a:b:99999999999999999999999", "%00", "a" * 200):
        check("no cursor: %s" % bad[:20], a.get("/events?after=" + bad, local=True)[0] == 400)
    check("no number", a.get("/events?wait=-1", local=True)[0] == a.get("/events?limit=x", local=True)[0] == 400)

    got = []
    t = threading.Thread(target=lambda: got.append(
        (time.time(), a.get("/events?wait=60&after=" + cursor, local=True, timeout=90))))
    t.start()
    time.sleep(1)
    check("a long poll waits", not got)
    a.put(log([1, 2, 3, 6, 7]))
    since = time.time()
    t.join(10)
    check("... and is answered when something happens", got and got[0][0] - since < 5)
    lines = [json.loads(x) for x in got[0][1][2].splitlines()]
    check("... with what was lost", lines[0] == {"lost": 2} and [x["seq"] for x in lines[1:]] == [6, 7], lines)
    since = time.time()
    check("a long poll ends", a.get("/events?wait=2&after=" + lines[-1]["cursor"], local=True)[2] == "" and
          1.5 < time.time() - since < 6, time.time() - since)
    a.put(log([1], load="second"))
    wait_for(lambda: ":second:" in a.get("/events", local=True)[1]["X-Forkfail-Cursor"])
    text = a.get("/events?after=" + lines[-1]["cursor"], local=True)[2]
    check("a cursor of another load starts again", json.loads(text)["cursor"].split(":")[1:] == ["second", "1"], text)
    a.stop()


def test_history():
    a = Agent(TOP, log([1, 2, 3]), page())
    check("all that is held is written", wait_for(lambda: [e["seq"] for e in a.events()] == [1, 2, 3]))
    a.put(log([1, 2, 3]) + event(4, time.time()))
    check("an event is written when it has settled", wait_for(lambda: len(a.events()) == 4, 20))
    a.stop()
    a.start()
    time.sleep(2.5)
    check("no event twice after a restart", [e["seq"] for e in a.events()] == [1, 2, 3, 4])
    a.stop()
    a.put(log([2, 3, 4, 7, 8]))
    a.start()
    check("what came meanwhile is written", wait_for(lambda: [e["seq"] for e in a.events()] == [1, 2, 3, 4, 7, 8]))
    check("what was lost meanwhile is said", wait_for(lambda: any("2 events" in x.get("notice", "") for x in a.lines())))
    check("... and counted", a.value('forkfail_history_events_total{result="lost"}') == 2)
    a.put(log([1, 2], load="second"))
    check("after a reload numbers start again", wait_for(lambda: [e["seq"] for e in a.events()] == [1, 2, 3, 4, 7, 8, 1, 2]))
    check("... and is said", wait_for(lambda: any("unloaded" in x.get("notice", "") for x in a.lines()) and
          any("is loaded" in x.get("notice", "") for x in a.lines())))
    old = time.time() - 60
    a.put(HEAD % "second" + event(1, old) + event(2, old, repeat=500))
    check("how long a storm was is said once", wait_for(lambda: [e["seq"] for e in a.events()][-1] == 2 and
          a.events()[-1].get("repeat") == 500))
    time.sleep(3)
    check("... and only once", len(a.events()) == 9, a.events())
    a.put(HEAD % "second" + event(1, old) + event(2, old, repeat=500) + event(3, time.time()))
    a.stop()
    check("what came just before it was ended is written", a.events()[-1]["seq"] == 3, a.events()[-1])
    a.start()
    time.sleep(2.5)
    a.put(HEAD % "second" + event(1, old) + event(2, old, repeat=700) + event(3, old))
    check("how long a storm was that goes on over a restart is said", wait_for(
        lambda: [(e["seq"], e.get("repeat")) for e in a.events()][10:] == [(2, 700)], 5), a.events()[10:])
    a.stop()


def test_selftest():
    """In the self-test's calls no program has failed."""
    def selftest(seq, **more):
        line = event(seq, time.time() - 30, **more)
        assert " kind=process " in line
        return line.replace(" kind=process ", " kind=selftest ")
    a = Agent(TOP, log([1]) + selftest(2, unit="selftest.service") + log([3]).split("\n", 1)[1], page())
    check("the self-test is not in the history", wait_for(lambda: [e["seq"] for e in a.events()] == [1, 3]))
    a.put(log([1]) + selftest(2, unit="selftest.service", repeat=500) + log([3]).split("\n", 1)[1])
    time.sleep(3)
    check("... nor its storms", [e["seq"] for e in a.events()] == [1, 3], a.events())
    check("... and nothing is lost", a.value('forkfail_history_events_total{result="lost"}') == 0)
    for url in ("/metrics", "/"):
        text = a.get(url, local=True)[2]
        check("%s does not show it" % url, "web.service" in text and "selftest.service" not in text, text)
    check("/events does, with its kind", '"kind": "selftest"' in a.get("/events", local=True)[2] or
          '"kind":"selftest"' in a.get("/events", local=True)[2])
    a.stop()


def preloaded(source, *args):
    """An agent that begins with a library of this source; it, and how the compiler ended."""
    lib = "/tmp/ff-%s.%d.so" % (sys.argv[2], os.getpid())
    p = subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-o", lib, "-"], input=source, capture_output=True, text=True)
    os.environ["LD_PRELOAD"] = lib
    a = Agent(TOP, *args)
    del os.environ["LD_PRELOAD"]
    os.unlink(lib)
    return a, p


def test_no_memory():
    """The module has no memory for its answer: it still counts as loaded."""
    if os.environ.get("FORKFAIL_AGENT"):
        return check("a sanitizer has to come first in the program", True)
    fails = "/tmp/ff-fail.%d" % os.getpid()
    a, p = preloaded('#include <errno.h>\n#include <limits.h>\n#include <stdio.h>\n#include <string.h>\n'
                '#include <sys/syscall.h>\n#include <unistd.h>\n'
                'ssize_t read(int fd, void *to, size_t n) { char link[32], path[PATH_MAX];\n'
                'ssize_t len; snprintf(link, sizeof(link), "/proc/self/fd/%%d", fd);\n'
                'len = readlink(link, path, sizeof(path));\n'
                'if (len > 4 && !memcmp(path + len - 4, "/log", 4) && !access("%s", F_OK)) { errno = ENOMEM; return -1; }\n'
                'return syscall(SYS_read, fd, to, n); }\n' % fails,
                     log([1]), page([("pids-max", 5)]))
    wait_for(lambda: len(a.events()) == 1)
    open(fails, "w").close()
    time.sleep(3)
    check("a log that cannot be read for want of memory is not a module that is gone", p.returncode == 0 and
          a.value("forkfail_up") == 1 and not any("unloaded" in x.get("notice", "") for x in a.lines()),
          (p.stderr, a.lines()))
    a.put(log([1, 2]))
    time.sleep(1.5)
    check("... and what is new waits", len(a.events()) == 1)
    os.unlink(fails)
    check("... until there is memory", wait_for(lambda: [e["seq"] for e in a.events()] == [1, 2]))
    check("... in the same load", a.value("forkfail_module_loads_total") == 1 and
          "The last hour: 0" in a.get("/", local=True)[2])
    a.stop()


def test_load():
    """The load of the module: that of line 1, else the inode number of its directory in sysfs."""
    try:
        other = "%x" % os.stat("/sys/module/forkfail").st_ino
    except OSError:
        other = "0"
    a = Agent(TOP, log([1], load="x"), page())
    for line, want in (("load 3f-0a9b", "3f-0a9b"), ("load " + "a" * 23, "a" * 23), ("load " + "a" * 24, other),
                       ("load a:b", other), ("load 3/4", other), ("loaded", other), ("", other), ("reload 7", other)):
        a.put(log([1]).replace("load first", line), page())
        check("line 1 with '%s': the load is %s" % (line, want), wait_for(lambda: a.get(
            "/events", local=True)[1]["X-Forkfail-Cursor"].split(":")[1:] == [want, "1"], 5),
            a.get("/events", local=True)[1]["X-Forkfail-Cursor"])
    a.stop()
    # each was another load: its events are written, once
    a.start()
    time.sleep(2)
    n = len(a.events())
    check("the event of each load is written, once: %d" % n, n == 4, a.events())
    check("the boot is the kernel's", a.events()[0]["cursor"].split(":")[0] ==
          open("/proc/sys/kernel/random/boot_id").read().strip())
    a.stop()
    # a cursor of another boot, or an invalid one, does not concern these events
    for what, cursor in (("of another boot", "a5ae5f3c-0000-4000-8000-000000000000:first:3\n"), ("torn", "a5ae5f3c-0000"),
                         ("empty", "")):
        with open(a.state + "/cursor", "w") as f:
            f.write(cursor)
        a.put(log([1, 2, 3]))
        before = len(a.events())
        a.start()
        check("a cursor that is %s: all events are written" % what,
              wait_for(lambda: [e["seq"] for e in a.events()[before:]] == [1, 2, 3], 6), a.events()[before:])
        a.stop()


def fill(write):
    """A pipe that is full."""
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, b"x" * 4096)
    except BlockingIOError:
        pass
    os.set_blocking(write, True)


def drain(read, events):
    """What is in a pipe, until that many events have come, for 15 s."""
    data, end = b"", time.time() + 15
    while time.time() < end and data.count(b'"seq"') < events:
        if select.select([read], [], [], 0.5)[0]:
            data += os.read(read, 65536)
    return data


def test_blocked_output():
    read, write = os.pipe()
    fill(write)
    a = Agent(TOP, log(range(1, 50)), page(), stdout=write)
    since = time.time()
    ok = all(a.get("/metrics")[0] == 200 for _ in range(20))
    check("nobody reads standard output: HTTP goes on", ok and time.time() - since < 5)
    check("... and that is seen", a.value("forkfail_history_waiting") == 49, a.value("forkfail_history_waiting"))
    os.set_blocking(read, False)
    data = drain(read, 49)
    seqs = [json.loads(x)["seq"] for x in data.replace(b"x" * 4096, b"").decode().splitlines() if '"seq"' in x]
    check("all of it arrives when somebody reads", seqs == list(range(1, 50)), seqs)
    a.stop()

    for lost, words in ((49, b"49 events were lost with the unloaded module"), (1, b"1 event was lost with the unloaded module")):
        fill(write)
        a = Agent(TOP, log(range(1, lost + 1)), page(), stdout=write)
        check("nobody reads again", wait_for(lambda: a.value("forkfail_history_waiting") == lost))
        a.put(log([1, 2], load="second"))
        check("the module is loaded again: its new events wait",
              wait_for(lambda: a.value("forkfail_history_waiting") == 2 and
                       a.value('forkfail_history_events_total{result="lost"}') == lost))
        data = drain(read, 2)
        check("... and those of the last load are lost, which is said",
              words in data and data.count(b'"seq"') == 2, data[-900:])
        a.stop()


def test_journal():
    """A stopped journal: its socket exists, but nobody reads from it."""
    path = "/tmp/ff-journal.%d" % os.getpid()
    journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    journal.bind(path)
    when = time.time() - 30
    a = Agent(TOP, log(range(1, 100), when=when), page(), args=["--history.journal=" + path])
    check("the journal's queue is full", wait_for(lambda: a.value("forkfail_history_waiting") > 0, 20))
    since = time.time()
    ok = all(a.get("/metrics")[0] == 200 for _ in range(20))
    check("... and HTTP goes on", ok and time.time() - since < 5)
    a.put(log(range(1, 100), when=when) + "".join(event(s, when) for s in range(100, 113)))
    journal.settimeout(3)
    recv = lambda: dict(x.split("=", 1) for x in journal.recv(65536).decode().splitlines())
    entries = []
    try:
        while len(entries) < 113:
            entries.append(recv())
    except socket.timeout:
        pass
    seqs = [int(e["FORKFAIL_SEQ"]) for e in entries if "FORKFAIL_SEQ" in e]
    check("every event arrives once, in order", seqs == list(range(1, 113)), seqs)
    e = entries[-1]
    want = {"SYSLOG_IDENTIFIER": "forkfail", "FORKFAIL_CAUSE": "pids-max", "FORKFAIL_CLASS": "limit",
            "FORKFAIL_UNIT": "web.service", "FORKFAIL_PID": "1112", "FORKFAIL_UID": "1234", "PRIORITY": "4",
            "FORKFAIL_OBJECT": "/system.slice/web.service"}
    check("with fields", all(e.get(k) == v for k, v in want.items()), e)
    check("... and what to do", re.fullmatch("systemctl set-property web.service TasksMax=[1-9][0-9]+", e["FORKFAIL_DO"]) and
          int(e["FORKFAIL_DO"].split("=")[1]) > int(e["FORKFAIL_LIMIT"]), e["FORKFAIL_DO"])
    catalog = open(TOP + "/contrib/agent/forkfail.catalog").read()
    check("... and a message of the catalogue", all("-- " + x["MESSAGE_ID"] + "\n" in catalog for x in entries))
    fields = set(re.findall("@([A-Z_]+)@", catalog))
    check("whose fields are there", fields <= set(e), fields - set(e))
    text = "".join(e["FORKFAIL_LINE"] + "\n" for e in entries if "FORKFAIL_LINE" in e)
    p = subprocess.run([TOP + "/userspace/build/forkfail", "log", "-i", "-", "-r", "-n", "1000", "-o", "SEQ,OBJECT"],
                       input=text, capture_output=True, text=True)
    check("forkfail log reads it back", p.returncode == 0 and len(p.stdout.splitlines()) >= 112, p.stdout[-300:] + p.stderr)
    check("... every line as it was", sorted(set(text.splitlines())) ==
          sorted(set(x for x in open(a.log).read().splitlines() if " seq=" in x)))
    # real ones, with all the keys that there are
    lines = [x for x in dump("log-7.2.txt").splitlines() if " holder_program=" in x][:2] + [
        x for x in dump("log-7.2.txt").splitlines() if " seq=" in x and " kind=selftest " not in x][-9:]
    a.put(HEAD % "real" + "".join(x + "\n" for x in lines))
    got = []
    try:
        while len(got) < len(lines):
            e = recv()
            got += [e["FORKFAIL_LINE"]] if "FORKFAIL_LINE" in e else []
    except socket.timeout:
        pass
    check("%d real lines are what they were" % len(lines), got == lines and len(lines) == 11, [x for x in zip(got, lines) if x[0] != x[1]])

    # names as long as there are, none of whose bytes is printable
    long, comm = "\\xff" * 255, "\\xff" * 15
    full = event(113, when, comm=comm, unit=long[len("/system.slice/") * 4:]).rstrip("\n") + (
        ' holders="%s" holder_program="%s" zombies_parent="%s" holder_process="%s" holder_cgroup="%s" taken_comm="%s"' % (
            "?" * 400, comm, comm, comm, long, comm))
    a.put(log([112], when=when) + full + "\n")
    try:
        while "FORKFAIL_LINE" not in e or e["FORKFAIL_SEQ"] != "113":
            e = recv()
        check("the longest event arrives", e["FORKFAIL_LINE"] == full, e)
        a.put(log([112], when=when) + full + " repeat=500 last=%s\n" % full.split()[0])
        e = recv()
        check("... and how long its storm was", e.get("FORKFAIL_REPEAT") == "500" and "501 times" in e["MESSAGE"], e)
    except socket.timeout:
        check("the longest event, and how long its storm was", False)
    written = a.value('forkfail_history_events_total{result="written"}')
    a.put(log([112], when=when) + full + "\n" + event(114, when).rstrip("\n") + ' of_a_newer_module="%s"\n' % ("x" * 20000))
    check("an event that is too large is lost", wait_for(
        lambda: a.value('forkfail_history_events_total{result="lost"}') == 1, 5))
    check("... and not written", a.value('forkfail_history_events_total{result="written"}') == written)

    journal.close()
    os.unlink(path)
    a.put(log(range(1, 118)))
    check("the journal is gone: events wait", wait_for(lambda: a.value("forkfail_history_waiting") == 3, 20))
    a.stop()


def rss_ok(a, what):
    if os.environ.get("FORKFAIL_AGENT"):
        return
    lck, rss = a.memory("VmLck"), a.memory("VmHWM")
    check("%s: %d kB locked, at most %d kB in use" % (what, lck, rss), 0 < lck <= 16384 and rss <= 16384)


def test_sandbox():
    a = Agent(TOP, log([1]), page())
    status = open("/proc/%d/status" % a.proc.pid).read()
    check("a filter is on", re.search(r"^Seccomp:\s+2$", status, re.M))
    check("one thread", re.search(r"^Threads:\s+1$", status, re.M))
    newer = subprocess.run([TOP + "/tests/lib/newer-symbols", TOP + "/userspace/build/forkfail-agent"],
                           capture_output=True, text=True)
    check("no function that the C library of Debian 11 does not have", newer.stdout + newer.stderr == "", newer)
    rss_ok(a, "memory")
    a.stop()
    # the filter itself, in a program that then tries
    src = a.dir + "/try.c"
    with open(src, "w") as f:
        f.write('#include <errno.h>\n#include <pthread.h>\n#include <stdio.h>\n#include <unistd.h>\n'
                '#include <sys/syscall.h>\n#include "agent/sandbox.h"\nconst char *program = "t";\n'
                'static void *none(void *p) { return p; }\n'
                'int main(int c, char **v) { pthread_t t; (void)c; sandbox_process();\n'
                'printf("%d", fork() == -1 && errno == EPERM);\n'
                'printf("%d", vfork() == -1 && errno == EPERM);\n'
                'printf("%d", syscall(SYS_clone3, 0, 0) == -1 && errno == EPERM);\n'
                'printf("%d", pthread_create(&t, 0, none, 0) == EPERM);\n'
                'printf("%d\\n", execv("/bin/true", v) == -1 && errno == EPERM); return 0; }\n')
    u = TOP + "/userspace/"
    p = subprocess.run(["gcc", "-D_GNU_SOURCE", "-I" + u, "-o", a.dir + "/try", src, u + "agent/sandbox.c", u + "util.c",
                        "-Dmain=main", "-w", "-pthread", "-Wl,--allow-multiple-definition"], capture_output=True, text=True)
    p = subprocess.run([a.dir + "/try"], capture_output=True, text=True) if p.returncode == 0 else p
    check("fork, vfork, clone3, a thread and execve are refused", p.stdout == "11111\n", p.stdout + p.stderr)


def test_manifest():
    """The agent accepts the options in the manifest for Kubernetes and in the unit."""
    text = open(TOP + "/contrib/fleet/daemonset.yaml").read()
    args = json.loads(re.search(r"^ *args: (\[.*\])$", text, re.M)[1])
    p = subprocess.run([TOP + "/userspace/build/forkfail-agent"] + args + ["--help"], capture_output=True, text=True)
    check("the manifest's options are the agent's", len(args) > 1 and p.returncode == 0, p.stderr)
    p = subprocess.run([TOP + "/userspace/build/forkfail-agent", "--web.nothing=1", "--help"], capture_output=True, text=True)
    check("... and others are not", p.returncode == 2)
    name, port = re.search(r"name: (\w+), containerPort: (\d+)", text).groups()
    wanted = re.search(r"__meta_kubernetes_pod_container_port_name.*\n.*regex: (\w+)",
                       open(TOP + "/contrib/fleet/prometheus.yml").read())
    check("it is scraped where it listens", '--web.listen-address=:%s' % port in args and
          wanted and wanted[1] == name, wanted)
    for want in ("hostPID: true", "privileged: true"):
        check("the manifest has %s" % want, want in text)


def test_activation():
    a = Agent(TOP, log([1]), page())
    a.stop()
    os.unlink(a.sock)
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(a.sock)
    unix.listen(5)
    tcp = socket.socket()
    tcp.bind(("127.0.0.1", 0))
    tcp.listen(5)
    fds = [os.dup(unix.fileno()), os.dup(tcp.fileno())]
    a.port = tcp.getsockname()[1]

    def child(more=()):
        high = [os.dup2(fds[0], 50), os.dup2(fds[1], 51)]
        os.dup2(high[0], 3)
        os.dup2(high[1], 4)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2")
        os.execv(TOP + "/userspace/build/forkfail-agent", ["forkfail-agent", "--history.journal=", "--path.log=" + a.log,
                 "--path.page=" + a.page, *more])
    pid = os.fork()
    if not pid:
        os.dup2(os.open("/dev/null", os.O_RDWR), 1)
        child()
    check("systemd's sockets: TCP", wait_for(a.try_get, 20))
    check("... and the Unix socket, with names", a.get("/events", local=True)[0] == 200 and a.get("/events")[0] == 403)
    os.kill(pid, 15)
    os.waitpid(pid, 0)
    pid = os.fork()
    if not pid:
        os.dup2(os.open(a.dir + "/err", os.O_WRONLY | os.O_APPEND), 2)
        child(["--web.listen-address=:%d" % a.port])
    status = os.waitpid(pid, 0)[1]
    said = open(a.dir + "/err").read()
    check("an address that systemd's socket has: wrong usage, and what to do", os.waitstatus_to_exitcode(status) == 2 and
          "systemctl edit forkfail-agent.socket" in said, said)


def test_late():
    """What is not there when the agent starts: the module, the machine's name."""
    a = Agent(TOP, args=["--path.log=/nonexistent", "--path.page=/nonexistent"])
    check("no module at the start is said", wait_for(lambda: any("not loaded" in x.get("notice", "") for x in a.lines())))
    a.stop()
    a = Agent(TOP, page=page())
    check("... as well as that it came", wait_for(lambda: any("not loaded" in x.get("notice", "") for x in a.lines())))
    a.put(log([1]))
    check("... which was the first time", wait_for(lambda: any("is loaded:" in x.get("notice", "") for x in a.lines())),
          a.lines())
    a.stop()
    if os.getuid():
        return
    ask = ("import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1])); "
           "c.request('GET', '/metrics', headers={'Host': sys.argv[2]}); print(c.getresponse().status)")
    code = ("import os, socket, subprocess, sys, time\n"
            "socket.sethostname('before')\n"
            "p = subprocess.Popen(sys.argv[1].split() + ['--web.listen-address=127.0.0.1:' + sys.argv[2]], stdout=subprocess.DEVNULL)\n"
            "time.sleep(1)\n"
            "socket.sethostname('after')\n"
            "for host in 'after', 'before':\n"
            "    subprocess.run([sys.executable, '-c', sys.argv[3], sys.argv[2], host])\n"
            "p.terminate(); p.wait()\n")
    p = subprocess.run(["unshare", "--uts", sys.executable, "-c", code,
                        "%s --path.log=%s --path.page=%s --history.journal= --history.state-directory=%s" % (
                            TOP + "/userspace/build/forkfail-agent", a.log, a.page, a.dir), str(free_port()), ask],
                       capture_output=True, text=True)
    check("the machine's name may change while it runs", p.stdout.split() == ["200", "403"], p.stdout + p.stderr)


def test_mounts():
    """On a host with a thousand containers, the list of mounts has megabytes."""
    if os.getuid() != 0:
        return check("only root can mount", True)
    a = Agent(TOP, log([1]), page())
    a.stop()
    script = a.dir + "/many"
    with open(script, "w") as f:
        f.write('import ctypes, os, sys\nlibc = ctypes.CDLL(None)\n'
                'to = sys.argv[1] + ("/" + "d" * 200) * 3\nos.makedirs(to)\nto = to.encode()\n'
                'assert not libc.mount(b"none", to, b"tmpfs", 0, None)\n'
                'for _ in range(8000):\n    assert not libc.mount(to, to, None, 4096, None)  # MS_BIND\n'
                'assert os.read(os.open("/proc/self/mountinfo", os.O_RDONLY), 1)\n'
                'os.execv(sys.argv[2], sys.argv[2:])\n')
    a.wrapper = ["unshare", "-m", sys.executable, "-B", script, a.dir]
    a.start()
    check("it has looked for cgroups among 8000 mounts", wait_for(
        lambda: a.value("forkfail_walk_age_seconds") is not None))
    rss_ok(a, "then")
    a.stop()


def test_day():
    """As many events as on a bad day, a hundred every second: nothing grows, none is lost."""
    a = Agent(TOP, log([]), page())
    time.sleep(3)
    before, n = a.memory("VmLck"), 0
    for i in range(600 if os.environ.get("FORKFAIL_LONG") else 12):
        a.put(log(range(n + 1, n + 101)), page([("pids-max", n + 100)]))
        n += 100
        check_all = wait_for(lambda: a.value('forkfail_history_events_total{result="written"}') == n, 20)
        a.get("/", local=True)
        if not check_all:
            break
    check("%d events: all are written" % n, check_all and len(a.events()) == n, len(a.events()))
    check("... and memory is what it was: %d kB" % a.memory("VmLck"), a.memory("VmLck") == before)
    a.stop()


def test_bad_day():
    """Failures of each class in each slot of both plots; for the agent, the clock is ahead by what is in a file."""
    if os.environ.get("FORKFAIL_AGENT"):
        return check("a sanitizer has to come first in the program", True)
    ahead = "/tmp/ff-ahead.%d" % os.getpid()
    a, p = preloaded('#include <fcntl.h>\n#include <stdlib.h>\n#include <sys/syscall.h>\n#include <time.h>\n#include <unistd.h>\n'
                'int clock_gettime(clockid_t clock, struct timespec *ts) { char text[16] = ""; int fd;\n'
                'if (syscall(SYS_clock_gettime, clock, ts)) return -1;\n'
                'if (clock != CLOCK_MONOTONIC) return 0;\n'
                'fd = open("%s", O_RDONLY); if (fd < 0) return 0;\n'
                'if (read(fd, text, 15) > 0) ts->tv_sec += atol(text);\n'
                'close(fd); return 0; }\n' % ahead,
                     dump("log-7.2.txt"), page())
    p = p if p.returncode else subprocess.run([TOP + "/userspace/build/forkfail", "explain", "-l"], capture_output=True, text=True)
    causes = [x.split()[0] for x in p.stdout.splitlines()[1:] if x[:1].islower()]
    now = 0
    for i in range(160):
        # quarters of an hour, then minutes
        a.put(page=page([(c, (i + 1) * 1000) for c in causes]))
        now += 900 if i < 98 else 60
        with open(ahead + ".new", "w") as f:
            f.write(str(now))
        os.rename(ahead + ".new", ahead)
        a.get("/-/healthy")
        a.get("/-/healthy")
    text = a.get("/", local=True)[2]
    drawn = [len(re.findall("M[0-9]", x)) for x in re.findall('<path class="[a-z]+"[^>]* d="([^"]*)"', text)]
    check("each plot has six classes in nearly all slots", p.returncode == 0 and len(drawn) == 12 and
          all(n > 55 for n in drawn[:6]) and all(n > 90 for n in drawn[6:]), (drawn, p.stderr))
    check("... and the page is whole, with %d causes: %d bytes" % (len(causes), len(text)), text.endswith("</html>\n"))
    a.stop()
    os.unlink(ahead)


def test_browser():
    """Pictures for a person, in $FORKFAIL_PICTURES; none without that and a chromium."""
    to = os.environ.get("FORKFAIL_PICTURES")
    if not to:
        return check("no pictures are wanted", True)
    os.makedirs(to, exist_ok=True)
    a = Agent(TOP, log([]), page())
    d = a.dir

    def picture(name, size, scheme=1):
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                        "--disable-background-networking", "--disable-component-update", "--disable-sync",
                        "--user-data-dir=%s/%s" % (d, name), "--hide-scrollbars", "--window-size=" + size,
                        "--blink-settings=preferredColorScheme=%d" % scheme,
                        "--screenshot=%s/%s.png" % (to, name), "file://%s/%s.html" % (d, name)],
                       capture_output=True, check=False)
        check("picture %s" % name, os.path.exists("%s/%s.png" % (to, name)))

    def save(name, local, phone=False):
        # a browser's own window is not as narrow as a phone: there, the page is a frame
        with open("%s/%s.html" % (d, name + "-frame" * phone), "w") as f:
            f.write(a.get("/", local=local)[2])
        if phone:
            with open("%s/%s.html" % (d, name), "w") as f:
                f.write('<body style="margin:0"><iframe style="border:0" width=360 height=2500 src="%s-frame.html">' % name)

    time.sleep(3)
    save("well", False)
    picture("well", "1000,900")
    now = time.time() - 40
    a.put(log([1, 2]) + event(3, now, comm="php-fpm8.2", unit="php8.2-fpm.service", repeat=4180),
          page([("pids-max", 4181), ("rlimit-nproc", 12)]))
    time.sleep(3)
    save("incident", True)
    picture("incident", "1000,1300", 0)
    save("incident-phone", True, True)
    picture("incident-phone", "500,2500")
    save("incident-tcp", False)
    picture("incident-tcp", "1000,1100")
    a.put(dump("log-7.2.txt"), dump("page-7.2.txt"))
    time.sleep(3)
    for name, size, scheme, phone in (("largest-light", "1000,5200", 1, False), ("largest-dark", "1000,5200", 0, False),
                                      ("largest-phone", "500,2500", 1, True)):
        save(name, True, phone)
        picture(name, size, scheme)
    a.stop()


def hold(n, make, send=b""):
    socks = []
    for _ in range(n):
        try:
            s = make()
            s.settimeout(30)
            if send:
                s.sendall(send)
            socks.append(s)
        except OSError:
            pass
    return socks


def test_clients():
    a = Agent(TOP, dump("log-7.2.txt"), dump("page-7.2.txt"))
    time.sleep(1.5)
    tcp = lambda: socket.create_connection(("127.0.0.1", a.port), 5)

    def unix():
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(5)
        s.connect(a.sock)
        return s

    for what, send in (("silent", b""), ("half a request", b"GET /metrics HTTP/1.1\r\nHost: loc")):
        for where, make, local in (("TCP", tcp, False), ("the Unix socket", unix, True)):
            socks = hold(1000, make, send)
            since = time.time()
            try:
                ok = a.get("/metrics", local=local)[0] == 200
            except OSError as e:
                ok = e
            check("%d %s clients on %s: a scrape in %.1f s" % (len(socks), what, where, time.time() - since),
                  ok is True and len(socks) > 900 and time.time() - since < 3, ok)
            for s in socks:
                s.close()

    last = a.get("/events", local=True)[1]["X-Forkfail-Cursor"]
    socks = hold(1000, unix, b"GET /events?wait=300&after=%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % last.encode())
    since = time.time()
    try:
        ok = a.get("/metrics", local=True)[0] == 200
    except OSError as e:
        ok = e
    check("%d clients that wait for events: another is answered in %.1f s" % (len(socks), time.time() - since),
          ok is True and time.time() - since < 8, ok)
    for s in socks:
        s.close()

    # clients that do not read their answers
    socks = hold(40, unix, b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
    socks += hold(40, tcp, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
    try:
        ok = a.get("/metrics")[0] == 200 and a.get("/metrics", local=True)[0] == 200
    except OSError as e:
        ok = e
    check("80 clients that do not read their answers", ok is True, ok)
    a.put(log(range(300, 310), load="third"))
    check("... new events are seen all the same", wait_for(lambda: [e["seq"] for e in a.events()][-1] == 309, 20))
    rss_ok(a, "with all of them")
    for s in socks:
        s.close()

    s = tcp()
    s.settimeout(5)
    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20000 + b"\r\n\r\n")
    try:
        answer = s.recv(100)
    except OSError:
        answer = b""
    check("a request of 20,000 bytes is refused", b" 431 " in answer or b" 413 " in answer or not answer, answer)
    s = tcp()
    s.sendall(b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n")
    s.settimeout(5)
    check("a body is refused before it comes", b" 405 " in s.recv(100))

    s = tcp()
    s.settimeout(1)
    since, sent = time.time(), 0
    try:
        for c in b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 60:
            s.sendall(bytes([c]))
            sent += 1
            time.sleep(0.5)
            if select.select([s], [], [], 0)[0] and not s.recv(100):
                break
    except OSError:
        pass
    check("a client that sends a byte at a time is cut after 20 s: %.0f s" % (time.time() - since),
          15 < time.time() - since < 26)

    s = unix()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    a.put(dump("log-7.2.txt"))
    time.sleep(2)
    s.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n" * 30)
    since, before = time.time(), a.value("forkfail_http_refused_total")
    while a.value("forkfail_http_refused_total") == before and time.time() - since < 40:
        time.sleep(0.5)
        s.recv(16)
    check("a client that takes a few bytes at a time is cut: %.0f s" % (time.time() - since),
          15 < time.time() - since < 30)
    rss_ok(a, "at the end")
    check("it ends at once, whoever is connected", a.stop() == 0)


def test_tls():
    a = Agent(TOP, log([1]), page())
    a.stop()
    d = a.dir
    ok = subprocess.run(["bash", "-ec", """cd "$0"
        openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca
        for n in server client; do
            openssl req -newkey rsa:2048 -nodes -keyout $n.key -out $n.csr -subj /CN=$n
            openssl x509 -req -in $n.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out $n.pem
        done
        openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other
        """, d], capture_output=True, text=True)
    if ok.returncode:
        return check("certificates", False, ok.stderr)
    a.args = ["--web.tls-cert=%s/server.pem" % d, "--web.tls-key=%s/server.key" % d, "--web.tls-client-ca=%s/ca.pem" % d]
    a.start(local=True)

    def ask(cert):
        ctx = ssl._create_unverified_context()
        if cert:
            ctx.load_cert_chain("%s/%s.pem" % (d, cert), "%s/%s.key" % (d, cert))
        try:
            c = http.client.HTTPSConnection("127.0.0.1", a.port, timeout=10, context=ctx)
            c.request("GET", "/events")
            return c.getresponse().status
        except OSError:
            return 0
    check("a client with a certificate sees names", ask("client") == 200)
    check("one without gets nothing", ask(None) in (0, 403), ask(None))
    check("one with somebody else's, too", ask("other") in (0, 403))
    try:
        plain = a.get("/metrics")[0]
    except (OSError, http.client.HTTPException):
        plain = 0
    check("there is no plain TCP then", plain == 0)
    ctx = ssl._create_unverified_context()
    ctx.load_cert_chain(d + "/client.pem", d + "/client.key")

    def do_not_read(ports):
        """As many as each takes; each client asks for more than the socket's buffers hold."""
        socks = []
        for port in ports:
            for _ in range(40):
                try:
                    s = ctx.wrap_socket(socket.create_connection(("127.0.0.1", port), 5))
                    s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 150)
                    socks.append(s)
                except OSError:
                    pass
        return socks
    a.put(dump("log-7.2.txt"), dump("page-7.2.txt"))
    time.sleep(1.5)
    socks = do_not_read([a.port])
    check("40 clients with TLS that do not read", len(socks) > 20 and ask("client") == 200, len(socks))
    rss_ok(a, "with TLS")
    for s in socks:
        s.close()
    a.stop()
    ports = [free_port() for _ in range(6)]
    a.args += ["--web.listen-address=127.0.0.1:%d" % port for port in ports]
    a.start(local=True)
    time.sleep(1.5)
    socks = do_not_read([a.port] + ports)
    check("40 of them on each of 7 sockets", len(socks) > 100 and ask("client") == 200, len(socks))
    rss_ok(a, "with TLS on all the sockets that there can be")
    a.stop()


def all_at_once(names):
    """Most of them wait most of the time."""
    running = [subprocess.Popen([sys.executable, "-B", __file__, TOP, n[5:]], stdout=subprocess.PIPE, text=True)
               for n in names]
    sums = [0, 0]
    for p in running:
        out = p.communicate()[0]
        print(re.sub(r"\d+ passed, \d+ failed\n$", "", out), end="", flush=True)
        last = re.search(r"(\d+) passed, (\d+) failed\n$", out)
        sums = [sums[0] + int(last[1]), sums[1] + int(last[2])] if last else [sums[0], sums[1] + 1]
    print("%d passed, %d failed" % tuple(sums))
    sys.exit(sums[1] != 0)


tests = [t for t in list(globals()) if t.startswith("test_")]
if not sys.argv[2:]:
    all_at_once(tests)
for t in ["test_" + x for x in sys.argv[2:]]:
    before = time.time()
    try:
        globals()[t]()
    except Exception as e:  # pylint: disable=broad-except
        import traceback
        check(t + " came to its end", False, traceback.format_exc())
    print("# %s: %.1f s" % (t, time.time() - before), flush=True)
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed != 0)
