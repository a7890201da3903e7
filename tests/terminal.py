"""`mpathsim run` in a terminal: bars where it can, plain text where it cannot.

Run by scripts/test.sh; needs nothing but Python.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import tempfile
import termios
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MPATHSIM = os.environ.get("MPATHSIM", str(ROOT / "target/release/mpathsim"))
UTF8 = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}


def run(folder, environment, columns=80, errors=False, words=(), code=0):
    """What a command writes to a terminal, or only what is for errors and progress."""
    run = ["run", "scenarios/quick-start.toml", "--one-profile", "--out", folder]
    words = [MPATHSIM, *(words or run)]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    streams = {"stdout": theirs, "stderr": subprocess.DEVNULL}
    if errors:
        streams = {"stdout": subprocess.DEVNULL, "stderr": theirs}
        # Long enough for a bar to be drawn.
        words[2] = "scenarios/poisson-arrivals.toml"
        words += ["--set", "workload.open.0.runtime=60s"]
    child = subprocess.Popen(words, cwd=ROOT, env=environment, **streams)
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # The other end is closed (EIO).
            break
        if not part:
            break
        text += part
    os.close(ours)
    assert child.wait() == code
    return text.decode()


class Terminal(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def run_in(self, **environment):
        return run(self.folder.name, environment)

    def test_bars_are_no_wider_than_the_terminal(self):
        for columns in (40, 60, 80):
            text = run(self.folder.name, UTF8, columns).replace("\r", "")
            bars = re.sub(r"\x1b\[[0-9;]*m", "", text.split("\n\n")[0]).splitlines()
            self.assertIn("████████", "".join(bars))
            self.assertLess(max(map(len, bars)), columns)

    def test_no_line_is_wider_than_the_terminal(self):
        scenario = "scenarios/failover/random-faults.toml"
        out = self.folder.name + "/run"
        failover = ["run", scenario, "--one-profile", "--overwrite", "--out", out]
        compare = ["compare", "round-robin", "queue-length", "--replications", "2"]
        compare += ["--scenario", "scenarios/unequal-ports.toml"]
        tournament = ["tournament", "scenarios/unequal-ports.toml", "--replications", "3"]
        sensitivity = ["sensitivity", "round-robin", "queue-length", "--replications", "3"]
        sensitivity += ["--scenario", "scenarios/poisson-arrivals.toml", "--mode", "bio"]
        sensitivity += ["--vary", "workload.open.0.rate_iops=1000..2000", "--steps", "2"]
        check = ["regress", "check", "tests/regression/matrix.toml", "--cell"]
        check += ["closed, least-pending, request mode"]
        sweep = ["sweep", self.short_sweep(), "--overwrite", "--out", self.folder.name + "/swept"]
        tables = (failover, compare, tournament, sensitivity, check, sweep)
        for words in (*tables, ["run", "--help"], ["sweep", "--help"]):
            for columns in (60, 70, 80):
                text = run(self.folder.name, UTF8, columns, words=words).replace("\r", "")
                lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
                written = [line for line in lines if "written to" not in line]
                self.assertLessEqual(max(map(len, written)), columns, (words, columns))
        file = Path(out, "comparison.txt").read_text()
        plain = subprocess.run([MPATHSIM, *failover], cwd=ROOT, capture_output=True, check=True)
        self.assertIn(file, plain.stdout.decode())
        self.assertGreater(max(map(len, file.splitlines())), 100)

    def short_sweep(self):
        """A sweep whose table is wider than any terminal."""
        file = Path(self.folder.name, "short.toml")
        scenario = ROOT / "scenarios/poisson-arrivals.toml"
        figures = ["iops", "mib_per_s", "lat_mean_us", "lat_p99_us", "lat_p999_us"]
        file.write_text(
            f'scenario = "{scenario}"\n[sweep]\nmetrics = {figures}\n[[sweep.axis]]\n'
            'key = "workload.open.0.rate_iops"\nvalues = [1000, 2000]\n'
        )
        return str(file)

    def test_a_red_check_has_commands_that_can_be_copied(self):
        """A line that is broken by the program is none."""
        folder = Path(self.folder.name)
        scenario = (ROOT / "scenarios/poisson-arrivals.toml").read_text()
        good = scenario.replace('"round-robin"', '"least-pending"')
        (folder / "mine.toml").write_text(good)
        (folder / "matrix.toml").write_text(
            'scenarios = ["mine.toml"]\nmodes = ["request"]\nreplications = 6\n'
            '[[metric]]\nname = "lat_mean_us"\nmargin_percent = 1\n'
        )
        matrix = str(folder / "matrix.toml")
        subprocess.run([MPATHSIM, "regress", "record", matrix], check=True, capture_output=True)
        (folder / "mine.toml").write_text(scenario)
        check = ["regress", "check", matrix]
        text = run(self.folder.name, UTF8, 60, words=check, code=1).replace("\r", "")
        command = f"{MPATHSIM} regress check {matrix} --cell 'mine, request mode'"
        self.assertIn(command, text.splitlines()[-1])
        others = [line for line in text.splitlines() if command not in line]
        self.assertLessEqual(max(map(len, others)), 60)
        self.assertNotIn("\x1b", text)

    def test_progress_is_plain_where_nothing_else_can_be_shown(self):
        dumb = run(self.folder.name, {"TERM": "dumb", "LC_ALL": "C.UTF-8"}, errors=True)
        self.assertEqual(dumb, "")
        ascii_only = run(self.folder.name, {"TERM": "xterm", "LC_ALL": "C"}, errors=True)
        self.assertIn("to go", ascii_only)
        self.assertTrue(ascii_only.isascii(), ascii_only)
        self.assertFalse(run(self.folder.name, UTF8, errors=True).isascii())

    def test_bars_and_colours(self):
        text = self.run_in(**UTF8)
        self.assertIn("█", text)
        self.assertIn("\x1b[38;5;", text)
        self.assertIn("I/Os over time", text)
        self.assertIn("multipath device", text)

    def test_no_color_is_respected(self):
        text = self.run_in(NO_COLOR="1", **UTF8)
        self.assertIn("█", text)
        self.assertNotIn("\x1b", text)
        # Set but empty is not set.
        self.assertIn("\x1b[38;5;", self.run_in(NO_COLOR="", **UTF8))

    def test_plain_where_blocks_cannot_be_shown(self):
        for environment in ({"TERM": "dumb", "LC_ALL": "C.UTF-8"}, {"TERM": "xterm", "LC_ALL": "C"}, {}):
            text = self.run_in(**environment)
            self.assertNotIn("█", text)
            self.assertNotIn("\x1b", text)
            self.assertIn("multipath device", text)

    def test_plain_into_a_pipe(self):
        words = [MPATHSIM, "run", "scenarios/quick-start.toml", "--one-profile"]
        done = subprocess.run(
            [*words, "--out", self.folder.name], cwd=ROOT, env=UTF8, capture_output=True, check=True
        )
        self.assertNotIn("█".encode(), done.stdout)
        self.assertNotIn(b"\x1b", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
