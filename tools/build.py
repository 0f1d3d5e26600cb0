"""Make the .ipynb files of the notebooks from the .py files: run each and keep its outputs.

A notebook is replaced only when all its cells have run. Nothing runs where code, d2lmini and the
versions are as they were. Outputs that another processor would not give are named.
"""

import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import jupytext
import nbformat
from jupytext.combine import combine_inputs_with_outputs
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

import d2lmini
from tools import KERNEL, QUIET_KERNEL, files, wheels
from tools.backends import why_not
from tools.elsewhere import older
from tools.lessons import LESSONS, ROOT, every, of

PACKAGE = Path(d2lmini.__file__).parent


def build(source: Path) -> bool:
    """Make the .ipynb beside source, a notebook in jupytext's percent format; tell whether it ran.

    Its cells run unless the outputs that are stored are of this code, this d2lmini and these
    versions.
    """
    notebook, stored = pair(source)
    key = of(source).framework
    runs = (
        stored is None
        or code(notebook) != code(stored)
        or made_by(stored, key) != stored.metadata.get("made_by")
    )
    if runs:
        execute(notebook, source.parent)
    # No more than this: versions of Python and jupytext would make a diff on every computer.
    notebook.metadata = {
        "kernelspec": notebook.metadata["kernelspec"],
        "made_by": made_by(notebook, key),
    }
    files.write(source.with_suffix(".ipynb"), nbformat.writes(notebook) + "\n")
    return runs


def pair(source: Path) -> tuple[nbformat.NotebookNode, nbformat.NotebookNode | None]:
    """Return a source as a notebook, with the outputs that are stored, and what is stored."""
    notebook, target = jupytext.read(source), source.with_suffix(".ipynb")
    if not target.exists():
        return notebook, None
    stored = files.read(target)
    # For the ids of its cells, too, so that a diff shows what changed and no more.
    return combine_inputs_with_outputs(notebook, stored), stored


def follow(source: Path) -> bool:
    """Bring the prose of the .ipynb beside source up to date; tell whether its code was."""
    notebook, stored = pair(source)
    if stored is None or code(notebook) != code(stored):
        return False
    notebook.metadata = stored.metadata
    files.write(source.with_suffix(".ipynb"), nbformat.writes(notebook) + "\n")
    return True


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run a notebook's cells in a folder, without time stamps: they would change with every run."""
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name=KERNEL,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": folder}},
        extra_arguments=QUIET_KERNEL,
    ).execute()


def code(notebook: nbformat.NotebookNode) -> list[str]:
    """Return a notebook's cells of code."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def made_by(notebook: nbformat.NotebookNode, key: str) -> str:
    """Return a hash of a notebook's code and outputs, and of the d2lmini and the versions here."""
    others = {*d2lmini.FRAMEWORKS} - {key}
    modules = [path for path in sorted(PACKAGE.glob("*.py")) if path.stem not in others]
    cells = [(cell.source, cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    made = [cells, [path.read_text(encoding="utf-8") for path in modules], versions(key)]
    return sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:16]


def versions(key: str) -> dict[str, str]:
    """Return which versions are here of what d2lmini needs for a framework."""
    names = {need.name for need in wheels.requirements() if wheels.fits(need, key)}
    return {name: version(name).partition("+")[0] for name in sorted(names)}


def hold_elsewhere(paths: Sequence[Path]) -> bool:
    """Compare notebooks' outputs with those of older processors; nbval names what differs."""
    tests = [sys.executable, "-m", "pytest", "-n", "auto", "--nbval", "--quiet", *paths]
    runs = [subprocess.run([*tests, f"--processor={name}"], cwd=ROOT) for name in older()]
    return not any(run.returncode for run in runs)


def training_cell(notebook: nbformat.NotebookNode) -> int:
    """Return which of the first lesson's cells trains and leaves the figure."""
    return cell_with("film = train(", notebook)


def cell_with(code: str, notebook: nbformat.NotebookNode) -> int:
    """Return which of a notebook's cells has this code; there must be one."""
    (number,) = [n for n, cell in enumerate(notebook.cells) if code in cell.source]
    return number


def picture(notebook: nbformat.NotebookNode) -> bytes:
    """Return the wall of generated faces in the lesson on them, as PNG."""
    outputs = notebook.cells[cell_with("show_wall(plain_faces", notebook)].outputs
    (png,) = [o.data["image/png"] for o in outputs if o.output_type == "display_data"]
    return b64decode(png)


def main() -> None:
    """Build the notebooks named on the command line, or all, and the picture in README.md."""
    failed, ran = [], []
    written = [notebook.py for notebook in every() if notebook.py.exists()]
    for source in [Path(name).resolve() for name in sys.argv[1:]] or written:
        if not (notebook := of(source)):
            raise SystemExit(f"{source.name}: no notebook of the LESSONS in tools/lessons.py")
        if reason := why_not(notebook.framework):
            print(f"{source.name}: {'only its prose' if follow(source) else 'skipped'}, {reason}")
            continue
        print(f"{source.name} ...", end=" ", flush=True)
        try:
            if build(source):
                ran.append(source.with_suffix(".ipynb"))
            print("its cells have run" if source.with_suffix(".ipynb") in ran else "no code to run")
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            print("stopped")
            failed.append(f"{source.name} stopped, {source.stem}.ipynb is as before\n{error}")
    (lesson,) = [lesson for lesson in LESSONS if lesson.key == "faces"]
    shown = lesson.notebook(d2lmini.FRAMEWORKS[0]).ipynb
    if shown.exists():  # a new one may have failed
        files.write(ROOT / "README.png", picture(files.read(shown)))
    if ran and not hold_elsewhere(ran):
        failed.append(
            "What is named above is another on another processor: compare less, or with more margin"
        )
    if failed:
        raise SystemExit("\n".join(failed))


if __name__ == "__main__":
    main()
