"""The commands behind the Makefile: what they do with bad input, above all."""

import ast
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import jupytext
import nbformat
import psutil
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

import d2lmini
import tools
from tests.support.python import nbval, python
from tools import backends, build, copies, files, lessons, prose, run, slides
from tools.lessons import LESSONS, ROOT, Lesson

PERCENT = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a lesson without notebooks, in an empty project."""
    monkeypatch.setattr(lessons, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    LESSONS[0].folder.mkdir(parents=True)
    monkeypatch.setattr(run, "BUILD", tmp_path / "_build" / "run")
    monkeypatch.setattr(run, "why_not", lambda key: None)
    monkeypatch.setattr(build, "why_not", lambda key: None)
    return LESSONS[0].folder


def write(path, *cells, kernel="python3"):
    """Write a notebook of some cells, of which those of code may be strings."""
    cells = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    notebook = new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": kernel, "display_name": "", "language": "python"}
    nbformat.write(notebook, path)
    return path


# make run


GOOD = "print('7 examples/sec\\nGAN  mean error 0.5, covariance error 1e-05, Fréchet nan')"


def run_all(capsys):
    """Run main; return its exit code, the lines of its summary, and what went to stderr."""
    with pytest.raises(SystemExit) as stop:
        run.main()
    printed = capsys.readouterr()
    return stop.value.code, printed.out.strip().splitlines(), printed.err


def test_run_sums_up_and_goes_on_after_a_failure(folder, capsys, monkeypatch):
    monkeypatch.setattr(run, "why_not", lambda key: "not here" if key == "torch" else None)
    write(folder / "gan_mxnet.ipynb", "x = 1", "print(unheard_of)", "x = 2")
    write(folder / "gan_tensorflow.ipynb", GOOD)
    write(folder / "gan_torch.ipynb", GOOD)
    write(folder / "Untitled.ipynb", "a stray file")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    code, (failed, ran, skipped), log = run_all(capsys)
    assert code == 1
    assert failed == "gan_mxnet: FAILED in cell In [2], see above"
    assert "NameError" in log and "unheard_of" in log
    assert [line for line in log.splitlines() if line.startswith("gan_tensorflow: ")]  # as it ends
    page = run.BUILD / "gan_tensorflow.html"
    assert ran.startswith("gan_tensorflow: ") and ran.endswith(str(page)) and page.exists()
    assert "examples/sec 7, mean error 0.5, covariance error 1e-05, Fréchet nan" in ran
    assert skipped == "gan_torch: skipped, not here"
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("source", ["raise SystemExit", "import os; os._exit(1)"])
def test_run_notices_a_notebook_that_does_not_reach_its_end(folder, capsys, source):
    write(folder / "gan_torch.ipynb", "x = 1", source, "x = 2")
    page = run.BUILD / "gan_torch.html"
    page.parent.mkdir(parents=True)
    page.write_text("of an earlier run", encoding="utf-8")
    code, (line,), _ = run_all(capsys)
    assert code == 1 and line.startswith("gan_torch: FAILED in cell In [")
    assert not page.exists()


# A kernel that comes to its last cell only if that of another lesson runs meanwhile.
MEETS = """
import time
from pathlib import Path
Path("{mine}").touch()
while not Path("{other}").exists():
    time.sleep(0.1)
