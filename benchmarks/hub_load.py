"""How many students a server holds: make hub-load STUDENTS="5 15 30".

For each number a Hub is started, and so many simulated students sign in within two minutes, open
the NumPy lesson, run it up to its hundred runs, save it, come back to it and sign out. With
KEEP=keep, FEW students then run the whole lesson in each framework, and what was measured is kept
in benchmarks/hub.json, with a page of it, hub.md.
"""

import os
import re
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
from benchmarks import text_of, with_tables
from tests.support.hub_class import Hub
from tools import files
from tools.markdown import table
from tools.processors import available

STORED = Path(__file__).with_name("hub.json")
RESULTS = STORED.with_suffix(".md")
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
    seen, path = Visit(), f"lessons/gan/gan_{hub.key}.ipynb"
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


# What is kept of a class: what its students met, as in Visit, and below what so many stayed.
COLUMNS = {
    "lesson open": ("opened", 0.5), "lesson open, 95 %": ("opened", 0.95),
    "first cell": ("first", 0.5), "first cell, 95 %": ("first", 0.95), "all done": ("whole", 0.5),
    "MB": ("memory", 0.5), "CPU s": ("processor", 0.5),
}  # fmt: skip
FRAMEWORK_HEADER = ["framework", "finished", "MB", "CPU s"]
FRAMEWORK_HEADER += ["50 students: cores", "GB", "300 students: cores", "GB"]


def summary(visits: list[Visit]) -> dict[str, float]:
    """Return what is kept of a class: how many there were and finished, and the COLUMNS."""
    found = {"students": len(visits), "finished": sum(not visit.failed for visit in visits)}
    for column, (name, share) in COLUMNS.items():
        met = [getattr(visit, name) for visit in visits]
        found[column] = round(float(np.nanquantile(met, share)), 1)
    return found


def class_table(classes: list[dict]) -> str:
    """Return the first table."""
    header = [column.rpartition(", ")[2] for column in classes[0]]
    return table(header, [[f"{number:.0f}" for number in found.values()] for found in classes])


def framework_table(frameworks: dict[str, dict]) -> str:
    """Return the second table: what one student needs, and what follows for classes."""
    rows = []
    for key, found in frameworks.items():
        numbers = [megabytes := found["MB"], seconds := found["CPU s"]]
        for n in (50, 300):
            numbers += [np.ceil(n * seconds / WITHIN), n * megabytes / 1000]
        finished = f"{found['finished']} of {found['students']}"
        rows.append([key, finished, *(f"{number:.0f}" for number in numbers)])
    return table(FRAMEWORK_HEADER, rows)


def page_of(stored: dict) -> str:
    """Return hub.md with the numbers of what is kept, and what failed at the end."""
    page, *_ = RESULTS.read_text(encoding="utf-8").partition("\n- ")
    on = f"on {stored['cores']} cores and {stored['GB']} GB"
    page = re.sub(r"on \d+ cores and \d+ GB", on, page)
    tables = {"students": class_table(stored["classes"])}
    tables |= {"framework": framework_table(stored["frameworks"])}
    return with_tables(page, tables) + "".join(f"\n- {failure}" for failure in stored["failed"])


def main() -> None:
    """Measure the classes that STUDENTS asks for; keep what was measured, if that is said."""
    asked = os.environ.get("STUDENTS", "5").replace(",", " ").split()
    if not asked or not all(n.isdecimal() and 0 < int(n) <= 1000 for n in asked):
        raise SystemExit(f"STUDENTS: want numbers from 1 to 1000, got {' '.join(asked)!r}")
    stored = {"cores": available(), "GB": round(psutil.virtual_memory().total / 2**30)}
    stored |= {"classes": [], "frameworks": {}, "failed": []}
    for count in map(int, asked):
        visits = load(count, within=min(ARRIVAL, 4 * count))
        stored["classes"].append(summary(visits))
        stored["failed"] += [f"{count} students: {what}" for what in failures(visits)]
        print(class_table(stored["classes"][-1:]), *failures(visits), sep="\n", flush=True)
    if "keep" not in sys.argv:
        return
    for key in filter(find_spec, d2lmini.FRAMEWORKS):
        visits = load(FEW, key, until=None, within=1)
        stored["frameworks"][key] = summary(visits)
        stored["failed"] += [f"{key}: {what}" for what in failures(visits)]
        print(framework_table({key: summary(visits)}), *failures(visits), sep="\n", flush=True)
    files.write(STORED, text_of(stored))
    files.write(RESULTS, page_of(stored))


if __name__ == "__main__":
    main()
