"""How many students a server holds: make hub-load STUDENTS="5 15 30".

For each number a Hub is started, and so many simulated students sign in within two minutes, open
the NumPy lesson, run it up to its hundred runs (WHOLE=1: to its end), save it, come back to it and
sign out. A row each goes to standard output and, with KEEP=keep, the table to benchmarks/hub.md.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import numpy as np
import psutil
from tqdm import tqdm

from benchmarks.hub_class import Hub
from tools import files, table

RESULTS = Path(__file__).with_name("hub.md")
LESSON = "lessons/gan_numpy.ipynb"
ARRIVAL = 120  # seconds within which all sign in
UNTIL = "studied = {"  # the cell with the hundred runs


@dataclass
class Visit:
    """What a student met: times in seconds, memory in megabytes, and what failed."""

    opened: float = np.nan  # from the password to the open lesson
    first: float = np.nan  # from the password to the first cell's answer
    whole: float = np.nan  # to the end
    memory: float = np.nan  # of the server and the kernel alone
    processor: float = np.nan  # seconds of the two
    failed: list[str] = field(default_factory=list)


def visit(hub: Hub, name: str, wait: float) -> Visit:
    """Let a student do it all, after a wait."""
    seen = Visit()
    sleep(wait)
    start = monotonic()
    try:
        student = hub.student(name)
        lesson = student.read(LESSON)
        seen.opened = monotonic() - start
        kernel = student.start_kernel(LESSON)
        for cell in lesson["cells"]:
            if UNTIL in cell["source"] and not os.environ.get("WHOLE"):
                break
            if cell["cell_type"] == "code":
                kernel.run(cell["source"])
                seen.first = min(monotonic() - start, np.nan_to_num(seen.first, nan=np.inf))
        lesson["cells"][0]["source"] = f"# {name}"
        if not student.write(LESSON, lesson).ok:
            seen.failed.append("not saved")
        seen.memory, seen.processor = used(hub.server_of(name))
        if student.read(LESSON)["cells"][0]["source"] != f"# {name}":
            seen.failed.append("what was saved is not there")
        kernel.end()
        student.sign_out()
        seen.whole = monotonic() - start
    except Exception as error:  # whatever fails under load is what this is to find out
        seen.failed.append(f"{type(error).__name__}: {error}"[:100])
    return seen


def used(shell: psutil.Process) -> tuple[float, float]:
    """Return the megabytes of their own, and the seconds, of a process and those it has started."""
    processes = [shell, *shell.children(recursive=True)]
    times = [process.cpu_times() for process in processes]
    memory = sum(process.memory_full_info().uss for process in processes) / 2**20
    return memory, sum(time.user + time.system for time in times)


def load(count: int) -> list[Visit]:
    """Return what so many students met."""
    names, rng = [f"student{n}" for n in range(count)], Random(count)
    waits = [rng.uniform(0, min(ARRIVAL, 4 * count)) for _ in names]
    with TemporaryDirectory() as folder, ThreadPoolExecutor(count) as pool:
        hub = Hub(Path(folder), names)
        try:
            hub.start()
            visits = pool.map(lambda args: visit(hub, *args), zip(names, waits, strict=True))
            return list(tqdm(visits, total=count, desc=f"{count} students", disable=None))
        finally:
            hub.end()


def row(count: int, visits: list[Visit]) -> list[str]:
    """Return the row of the table for a class."""

    def numbers(name, *shares):
        values = [getattr(visit, name) for visit in visits]
        return [f"{np.nanquantile(values, share):.0f}" for share in shares]

    finished = sum(not visit.failed for visit in visits)
    times = [*numbers("opened", 0.5, 0.95), *numbers("first", 0.5, 0.95), *numbers("whole", 0.5)]
    return [str(count), str(finished), *times, *numbers("memory", 0.5), *numbers("processor", 0.5)]


HEADER = ["students", "finished", "lesson open", "95 %", "first cell", "95 %", "all done"]
HEADER += ["MB", "CPU s"]


def main() -> None:
    """Measure the classes that STUDENTS asks for; keep the table, if that is said."""
    asked = os.environ.get("STUDENTS", "5").replace(",", " ").split()
    if not asked or not all(n.isdecimal() and 0 < int(n) <= 1000 for n in asked):
        raise SystemExit(f"STUDENTS: want numbers from 1 to 1000, got {' '.join(asked)!r}")
    rows, failures = [], []
    for count in map(int, asked):
        visits = load(count)
        rows.append(row(count, visits))
        failures += [f"{count} students: {what}" for visit in visits for what in visit.failed]
        print(table(HEADER, rows[-1:]), *failures, sep="\n")
    if "keep" in sys.argv:
        what = "to its end" if os.environ.get("WHOLE") else "up to its hundred runs"
        cores, memory = os.cpu_count(), psutil.virtual_memory().total / 2**30
        text = f"""# A class on one server

Simulated students signed in within two minutes, on {cores} cores and {memory:.0f} GB of memory.
They opened the NumPy lesson, ran it {what}, saved it, came back to it and signed
out. Times are seconds from the password: the median, and what 95 % stayed below. Memory and seconds
of processor are those of one student's server and kernel, the median. `make hub-load` made this.

{table(HEADER, rows)}"""
        files.write(RESULTS, text + "".join(f"\n- {failure}" for failure in failures))


if __name__ == "__main__":
    main()
