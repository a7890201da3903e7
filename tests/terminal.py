"""`mpathsim run` in a terminal: bars where it can, plain text where it cannot.

Run by scripts/test.sh; needs nothing but Python.
"""

import os
import pty
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MPATHSIM = os.environ.get("MPATHSIM", str(ROOT / "target/release/mpathsim"))
UTF8 = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}


def run(folder, environment):
    """What a run writes to a terminal."""
    words = [MPATHSIM, "run", "scenarios/quick-start.toml", "--one-profile", "--out", folder]
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        words, cwd=ROOT, env=environment, stdout=theirs, stderr=subprocess.DEVNULL
    )
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
    assert child.wait() == 0
    return text.decode()


class Terminal(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def run_in(self, **environment):
        return run(self.folder.name, environment)

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
