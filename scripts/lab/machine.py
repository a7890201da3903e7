"""The rebuilt machine of the kernel observations: boots it and runs a script.

QEMU counts instructions (`-icount shift=0,sleep=off`): each takes one nanosecond, and
a CPU that sleeps skips to its next timer. One CPU, no devices but a serial line,
everything in memory. What `setup.sh` has made is looked for in $LAB, by default
target/lab.

A script writes sections to the file /tmp/report, each below a line `@@name`. It is
sent over the serial line at the end: nothing else can get into it.
"""

import gzip
import os
import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LAB = Path(os.environ.get("LAB", ROOT / "target/lab"))
KERNEL = "6.1.0-56-amd64"
QEMU = """qemu-system-x86_64 -display none -vga none -nic none -monitor none -serial stdio
    -no-reboot -accel tcg -icount shift=0,sleep=off -smp 1 -m 2G""".split()
# As found in the observations: without the mitigations of a CPU's defects.
COMMAND_LINE = "console=ttyS0 quiet panic=-1 mitigations=off"


class Failed(Exception):
    """The machine did not come to the end of the script."""


def section(name, *commands):
    """Lines of a script that put what the commands print into the report."""
    return "\n".join([f"{{ echo @@{name}", *commands, "} >> report"])


def image(script):
    """The initial file system: that of setup.sh, and the script."""
    base = LAB / "base.cpio.gz"
    if not base.exists():
        raise Failed(f"{LAB} holds none: see setup.sh")
    with tempfile.TemporaryDirectory() as folder:
        whole = script + "\necho; cat report\n"
        (Path(folder) / "experiment.sh").write_text(whole, encoding="utf-8")
        archive = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=folder, check=True,
                                 input=b"experiment.sh\n", stdout=subprocess.PIPE).stdout
    return base.read_bytes() + gzip.compress(archive, 1, mtime=0)


def boot(script, command_line="", options=(), timeout=900):
    """Boots, runs the script; the sections of its report, by name."""
    with tempfile.NamedTemporaryFile() as initrd:
        initrd.write(image(script))
        initrd.flush()
        command = [*QEMU, "-kernel", str(LAB / f"vmlinuz-{KERNEL}"), "-initrd", initrd.name,
                   "-append", f"{COMMAND_LINE} {command_line}", *options]
        try:
            run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, timeout=timeout, check=False)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"it took more than {timeout} s") from late
    printed = run.stdout.decode("utf-8", "replace").replace("\r", "")
    parts = re.split(r"^@@(\w+)\n", printed, flags=re.M)
    report = dict(zip(parts[1::2], parts[2::2]))
    if "end" not in report:
        raise Failed(printed[-2000:])
    return report