"""


def test_lessons_run_side_by_side(folder, capsys, monkeypatch):
    monkeypatch.setattr(run, "available", lambda: 2)
    monkeypatch.setattr(run, "ONE_THREAD", {"OMP_NUM_THREADS": "1"})
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    threads = "import os\nassert os.environ['OMP_NUM_THREADS'] == '1'"
    write(folder / "gan_jax.ipynb", threads, MEETS.format(mine="jax", other="torch"))
    write(folder / "gan_torch.ipynb", threads, MEETS.format(mine="torch", other="jax"))
    here = Path.cwd()
    assert run_all(capsys)[0] == 0
    assert Path.cwd() == here


INTERRUPTED = """
import signal
from tools import lessons, run
lessons.NOTEBOOKS = {path!r}.parent.parent
run.why_not = lambda key: None
run.BUILD = {path!r}.parent / "made"
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
run.main()
"""


def test_an_interrupt_ends_the_kernels(folder):
    sleeps = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(100)"
    path = write(folder / "gan_torch.ipynb", sleeps)
    code = "from pathlib import PosixPath\n" + INTERRUPTED.format(path=path)
    words = [sys.executable, "-c", code]
    command = subprocess.Popen(words, stderr=subprocess.PIPE, encoding="utf-8")
    wait_for(lambda: (folder / "pid").exists() and (folder / "pid").read_bytes())
    kernel = psutil.Process(int((folder / "pid").read_text(encoding="utf-8")))
    command.send_signal(signal.SIGINT)
    said = command.communicate()[1].splitlines()
    assert [line for line in said if line.startswith("interrupted; the notebooks are as they were")]
    assert not kernel.is_running() or kernel.status() == psutil.STATUS_ZOMBIE


def wait_for(come):
    """Wait for a condition, as long as a busy computer needs."""
    end = monotonic() + 60
    while not come():
        assert monotonic() < end
        sleep(0.1)


def test_run_does_not_pass_when_there_is_nothing(folder, capsys):
    code, (line,), _ = run_all(capsys)
    assert code == 1 and line.startswith("no lessons in ")


def test_a_page_needs_no_network_and_keeps_descriptions():
    data, about = {"image/png": "AAAA", "text/plain": "x"}, {"alt": 'A "curve" & <more>'}
    about = {"image/png": about | {"width": 50}}
    picture = nbformat.v4.new_output("display_data", data, metadata=about)
    prose = new_markdown_cell("Then $a < b$ and\n\n$$\\log_2 x$$")
    cells = [prose, new_code_cell("'$1$'", outputs=[picture])]
    html, _ = run.PageExporter().from_notebook_node(new_notebook(cells=cells))
    assert BeautifulSoup(html, "html.parser").img["alt"] == 'A "curve" & <more>'
    assert html.count("<math") == 2 and "&lt;" in html.partition("<math")[2]
    assert "<script src" not in html and "<link" not in html
    assert "No description" not in html


@pytest.mark.parametrize(
    "markdown, formulas, text",
    [
        ("`$HOME` and `$PATH`", 0, "$HOME and $PATH"),
        ("`$$` or `$$`", 0, "$$ or $$"),
        ("~~~\necho $A $B $$ $$\n~~~", 0, "echo $A $B $$ $$"),
        (r"costs \$5 or \$6", 0, "costs $5 or $6"),
        ("$x$ and\n\n$$\ny\n\nz\n$$", 2, "x and\nyz"),
        ("\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}", 1, "a=bc=d"),
        ("$$\n\\begin{aligned}\na &= b\n\\end{aligned}\n$$", 1, "a=b"),
    ],
)
def test_formulas_are_what_a_markdown_parser_finds(markdown, formulas, text):
    page = BeautifulSoup(run.to_html(markdown), "html.parser")
    assert (len(page.find_all("math")), page.get_text().strip()) == (formulas, text)


def test_a_formula_has_space_around_functions_and_keeps_its_comma():
    (span,) = BeautifulSoup(run.to_html(r"$a \log b$, and so on"), "html.parser").find_all("span")
    assert "nowrap" in span["style"] and span.get_text() == "alogb,"
    assert span.find("mo")["lspace"] == span.find("mo")["rspace"] != "0"


def test_links_hold_from_the_page():
    links = {
        "gan_torch.ipynb": "gan_torch.html",
        "gan_torch.ipynb#summary": "gan_torch.html#summary",
        "gan_torch_faster.ipynb": "../../notebooks/gan/gan_torch_faster.ipynb",
        "gan_torch_solutions.ipynb": "../../notebooks/gan/gan_torch_solutions.ipynb",
        "two_players.svg": "../../notebooks/gan/two_players.svg",
        "../../README.md": "../../README.md",
        "#summary": "#summary",
        "https://example.org/": "https://example.org/",
    }
    text = " ".join(f"[link]({url})" for url in links) + ' `href="../README.md"`'
    page = run.to_html(text, path=str(LESSONS[0].folder))
    soup = BeautifulSoup(page, "html.parser")
    assert [a["href"] for a in soup.find_all("a")] == list(links.values())
    assert soup.code.get_text() == 'href="../README.md"'


def test_a_page_shows_what_it_can_of_unusual_cells():
    def put_out(**data):
        return nbformat.v4.new_output("display_data", {k.replace("_", "/"): data[k] for k in data})

    outputs = [
        put_out(image_png="AAAA", text_plain="<Figure>"),  # with no metadata at all
        put_out(**{"image_svg+xml": "<svg/>", "text_plain": "<Figure>"}),
        put_out(text_html="<b>bold</b>", text_plain="bold"),
        put_out(text_latex="$x$", text_plain="x"),
        put_out(text_markdown="`$y$`", text_plain="y"),
    ]
    outputs[1].metadata = {"image/svg+xml": {"alt": "A dot"}}
    cells = [new_raw_cell("a < b"), new_code_cell("1", outputs=outputs), new_code_cell("")]
    for exporter in run.PageExporter, slides.DeckExporter:
        resources = {"metadata": {"path": "", "name": ""}}
        page, _ = exporter().from_notebook_node(new_notebook(cells=cells), resources)
        soup = BeautifulSoup(page, "html.parser")
        assert any(pre.get_text() == "a < b" for pre in soup.find_all("pre"))
        kinds = [image["src"].partition(";")[0] for image in soup.find_all("img")]
        assert kinds == ["data:image/png", "data:image/svg+xml"]
        assert soup.find(alt="A dot") and soup.find("b").get_text() == "bold"
        assert soup.find("math").get_text() == "x" and soup.find("code").get_text() == "$y$"
        assert "Figure" not in soup.get_text()


ANSWER = "<details>\n<summary>Answer</summary>\n\nIt is $x$.\n\n- `y`\n\n</details>"


def test_a_page_folds_an_answer_with_its_formulas():
    notebook = new_notebook(cells=[new_markdown_cell("Why?"), new_markdown_cell(ANSWER)])
    page, _ = run.PageExporter().from_notebook_node(notebook)
    (folded,) = BeautifulSoup(page, "html.parser").find_all("details")
    assert not folded.has_attr("open") and folded.summary.get_text() == "Answer"
    assert folded.p.math.get_text() == "x" and folded.li.code.get_text() == "y"


def test_html_on_a_page_stays_as_it_is_but_for_its_pictures(tmp_path):
    (tmp_path / "x.svg").write_text("<svg/>", encoding="utf-8")
    html = "<div>\n\n<i>a <b>c</b></i>\n\n<p><img alt='a > b' src='x.svg'>\n\n*d*\n\n</p></div>"
    options = {"embed_images": True, "path": str(tmp_path)}
    soup = BeautifulSoup(run.to_html(html, **options), "html.parser")
    assert soup.i.b.get_text() == "c" and soup.div.em.get_text() == "d"
    assert soup.img["src"].startswith("data:image/svg+xml;base64,") and soup.img["alt"] == "a > b"


NOT_FOLDED, NOT_ASKED = "not folded as an answer is: ", "an answer, but the cell before it asks "
UNFIT_ANSWERS = {
    "plain text": ("Why?", "It is.", NOT_FOLDED),
    "no summary": ("Why?", ANSWER.replace("<summary>Answer</summary>\n", ""), NOT_FOLDED),
    "no answer": ("Why?", ANSWER.replace("It is $x$.\n\n- `y`\n\n", ""), NOT_FOLDED),
    "no blank line before": ("Why?", ANSWER.replace("\n\nIt", "\nIt"), NOT_FOLDED),
    "no blank line after": ("Why?", ANSWER.replace("\n\n</", "\n</"), NOT_FOLDED),
    "text before": ("Why?", f"So:\n\n{ANSWER}", NOT_FOLDED),
    "text after": ("Why?", f"{ANSWER}\n\nSo.", NOT_FOLDED),
    "two folds": ("Why?", f"{ANSWER}\n\n{ANSWER}", NOT_FOLDED),
    "no question": ("So.", ANSWER, NOT_ASKED),
}


@pytest.mark.parametrize("fault", UNFIT_ANSWERS)
def test_an_unfit_answer_is_named_with_its_cell(fault):
    question, answer, what = UNFIT_ANSWERS[fault]
    cells = [new_markdown_cell("# Title"), new_markdown_cell(question), new_markdown_cell(answer)]
    cells[2].metadata["tags"] = ["answer"]
    with pytest.raises(SystemExit, match=f"^gan_x.ipynb, cell 3: {what}"):
        run.check_prose("gan_x.ipynb", new_notebook(cells=cells))


def test_an_answer_comes_after_prose_that_is_no_answer():
    text, tags = ANSWER.replace("- `y`", "Is it?"), {"tags": ["answer"]}
    answer, other = (new_markdown_cell(text, metadata=dict(tags)) for _ in range(2))
    question = new_markdown_cell("Why?")
    run.check_prose("", new_notebook(cells=[question, answer]))
    for cells in [answer], [new_code_cell("'?'"), answer], [question, answer, other]:
        with pytest.raises(SystemExit, match=f"^gan_x.ipynb, cell {len(cells)}: {NOT_ASKED}"):
            run.check_prose("gan_x.ipynb", new_notebook(cells=cells))


UNFIT = {
    "cell 2: not a formula: \\left( x (ExtraLeftOrMissingRightError)": r"See $\left(" + "\nx$.",
    "cell 2: missing attachment: x.png": "![](attachment:x.png)",
}


@pytest.mark.parametrize("fault", UNFIT)
def test_what_a_page_cannot_show_is_named_before_the_notebook_runs(folder, capsys, fault):
    write(folder / "gan_torch.ipynb", "open('ran', 'w')", new_markdown_cell(UNFIT[fault]))
    page = run.BUILD / "gan_torch.html"
    page.parent.mkdir(parents=True)
    page.touch()
    code, lines, log = run_all(capsys)
    assert code == 1 and lines == [f"gan_torch: FAILED, gan_torch.ipynb, {fault}"]
    assert log == "gan_torch: FAILED\n"
    assert page.exists() and not (folder / "ran").exists()


def test_a_formula_that_a_cell_prints_is_named_too(folder, capsys):
    write(folder / "gan_torch.ipynb", "from IPython.display import Math\nMath('x^')")
    code, (line,), log = run_all(capsys)
    assert code == 1 and "FAILED, gan_torch.ipynb, cell 1: not a formula" in line
    assert "Traceback" not in log


NO_CELL = '{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [{"cell_type": "x", '
NO_CELL += '"metadata": {}, "source": ""}]}'


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cells": 1', NO_CELL, "\xff", PERCENT])
def test_a_file_that_is_no_notebook_is_named(folder, capsys, content):
    (folder / "gan_torch.ipynb").write_text(content, encoding="latin-1")
    code, (line,), log = run_all(capsys)
    assert code == 1 and log == "gan_torch: FAILED\n"
    assert line.startswith("gan_torch: FAILED, gan_torch.ipynb is not a valid notebook: ")


def test_student_names_a_file_that_is_no_notebook(folder, monkeypatch):
    monkeypatch.setattr(copies, "build_wheel", lambda: copies.Wheel("d2lmini.whl", b""))
    (folder / "gan_torch.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(SystemExit, match="^gan_torch.ipynb is not a valid notebook: "):
        copies.main()


# which Python runs a notebook


@pytest.fixture
def foreign_kernel(tmp_path, monkeypatch):
    """Put another python3 first on Jupyter's path, and let our tools start in that environment."""
    spec = tmp_path / "share" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    about = {"argv": [sys.executable, "-c", "raise SystemExit('foreign')"], "language": "python"}
    spec.write_text(json.dumps(about | {"display_name": ""}), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))


