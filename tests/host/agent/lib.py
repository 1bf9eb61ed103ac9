# SPDX-License-Identifier: GPL-2.0-or-later
"""What the agent's tests share: an agent that is started, asked and ended."""
import atexit
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time


def wait_for(what, seconds=60):
    """Whether what() becomes true in that time, which is long: the machine may be busy."""
    end = time.time() + seconds
    while time.time() < end:
        if what():
            return True
        time.sleep(0.1)
    return what()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=30):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Agent:
    """One agent, with files of its own for the module's log and page."""

    def __init__(self, top, log=None, page=None, args=(), stdout=None, state=None, tcp="127.0.0.1:0"):
        self.dir = tempfile.mkdtemp(prefix="ff-agent.")
        os.chmod(self.dir, 0o755)
        self.top, self.args, self.tcp = top, list(args), tcp
        self.log, self.page = self.dir + "/log", self.dir + "/page"
        self.sock, self.out = self.dir + "/sock", self.dir + "/out"
        self.state = state or self.dir
        self.put(log, page)
        self.stdout, self.wrapper = stdout, []
        atexit.register(lambda: self.proc.kill())  # pylint: disable=unnecessary-lambda
        self.start()

    def put(self, log=None, page=None):
        """New contents; put in place at once, and the log in the file that is open."""
        if log is not None:
            with open(self.log, "r+" if os.path.exists(self.log) else "w") as f:
                f.write(log)
                f.truncate()
        if page is not None:
            with open(self.page + ".new", "w") as f:
                f.write(page)
            os.rename(self.page + ".new", self.page)

    def start(self, local=False):
        self.port = free_port()
        command = [os.environ.get("FORKFAIL_AGENT") or self.top + "/userspace/build/forkfail-agent",
                   "--web.listen-address=127.0.0.1:%d" % self.port,
                   "--web.listen-address=unix:" + self.sock,
                   "--path.log=" + self.log, "--path.page=" + self.page,
                   "--history.state-directory=" + self.state]
        if not any(a.startswith("--history.journal") for a in self.args):
            command.append("--history.journal=")
        stdout = self.stdout or open(self.out, "a")
        self.proc = subprocess.Popen(self.wrapper + command + self.args, stdin=subprocess.DEVNULL, stdout=stdout,
                                     stderr=open(self.dir + "/err", "a"))
        wait_for(lambda: os.path.exists(self.sock) and self.try_get(local))

    def try_get(self, local=False):
        try:
            return self.get("/-/healthy", local=local)[0] == 200
        except OSError:
            return False

    def get(self, url, headers=None, local=False, timeout=30):
        """Status, headers and body."""
        c = UnixConnection(self.sock, timeout) if local else \
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        c.request("GET", url, headers=headers or {})
        r = c.getresponse()
        body = r.read().decode()
        c.close()
        return r.status, r.headers, body

    def value(self, series, local=False):
        for line in self.get("/metrics", local=local)[2].splitlines():
            if line.startswith(series + " "):
                return float(line.split()[-1])
        return None

    def newest_read(self):
        """The number of the newest event that the agent has read."""
        return int(self.get("/events", local=True)[1]["X-Forkfail-Cursor"].split(":")[-1])

    def memory(self, field):
        for line in open("/proc/%d/status" % self.proc.pid):
            if line.startswith(field + ":"):
                return int(line.split()[1])
        return 0

    def lines(self):
        with open(self.out) as f:
            return [json.loads(x) for x in f.read().splitlines()]

    def events(self):
        return [x for x in self.lines() if "seq" in x]

    def stop(self):
        self.proc.send_signal(signal.SIGTERM)
        return self.proc.wait(60)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def stamp(t):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(t)) + ".%06dZ" % (t % 1 * 1000000)


HEAD = "forkfail 1 kernel 6.1.0 loaded 1m00s ago points 41/41 missed 0 unexplained 0 restarts 0 lost 0 load %s\n"


def event(seq, when, repeat=0, comm="worker", unit="web.service", uid=1234):
    return ('%s seq=%d cause=pids-max errno=EAGAIN kind=process proof=witness step=cgroup_can_fork '
            'pid=%d tgid=%d comm="%s" uid=%d limit=10 in_use=10 unit=tasks scope=cgroup '
            'object="/system.slice/%s" cgroup="/system.slice/%s" pidns=4026531836 '
            'userns=4026531837 flags=0x0%s\n' % (
                stamp(when), seq, 1000 + seq, 1000 + seq, comm, uid, unit, unit,
                " repeat=%d last=%s" % (repeat, stamp(when)) if repeat else ""))


def log(seqs, load="first", when=None, **more):
    when = when or time.time() - 30
    return HEAD % load + "".join(event(s, when, **more) for s in seqs)


def page(counts=(), load="first"):
    """A page with rows of cause and count."""
    rows = "".join("%-30s %6d    16s  EAGAIN              -          -  -\n" % c for c in counts)
    answer = 'last: 3s ago worker[1001] uid 1234 could not create a process: pids.max of web.service\n' \
        'possible: pids-max, threads-max\n' \
        'also: 8 ns-cap (policy)\nalso: 1 rlimit-nproc (limit): uid 2000\n' \
        if counts else ""
    return (HEAD % load + answer + "\n" +
            "cause                           count   last  errno           limit     in_use  object\n" +
            rows)


def series(text):
    return [x for x in text.splitlines() if x and not x.startswith("#")]


def names_in(text):
    # a bare 1234 may be part of a time or of a size
    return re.findall(r"worker|web\.service|uid 1234|\"1234\"|system\.slice", text)
