"""Runs `mpathsim` and reads the files that it writes (docs/results.md)."""

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
#: The colours of all figures: each means one thing.
COLOURS = {"bio": "#0072B2", "request": "#D55E00", "single": "#75808F"}

_FOLDER = tempfile.TemporaryDirectory(prefix="mpathsim-")
_RUNS = iter(range(10**9))


def _run(words):
    program = os.environ.get("MPATHSIM", str(ROOT / "target/release/mpathsim"))
    # Kernels ask for colours, which a page would show as escapes.
    return subprocess.run(
        [program, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def command(*words, check=True):
    """What the command prints. `MPATHSIM` names another build of it."""
    done = _run(words)
    if check and done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout


def status(*words):
    """The exit code of a command, and what it prints."""
    done = _run(words)
    return done.returncode, done.stdout + done.stderr


def run(scenario, sets=None, seed=None, modes=()):
    """Runs a scenario with `sets` changed and reads its results."""
    folder = Path(_FOLDER.name) / str(next(_RUNS))
    words = ["run", scenario, "--quiet", "--one-profile", "--out", folder]
    for key, value in (sets or {}).items():
        words += ["--set", f"{key}={json.dumps(value)}"]
    if seed is not None:
        words += ["--seed", seed]
    for mode in modes:
        words += ["--mode", mode]
    command(*words)
    return Result(folder)


class Result:
    """A folder of results."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.summary = json.loads((self.folder / "summary.json").read_text())

    def _by_mode(self, of):
        return {run["mode"]: of(run) for run in self.summary["runs"]}

    def applications(self):
        """What the application saw, a row a mode."""
        keep = ("ios", "errors", "iops", "bytes_per_second")
        rows = self._by_mode(lambda run: {key: run["application"][key] for key in keep})
        frame = pd.DataFrame.from_dict(rows, orient="index")
        return frame.join(self.latencies()[["mean_ns", "p99_ns"]]).rename_axis("mode")

    def latencies(self):
        """The application's latency, a row a mode."""
        rows = self._by_mode(lambda run: run["application"]["latency"])
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("mode")

    def layers(self):
        """Multipath and path devices, a row a mode and layer."""
        rows = {
            (run["mode"], layer): run[layer]
            for run in self.summary["runs"]
            for layer in ("multipath", "path_devices")
        }
        frame = pd.DataFrame.from_dict(rows, orient="index")
        return frame.rename_axis(["mode", "layer"])

    def paths(self):
        """Every path of every map, by mode."""
        rows = self._by_mode(lambda run: pd.DataFrame(run["paths"]))
        return pd.concat({mode: frame for mode, frame in rows.items() if len(frame)})

    def failovers(self):
        """What followed each fault, by mode."""
        return {mode: f for mode, f in self._by_mode(lambda run: run.get("failover")).items() if f}

    @property
    def series(self):
        """Completions over time."""
        return pd.read_csv(self.folder / "series.csv")

    def plot(self, kind):
        """The path of a figure that the command draws."""
        path = self.folder / f"{kind}.svg"
        command("plot", self.folder, "--kind", kind, "--out", path)
        return path

    def figure(self, kind):
        """The same as a picture in a notebook, as wide as there is room."""
        from IPython.display import SVG

        size = re.compile(r'^<svg([^>]*?) width="[^"]*" height="[^"]*"')
        return SVG(size.sub(r'<svg\1 width="100%"', self.plot(kind).read_text()))