WHICH = "import sys\nprint(sys.executable)"


def test_run_and_build_use_this_python(folder, foreign_kernel, capsys):
    importlib.reload(tools)
    path = write(folder / "gan_torch.ipynb", WHICH, kernel="of-some-other-project")
    assert run_all(capsys)[0] == 0
    source = path.with_suffix(".py")
    other = PERCENT.replace("name: python3", "name: of-some-other-project")
    source.write_text(f"{other}# %%\n{WHICH}", encoding="utf-8")
    build.build(source)
    for made in run.BUILD / path.name, path:
        (cell,) = nbformat.read(made, as_version=4).cells[-1:]
        assert cell.outputs[0].text.strip() == sys.executable


def test_nbval_uses_this_python(tmp_path, foreign_kernel):
    code = f"import sys\nassert sys.executable == {sys.executable!r}"
    path = write(tmp_path / "gan_numpy.ipynb", new_code_cell(code, execution_count=1))
    done = nbval("-p", "conftest", path, cwd=ROOT)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout


# make notebooks


def test_build_keeps_the_notebook_when_a_cell_fails(folder, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["build"])
    bad, good = folder / "gan_mxnet.py", folder / "gan_torch.py"
    bad.write_text(PERCENT + "# %%\nprint(1)\n\n# %%\nraise OSError('no')\n", encoding="utf-8")
    good.write_text(PERCENT + "# %%\ntrain = print\n\n# %%\ntrain(3)\n", encoding="utf-8")
    monkeypatch.setattr(build, "picture", lambda notebook: b"PNG")
    before = write(bad.with_suffix(".ipynb"), "print(1)").read_bytes()
    with pytest.raises(SystemExit, match="gan_mxnet.py stopped, .*as before(.|\n)*OSError"):
        build.main()
    assert bad.with_suffix(".ipynb").read_bytes() == before
    assert "3\\n" in good.with_suffix(".ipynb").read_text(encoding="utf-8")  # the others are built
    assert not list(folder.glob("*.tmp"))


