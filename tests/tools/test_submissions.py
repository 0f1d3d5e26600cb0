"""Whatever a class hands in, under whatever names, is in the table and has its page.

The notebooks here are for no framework: nothing of them runs, and so all is quick.
"""

import errno
import json
import os
import re
import signal
import unicodedata
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.workbooks import graded
from tools import grade, submissions

CODE = json.dumps({"cells": [{"cell_type": "code", "source": "1 + 1"}]}).encode()
TAKEN = "no framework: a line like `from d2lmini import torch as d2l` is missing"
LINK = "a link, which is not followed: it may lead to another's work"
MOODLE = "Lê An_12345_assignsubmission_file_"


def hand_in(folder, names, content=CODE):
    """Write files of these names into a folder, and return it."""
    for name in map(os.fsdecode, names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def contents(folder):
    """All files in a folder, with what is in them."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def build(tmp_path):
    """Where the results are."""
    return tmp_path / "grade"


def test_nothing_that_is_handed_in_is_without_a_row(tmp_path, build):
    taken = ["An", "Binh.ipynb.txt", "Chi.IPYNB", "Dung.json", "Em/work"]
    taken += ["Minh.ipynb"]  # beside a folder Minh
    taken += [f"{MOODLE}/work", f"{MOODLE}/more/work", f"{MOODLE}/work.ipynb.txt"]
    refused = dict.fromkeys(["Giang.py", "Ha.pdf", "Khoa"], "not a notebook") | {
        "Linh.zip": "packed: unpack it, and grade again",
        "Minh": "a folder without a workbook in it",
        "Oanh.ipynb": "a folder without a workbook in it",
        "Phuc/work": LINK,
        "Quang": "not a file",
        "Son": "cannot be read: No such file or directory",
    }
    folder = hand_in(tmp_path / "class", (n if "." in n else f"{n}.ipynb" for n in taken))
    others = ["Giang.py", "Ha.pdf", "Khoa.ipynb", "Linh.zip", "Minh/a.pdf", f"{MOODLE}/a.png"]
    hand_in(folder, others, b"%PDF")
    (folder / "Oanh.ipynb" / "Oanh.ipynb").mkdir(parents=True)
    (folder / "Phuc").mkdir()
    (folder / "Phuc" / "work.ipynb").symlink_to(folder / "An.ipynb")  # by the student
    os.mkfifo(folder / "Quang.ipynb")
    (folder / "Son.ipynb").symlink_to("nowhere")
    (folder / "Tam.ipynb").symlink_to(folder / "An.ipynb")  # by the teacher
    rows = graded(build, folder)
    notes = {name: row["note"] for name, row in rows.items()}
    assert notes == dict.fromkeys([*taken, "Tam"], TAKEN) | refused


@pytest.mark.parametrize("inside", ["", f"{MOODLE}/"])
def test_what_systems_and_programs_put_beside_is_passed_over(tmp_path, inside):
    names = [".DS_Store", "._An.ipynb", "Thumbs.db", "desktop.ini", "__MACOSX/An.ipynb"]
    names += [".ipynb_checkpoints/An-checkpoint.ipynb", "An.ipynb"]
    folder = hand_in(tmp_path, (inside + name for name in names))
    assert submissions.submissions(folder) == {f"{inside}An": folder / f"{inside}An.ipynb"}


def test_a_folder_without_a_notebook_ends_with_a_line_that_says_what_is_there(tmp_path, build):
    names = ["d.zip", "b.zip", ".An.ipynb", "a.pdf", "c/c.pdf"]
    folder = hand_in(tmp_path / "class", names, b"%PDF")
    with pytest.raises(SystemExit) as stopped:
        graded(build, folder)
    there = f"there is no notebook (.ipynb) in {folder}, only a.pdf, b.zip, c ..."
    assert str(stopped.value) == f"SUBMISSIONS: {there}"


@pytest.mark.parametrize(
    "cell, source",
    [
        ({}, ""),
        ({"source": None}, ""),
        ({"source": ["a = 1\n", "b"]}, "a = 1\nb"),
        ({"source": "a", "metadata": None}, "a"),
        ({"source": "a", "metadata": {"tags": None}}, "a"),
    ],
)
def test_what_a_program_has_left_out_of_a_cell_is_no_fault(tmp_path, cell, source):
    cells = [{"cell_type": "code"} | cell, {"cell_type": "code", "source": "1"}, {"source": "x"}]
    path = tmp_path / "An.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert [cell.source for cell in submissions.read(path).cells] == [source, "1"]


def test_any_name_has_its_row_and_a_page_that_any_system_takes(tmp_path, build):
    names = [b"\x8e" * 87, "é" * 120, "𝔸" * 60, "n" * 249, "n" * 248, "AN", "an", "Lê", "Le\u0302",
             "con", "NUL", "lpt1.x", "a\\b", "a:b", "a\nb", "x.", "?"]  # fmt: skip
    files = [os.fsencode(name) + b".ipynb" for name in names]
    rows = graded(build, hand_in(tmp_path / "class", files))
    assert len(rows) == len(files)
    pages = [path.name for path in (build / "feedback").iterdir()]
    assert len({unicodedata.normalize("NFC", page).casefold() for page in pages}) == len(files)
    html = (build / "index.html").read_text(encoding="utf-8")
    links = [unquote(link) for link in re.findall(r'href="feedback/([^"]*)"', html)]
    assert sorted(links) == sorted(pages)
    reserved = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)\s*\.", re.IGNORECASE)
    for page in pages:
        assert len(page.encode()) <= 143
        assert not re.search(r'^[. ]|[<>:"/\\|?*\x00-\x1f]', page)
        assert not reserved.match(page)


def test_of_an_earlier_class_no_page_is_left_but_all_that_is_not_a_page_of_it(tmp_path, build):
    graded(build, hand_in(tmp_path / "first", ["An.ipynb", "Binh.ipynb"]))
    own = build / "feedback" / "An, with remarks.html"
    own.write_bytes((build / "feedback" / "An.html").read_bytes())
    graded(build, hand_in(tmp_path / "second", ["Binh.ipynb", "Chi.ipynb"]))
    pages = {path.name for path in (build / "feedback").iterdir()}
    assert pages == {"Binh.html", "Chi.html", own.name}


def test_a_run_that_cannot_write_all_leaves_what_was_there(tmp_path, build, monkeypatch):
    graded(build, hand_in(tmp_path / "first", ["An.ipynb"]))
    before, second = contents(build), hand_in(tmp_path / "second", ["Binh.ipynb"])
    written, write_bytes = [], Path.write_bytes

    def write(path, data):
        written.append(path)
        if len(written) == 4:  # the last
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", write)
    with pytest.raises(SystemExit) as stopped:
        graded(build, second)
    assert str(stopped.value) == f"cannot write {build}: No space left on device"
    assert contents(build) == before


def test_an_interrupt_while_the_results_are_put_in_place_comes_too_late(
    tmp_path, build, monkeypatch
):
    graded(build, hand_in(tmp_path / "first", ["An.ipynb"]))
    second, replace = hand_in(tmp_path / "second", ["Binh.ipynb"]), Path.replace

    def interrupted(path, target):
        signal.raise_signal(signal.SIGINT)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert list(graded(build, second)) == ["Binh"]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert [path.name for path in (build / "feedback").iterdir()] == ["Binh.html"]


def test_the_table_begins_as_excel_wants_it(tmp_path, build):
    graded(build, hand_in(tmp_path / "class", ["Nguyễn Văn An.ipynb"]))
    table = (build / "grades.csv").read_bytes()
    assert table.startswith(b"\xef\xbb\xbfstudent,")
    assert "\nNguyễn Văn An,".encode() in table


@pytest.mark.parametrize("before", ["", " ", "\t", "\n", "\r\n", "\xa0", "\x01", "\x00 "])
def test_no_cell_of_the_table_is_a_formula(before):
    rows = [grade.Row(f"{before}{sign}cmd|x", [f"{before}{sign}1"]) for sign in "=+-@＝＋"]
    _, *lines = grade.table(rows, []).splitlines()
    assert len(lines) == len(rows)
    for line in lines:
        assert all(re.match(r"'[^'\s]", cell) for cell in line.split(","))


def test_other_cells_of_the_table_stay_as_they_are():
    rows = [grade.Row("a=b -c", ["x, y", "z"]), grade.Row("Nguyễn Văn An;=1")]
    assert grade.table(rows, []) == 'student,note\na=b -c,"x, y; z"\nNguyễn Văn An;\'=1,\n'
