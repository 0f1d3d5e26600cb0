"""Make notebooks/*.ipynb from the .py files: run each and keep its outputs.

A notebook is replaced only when all its cells have run.
"""

import sys
from base64 import b64decode
from pathlib import Path

import jupytext
import nbformat
from jupytext.combine import combine_inputs_with_outputs
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

import d2lmini
from tools import files
from tools.backends import KINDS, NOTEBOOKS, key_of, notebooks, why_not

KERNEL = "python3"  # this environment's, see tools/__init__.py, whatever the notebook names
QUIET_KERNEL = ["--log-level=ERROR"]  # it warns of each start that its port is not encrypted


def build(source: Path) -> None:
    """Execute source, a notebook in jupytext's percent format, into the .ipynb beside it."""
    target = source.with_suffix(".ipynb")
    notebook = jupytext.read(source)
    if target.exists():  # for the ids of its cells, so that a diff shows what changed and no more
        notebook = combine_inputs_with_outputs(notebook, files.read(target))
    resources = {"metadata": {"path": source.parent}}
    # Without time stamps: they would change with every run.
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name=KERNEL,
        record_timing=False,
        coalesce_streams=True,
        resources=resources,
        extra_arguments=QUIET_KERNEL,
    ).execute()
    # No more than this: versions of Python and jupytext would make a diff on every computer.
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    files.write(target, nbformat.writes(notebook) + "\n")


def training_cell(notebook: nbformat.NotebookNode) -> int:
    """Return which of a lesson's cells trains and leaves the figure."""
    (number,) = [n for n, cell in enumerate(notebook.cells) if "film = train(" in cell.source]
    return number


def picture(notebook: nbformat.NotebookNode) -> bytes:
    """Return the figure that a lesson's training cell leaves, as PNG."""
    outputs = notebook.cells[training_cell(notebook)].outputs
    (png,) = [o.data["image/png"] for o in outputs if o.output_type == "display_data"]
    return b64decode(png)


def main() -> None:
    """Build the notebooks named on the command line, or all, and the picture in README.md."""
    failed = []
    every = [path for kind in KINDS for path in notebooks(kind, ".py")]
    for source in [Path(name) for name in sys.argv[1:]] or every:
        if reason := why_not(key_of(source)):
            print(f"{source.name}: skipped, {reason}")
            continue
        print(f"{source.name} ...", flush=True)
        try:
            build(source)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failed.append(f"{source.name} stopped, {source.stem}.ipynb is as before\n{error}")
    lesson = files.read(NOTEBOOKS / f"gan_{d2lmini.FRAMEWORKS[0]}.ipynb")
    files.write(NOTEBOOKS.parent / "README.png", picture(lesson))
    if failed:
        raise SystemExit("\n".join(failed))


if __name__ == "__main__":
    main()