def test_build_names_what_is_no_notebook_of_a_lesson(folder, monkeypatch):
    (folder / "scratch.py").write_text(PERCENT, encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["build", str(folder / "scratch.py")])
    with pytest.raises(SystemExit, match="^scratch.py: no notebook of the LESSONS in "):
        build.main()
    assert not (folder / "scratch.ipynb").exists()


def test_build_runs_the_source_and_keeps_the_ids(tmp_path):
    source = tmp_path / "gan_torch.py"
    source.write_text(PERCENT + "# %%\nprint(1)\n\n# %%\nprint(2)\n", encoding="utf-8")
    target = write(tmp_path / "gan_torch.ipynb", "print(1)")
    (old,) = nbformat.read(target, as_version=4).cells
    build.build(source)
    first, second = nbformat.read(target, as_version=4).cells
    assert (first.outputs[0].text, second.outputs[0].text) == ("1\n", "2\n")
    assert first.id == old.id and "execution" not in first.metadata


def test_build_runs_only_what_has_changed(folder):
    source = folder / "gan_torch.py"
    text = PERCENT + "# %% [markdown]\n# One.\n\n# %%\nprint(open('ran', 'a').write('.'))\n"
    (folder / "ran").touch()

    def runs(text):
        """Build the notebook of a text; tell whether its cell ran, and whether build says so."""
        source.write_text(text, encoding="utf-8")
        before = (folder / "ran").read_text(encoding="utf-8")
        said = build.build(source)
        assert said == ((folder / "ran").read_text(encoding="utf-8") != before)
        return said

    assert runs(text) and not runs(text)
    assert not runs(text.replace("One", "One, two"))
    stored = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    assert stored.cells[0].source == "One, two." and stored.cells[1].outputs[0].text == "1\n"
    stored.cells[1].outputs[0].text = "2\n"  # as by somebody who runs it in JupyterLab
    nbformat.write(stored, source.with_suffix(".ipynb"))
    assert runs(text)
    assert runs(text.replace("'.'", "'..'"))


