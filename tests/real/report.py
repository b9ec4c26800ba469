"""What a test says: a line for each check, `ok NAME`, `FAILED NAME: why` or `SKIP NAME: reason`; `# ` before the rest."""
import signal
import sys


class Report:
    def __init__(self, prefix):
        self.prefix = prefix
        self.failures = 0
        # So that what was made is taken away, whatever ends the test.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
        signal.signal(signal.SIGHUP, lambda *_: sys.exit("ended by a signal"))

    def check(self, is_good, name, why=""):
        if is_good:
            print(f"ok {self.prefix}.{name}", flush=True)
        else:
            self.failures += 1
            print(f"FAILED {self.prefix}.{name}: {one_line(why)}", flush=True)
        return bool(is_good)

    def skip(self, name, reason):
        print(f"SKIP {self.prefix}.{name}: {one_line(reason)}", flush=True)

    def note(self, text):
        for line in str(text).splitlines():
            print("# " + line, flush=True)

    def status(self):
        return 1 if self.failures else 0


def one_line(text):
    return " ".join(str(text).split())[:2000] or "no reason given"
