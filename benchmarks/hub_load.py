"""How many students a server holds: make hub-load STUDENTS="5 15 30".

For each number a Hub is started, and so many simulated students sign in within two minutes, open
the NumPy lesson, run it up to its hundred runs, save it, come back to it and sign out. With
KEEP=keep, FEW students then run the whole lesson in each framework, and both tables are written to
benchmarks/hub.md.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import numpy as np
import psutil
from tqdm import tqdm

import d2lmini
from benchmarks.hub_class import Hub
from tools import files
from tools.markdown import table
from tools.processors import available

RESULTS = Path(__file__).with_name("hub.md")
ARRIVAL = 120  # seconds within which all sign in
UNTIL = "studied = {"  # the cell with the hundred runs
FEW = 3  # students who run the whole lesson: enough for what their processes share
WITHIN = 600  # seconds in which a class runs the lesson, for what follows for larger ones


@dataclass
class Visit:
    """What a student met: times in seconds, memory in megabytes, and what failed."""

    opened: float = np.nan  # from the password to the open lesson
    first: float = np.nan  # from the password to the first cell's answer
    whole: float = np.nan  # to the end
    memory: float = np.nan  # of the server and the kernel alone
    processor: float = np.nan  # seconds of the two
    failed: list[str] = field(default_factory=list)


def visit(hub: Hub, name: str, wait: float, until: str | None) -> Visit:
    """Let a student do it all, after a wait, up to the cell that has until in it."""
    seen, path = Visit(), f"lessons/gan_{hub.key}.ipynb"
    sleep(wait)
    start = monotonic()
    try:
        student = hub.student(name)
        lesson = student.read(path)
        seen.opened = monotonic() - start
        kernel = student.start_kernel(path)
        for cell in lesson["cells"]:
            if until and until in cell["source"]:
                break
            if cell["cell_type"] == "code":
                kernel.run(cell["source"])
                seen.first = min(monotonic() - start, np.nan_to_num(seen.first, nan=np.inf))
        lesson["cells"][0]["source"] = f"# {name}"
        if not student.write(path, lesson).ok:
            seen.failed.append("not saved")
        seen.memory, seen.processor = used(hub.server_of(name))
        if student.read(path)["cells"][0]["source"] != f"# {name}":
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


def load(
    count: int, key: str = "numpy", until: str | None = UNTIL, within: float = ARRIVAL
) -> list[Visit]:
    """Return what so many students met, who sign in within so many seconds."""
    names, rng = [f"student{n}" for n in range(count)], Random(count)
    waits = [rng.uniform(0, within) for _ in names]
    with TemporaryDirectory() as folder, ThreadPoolExecutor(count) as pool:
        hub = Hub(Path(folder), names, key)
        try:
            hub.start()
            visits = pool.map(lambda n, wait: visit(hub, n, wait, until), names, waits)
            doing = f"{count} students, {key}"
            return list(tqdm(visits, total=count, desc=doing, disable=None))
        finally:
            hub.end()


def failures(visits: list[Visit]) -> list[str]:
    """Return what failed, a line each."""
    return [what for visit in visits for what in visit.failed]


def quantile(visits: list[Visit], name: str, share: float = 0.5) -> float:
    """Return a quantile, the median if nothing else is said, of what the students met."""
    return np.nanquantile([getattr(visit, name) for visit in visits], share)


def row(count: int, visits: list[Visit]) -> list[str]:
    """Return the row of the first table for a class."""
    columns = [("opened", 0.5), ("opened", 0.95), ("first", 0.5), ("first", 0.95), ("whole", 0.5)]
    columns += [("memory", 0.5), ("processor", 0.5)]
    finished = sum(not visit.failed for visit in visits)
    return [str(count), str(finished), *(f"{quantile(visits, *c):.0f}" for c in columns)]


def framework_row(key: str, visits: list[Visit]) -> list[str]:
    """Return the row of the second table: what one student needs, and what follows for classes."""
    memory, processor = quantile(visits, "memory"), quantile(visits, "processor")
    needs = [(n * processor / WITHIN, n * memory / 1000) for n in (50, 300)]
    follows = [number for cores, gigabytes in needs for number in (np.ceil(cores), gigabytes)]
    finished = f"{sum(not visit.failed for visit in visits)} of {len(visits)}"
    return [key, finished, *(f"{number:.0f}" for number in (memory, processor, *follows))]


HEADER = ["students", "finished", "lesson open", "95 %", "first cell", "95 %", "all done"]
HEADER += ["MB", "CPU s"]
FRAMEWORK_HEADER = ["framework", "finished", "MB", "CPU s"]
FRAMEWORK_HEADER += ["50 students: cores", "GB", "300 students: cores", "GB"]


def main() -> None:
    """Measure the classes that STUDENTS asks for; keep the tables, if that is said."""
    asked = os.environ.get("STUDENTS", "5").replace(",", " ").split()
    if not asked or not all(n.isdecimal() and 0 < int(n) <= 1000 for n in asked):
        raise SystemExit(f"STUDENTS: want numbers from 1 to 1000, got {' '.join(asked)!r}")
    rows, by_framework, failed = [], [], []
    for count in map(int, asked):
        visits = load(count, within=min(ARRIVAL, 4 * count))
        rows.append(row(count, visits))
        failed += [f"{count} students: {what}" for what in failures(visits)]
        print(table(HEADER, rows[-1:]), *failures(visits), sep="\n", flush=True)
    if "keep" not in sys.argv:
        return
    for key in filter(find_spec, d2lmini.FRAMEWORKS):
        visits = load(FEW, key, until=None, within=1)
        by_framework.append(framework_row(key, visits))
        failed += [f"{key}: {what}" for what in failures(visits)]
        print(table(FRAMEWORK_HEADER, by_framework[-1:]), *failures(visits), sep="\n", flush=True)
    cores, memory = available(), psutil.virtual_memory().total / 2**30
    text = f"""# A class on one server

Simulated students signed in within two minutes, on {cores} cores and {memory:.0f} GB of memory.
They opened the NumPy lesson, ran it up to its hundred runs, saved it, came back to it and signed
out. Times are seconds from the password: the median, and what 95 % stayed below. Memory and seconds
of processor are those of one student's server and kernel, the median. `make hub-load` made this.

{table(HEADER, rows)}
Then {FEW} students ran the whole lesson in each framework. What follows for larger classes is
computed, not measured: memory for all of them at once, and as many cores as have all of it run in
{WITHIN // 60} minutes.

{table(FRAMEWORK_HEADER, by_framework)}"""
    files.write(RESULTS, text + "".join(f"\n- {failure}" for failure in failed))


if __name__ == "__main__":
    main()