def test_build_lets_the_prose_follow_where_a_framework_is_left_out(folder, monkeypatch, capsys):
    """It runs nothing, and leaves a notebook whose code has changed as it was."""
    source, text = folder / "gan_torch.py", PERCENT + "# %% [markdown]\n# One.\n\n# %%\nprint(1)\n"
    source.write_text(text, encoding="utf-8")
    build.build(source)
    before = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    monkeypatch.setattr(build, "picture", lambda notebook: b"")
    monkeypatch.setattr(build, "why_not", lambda key: "not here")
    monkeypatch.setattr("sys.argv", ["build", str(source)])
    for words, code, said in ("Two.", "1", "only its prose"), ("Three.", "2", "skipped"):
        changed = text.replace("One.", words).replace("(1)", f"({code})")
        source.write_text(changed, encoding="utf-8")
        build.main()
        assert f"gan_torch.py: {said}, not here" in capsys.readouterr().out
        after = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
        assert [cell.source for cell in after.cells] == ["Two.", "print(1)"]
        assert after.metadata == before.metadata and after.cells[1] == before.cells[1]


@pytest.mark.parametrize("changed", ["d2lmini", "a version", "another framework"])
def test_outputs_are_of_one_d2lmini_and_its_versions(tmp_path, monkeypatch, changed):
    notebook = new_notebook(cells=[new_code_cell("1")])
    shutil.copytree(build.PACKAGE, tmp_path / "d2lmini")
    monkeypatch.setattr(build, "PACKAGE", tmp_path / "d2lmini")
    before = build.made_by(notebook, "numpy")
    if changed == "a version":
        monkeypatch.setattr(build, "version", lambda name: "0")
    else:
        name = "loader.py" if changed == "d2lmini" else "torch.py"
        with (tmp_path / "d2lmini" / name).open("a", encoding="utf-8") as module:
            module.write("\n")
    assert (build.made_by(notebook, "numpy") == before) == (changed == "another framework")


