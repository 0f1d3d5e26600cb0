"""A class of five works as in the measurement, and what is said of larger ones was measured."""

import json
import re
from pathlib import Path

from benchmarks import hub_load
from benchmarks.hub_load import FEW, RESULTS, STORED, page_of
from d2lmini import FRAMEWORKS

ROOT = Path(__file__).parents[2]


def test_five_students_run_their_lesson_at_the_same_time(bwrap):
    visits = hub_load.load(5, within=10)
    assert hub_load.failures(visits) == []
    found = hub_load.summary(visits)
    assert found["students"] == found["finished"] == 5 and all(n > 0 for n in found.values())


def test_what_teachers_are_told_was_measured():
    """The numbers on the teachers' page are those that are kept, and with them nothing failed."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert RESULTS.read_text(encoding="utf-8") == page_of(stored)
    assert f"Then {FEW} students ran" in RESULTS.read_text(encoding="utf-8")
    assert page_of(stored | {"failed": ["an: slow"]}) == page_of(stored) + "\n- an: slow"
    assert stored["cores"] == 2 and stored["failed"] == []
    classes = {found["students"]: found for found in stored["classes"]}
    assert all(found["finished"] == n for n, found in classes.items())
    told = (ROOT / "book" / "teachers.md").read_text(encoding="utf-8")
    told = " ".join(told[told.index("How many it holds") :].split())
    *_, most = classes
    assert f"open after {classes[30]['lesson open']:.0f} seconds, the median" in told
    assert f"and {most} after {classes[most]['lesson open']:.0f};" in told
    each = round(max(found["MB"] for found in classes.values()))
    kubernetes = (ROOT / "hub" / "kubernetes.yaml").read_text(encoding="utf-8")
    for text, where in [(told, r"with (\d+) MB each"), (kubernetes, r"(\d+) MB for a student")]:
        assert each == int(re.search(where, text)[1])
    assert set(stored["frameworks"]) == set(FRAMEWORKS)
    few = stored["frameworks"].values()
    assert all(found["finished"] == found["students"] == FEW for found in few)


def test_what_larger_classes_need_is_computed():
    found = {"students": 3, "finished": 2, "MB": 100, "CPU s": 13}
    table = hub_load.framework_table({"jax": found})
    assert "| jax | 2 of 3 | 100 | 13 | 2 | 5 | 7 | 30 |" in table