def test_build_names_what_does_not_hold_elsewhere(folder, capfd, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in "conftest.py", "pyproject.toml":
        shutil.copy(ROOT / name, folder.parent)
    cells = "import os\nprint('numba' in os.environ.get('NUMBA_CPU_NAME', 'numba'))"
    path = write(folder / "gan_numpy.ipynb", cells)
    notebook = nbformat.read(path, as_version=4)
    build.execute(notebook, folder)
    nbformat.write(notebook, path)
    assert not build.hold_elsewhere([path])
    assert "gan_numpy.ipynb::Cell 0" in capfd.readouterr().out


# make prose


SHARED = PERCENT + "# %% [markdown]\n# {}.\n\n" + '# %% tags=["framework"]\n{} = 1\n'


@pytest.fixture
def pairs(folder, monkeypatch):
    """Notebooks of each framework, which share one cell; make them anew with one of them edited."""
    monkeypatch.setattr(prose, "LESSONS", [Lesson("gan")])
    monkeypatch.setattr("sys.argv", ["prose"])

    def write_with(**edits):
        for key in d2lmini.FRAMEWORKS:
            text = SHARED.format(edits.get(key, "Old"), key)
            (folder / f"gan_{key}.py").write_text(text, encoding="utf-8")

    return write_with


def said(folder):
    """What the shared cells of the notebooks say."""
    return {jupytext.read(path).cells[0].source for path in folder.glob("gan_*.py")}


def test_prose_takes_an_edit_from_the_first_pair_or_the_one_that_is_named(
    pairs, folder, monkeypatch
):
    pairs(torch="New")
    prose.main()
    assert said(folder) == {"New."}
    pairs(jax="Newer")
    monkeypatch.setenv("FROM", "jax")
    prose.main()
    assert said(folder) == {"Newer."}


def test_prose_loses_no_edit_in_another_pair(pairs, folder, monkeypatch):
    pairs(torch="New", jax="Newer")
    for first in "", "torch", "jax":
        other = "torch" if first == "jax" else "jax"
        monkeypatch.setenv("FROM", first)
        with pytest.raises(SystemExit, match=f"^gan_{other}.py: shared cells .*New.*FROM={other} "):
            prose.main()
        assert said(folder) == {"Old.", "New.", "Newer."}
    monkeypatch.setenv("FROM", "kerax")
    with pytest.raises(SystemExit, match="^FROM: kerax is none of torch, "):
        prose.main()


def test_prose_copies_what_is_shared_and_keeps_what_is_own(tmp_path):
    source, target = tmp_path / "gan_a.py", tmp_path / "gan_b.py"
    own = '# %% tags=["framework"]\n{} = 1\n\n'
    text = PERCENT + "# %% [markdown]\n# New.\n\n" + own.format("a") + "# %%\ny = 2\n"
    source.write_text(text, encoding="utf-8")
    target.write_text(PERCENT + "# %% [markdown]\n# Old.\n\n" + own.format("b"), encoding="utf-8")
    prose.copy_shared_cells(source, target)
    wanted = jupytext.read(source).cells
    wanted[1].source = "b = 1"
    assert [c.source for c in jupytext.read(target).cells] == [c.source for c in wanted]
    assert "jupytext" not in target.read_text(encoding="utf-8")  # the header stays short


def test_prose_refuses_when_the_own_cells_do_not_match(tmp_path):
    source, target = tmp_path / "gan_a.py", tmp_path / "gan_b.py"
    source.write_text(PERCENT + '# %% tags=["framework"]\na = 1\n', encoding="utf-8")
    target.write_text(PERCENT + "# %%\nx = 1\n", encoding="utf-8")
    before = target.read_text(encoding="utf-8")
    with pytest.raises(SystemExit, match="gan_b.py has cells tagged framework in 0 places"):
        prose.copy_shared_cells(source, target)
    assert target.read_text(encoding="utf-8") == before


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def test_prose_is_utf_8_whatever_the_system_prefers(tmp_path):
    for part in ("notebooks", "tools", "d2lmini"):
        shutil.copytree(ROOT / part, tmp_path / part)
    first, last = d2lmini.FRAMEWORKS[0], d2lmini.FRAMEWORKS[-1]
    source = tmp_path / "notebooks" / "gan" / f"gan_{first}.py"
    text = source.read_text(encoding="utf-8") + "\n# %% [markdown]\n# Fréchet, → ∞\n"
    source.write_text(text, encoding="utf-8")
    done = python("-m", "tools.prose", last, cwd=tmp_path, env=os.environ | ASCII)
    assert done.returncode == 0, done.stderr
    target = source.with_stem(f"gan_{last}")
    assert target.read_bytes().endswith("# Fréchet, → ∞\n".encode())


def test_a_file_is_replaced_by_a_whole_one_only(tmp_path, fill_the_disk):
    path = tmp_path / "file"
    files.write(path, "é\n")
    assert path.read_bytes() == "é\n".encode() and path.stat().st_mode & 0o444 == 0o444
    fill_the_disk()
    with pytest.raises(OSError, match="no space"):
        files.write(path, "new")
    assert path.read_bytes() == "é\n".encode() and list(tmp_path.iterdir()) == [path]


def without_encoding(source):
    """The lines of a source's calls that leave the encoding of text to the system."""
    for call in ast.walk(ast.parse(source)):
        words = [ast.unparse(word) for word in getattr(call, "keywords", ())]
        if not isinstance(call, ast.Call) or any(word.startswith("encoding=") for word in words):
            continue
        name = getattr(call.func, "attr", "")
        opens_text = ast.unparse(call.func) == "open" and not any(
            isinstance(mode, ast.Constant) and "b" in mode.value for mode in call.args[1:2]
        )
        if opens_text or name in ("read_text", "write_text") or "text=True" in words:
            yield call.lineno


@pytest.mark.parametrize(
    "source, lines",
    [
        ("path.read_text()", [1]),
        ("path.read_text(encoding='utf-8')", []),
        ("a = 1\npath.write_text(text)", [2]),
        ("open(path)", [1]),
        ("open(path, 'w')", [1]),
        ("open(path, 'rb')", []),
        ("Image.open(path)", []),
        ("run(command, text=True)", [1]),
        ("run(command, encoding='utf-8')", []),
    ],
)
def test_an_encoding_that_is_not_said_is_found(source, lines):
    assert list(without_encoding(source)) == lines


@pytest.mark.parametrize(
    "part", ["benchmarks", "book", "d2lcheck", "d2lmini", "hub", "tests", "tools", "conftest.py"]
)
def test_text_is_read_and_written_as_utf_8(part):
    part = ROOT / part
    for path in [part] if part.is_file() else sorted(part.rglob("*.py")):
        assert list(without_encoding(path.read_text(encoding="utf-8"))) == [], path


# which notebooks


@pytest.mark.parametrize(
    "name, key",
    [
        ("gan_torch.ipynb", "torch"),
        ("gan_torch_solutions.py", "torch"),
        ("gan_torch_faster.ipynb", "torch"),
        ("gan_torch_old.ipynb", None),
        ("gan_solutions.ipynb", None),
        ("Untitled.ipynb", None),
    ],
)
def test_a_notebooks_name_tells_its_framework(name, key):
    notebook = lessons.of(Path(name))
    assert (notebook and notebook.framework) == key


def test_every_notebook_is_of_one_lesson_kind_and_framework():
    stems = [notebook.stem for notebook in lessons.every()]
    assert len(set(stems)) == len(stems)
    for lesson in LESSONS:
        kept = [path.stem for path in lesson.folder.glob("*.py")]
        assert sorted(kept) == sorted(s for s in stems if lessons.of(s).lesson is lesson)
    assert all(notebook.kind == "faster" for notebook in lessons.every("faster"))
    assert len(list(lessons.every("faster"))) == len(d2lmini.FRAMEWORKS)


# BACKENDS


@pytest.mark.parametrize(
    "asked, ci, installed, answer",
    [
        ("", "", True, None),
        ("", "", False, "mxnet is not installed"),
        ("", "true", False, ModuleNotFoundError),
        ("", "true", True, None),
        ("torch,mxnet", "", True, None),
        ("mxnet", "", False, ModuleNotFoundError),
        ("torch", "true", False, "mxnet is not among BACKENDS"),
        ("torhc", "", True, ValueError),
        # Without a wheel it is not there, and left out also where all are required.
        ("", "", None, "no wheel of mxnet"),
        ("", "true", None, "no wheel of mxnet"),
        ("mxnet", "true", None, "no wheel of mxnet"),
    ],
)
def test_which_frameworks_take_part(monkeypatch, asked, ci, installed, answer):
    monkeypatch.setenv("BACKENDS", asked)
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(backends, "find_spec", lambda key: object() if installed else None)
    reason = "no wheel of {}" if installed is None else None
    monkeypatch.setattr(backends.wheels, "no_wheel", lambda key: reason and reason.format(key))
    if isinstance(answer, type):
        with pytest.raises(answer):
            backends.why_not("mxnet")
    else:
        assert backends.why_not("mxnet") == answer


# pytest --nbval


@pytest.mark.parametrize("stored, failures", [("True", 0), ("False", 1)])
def test_nbval_compares_the_verdict(tmp_path, stored, failures):
    said = nbformat.v4.new_output("stream", name="stdout", text=f"mean within 0.2: {stored}\n")
    code = "print('mean within 0.2:', True)"
    cell = new_code_cell(code, execution_count=1, outputs=[said])
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    done = nbval(write(tmp_path / "gan_torch.ipynb", cell), cwd=tmp_path)
    assert done.returncode == failures, done.stdout
    assert "mean within" in done.stdout or not failures


def test_nbval_notices_a_wrong_generator(tmp_path):
    """The NumPy lesson up to its verdict, with a generator that has lost its bias."""
    notebook = nbformat.read(LESSONS[0].notebook("numpy").ipynb, as_version=4)
    sources = [cell.source for cell in notebook.cells]
    verdict = [source.startswith("gan, closed_form") for source in sources].index(True)
    notebook.cells = notebook.cells[: verdict + 1]
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    path = tmp_path / "gan_numpy.ipynb"
    for planted, failures in ("", 0), ("\nnet_G.parameters[1][...] = 0", 1):
        train = build.training_cell(notebook)
        notebook.cells[train].source = sources[train] + planted
        nbformat.write(notebook, path)
        done = nbval(path, cwd=tmp_path)
        assert f"{failures} failed" in done.stdout or not failures, done.stdout
        assert done.returncode == failures
        assert ("of that: False" in done.stdout) == bool(planted)
