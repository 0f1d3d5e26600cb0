"""Make notebooks/*.ipynb from the .py files: run each and keep its outputs.

A notebook is replaced only when all its cells have run.
"""

import os
import sys
from pathlib import Path

import jupytext
import nbformat
from jupytext.combine import combine_inputs_with_outputs
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def build(source: Path) -> None:
    """Execute source, a notebook in jupytext's percent format, into the .ipynb beside it."""
    target = source.with_suffix(".ipynb")
    notebook = jupytext.read(source)
    if target.exists():  # for the ids of its cells, so that a diff shows what changed and no more
        notebook = combine_inputs_with_outputs(notebook, nbformat.read(target, as_version=4))
    resources = {"metadata": {"path": source.parent}}
    # Without time stamps: they would change with every run.
    NotebookClient(notebook, timeout=600, record_timing=False, resources=resources).execute()
    # No more than this: versions of Python and jupytext would make a diff on every computer.
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in ("tags", "slideshow")}
    draft = target.with_suffix(".tmp")
    nbformat.write(notebook, draft)
    os.replace(draft, target)


def main() -> None:
    """Build the notebooks named on the command line, or all."""
    for source in map(Path, sys.argv[1:] or sorted(NOTEBOOKS.glob("*.py"))):
        print(f"{source.name} ...", flush=True)
        try:
            build(source)
        except CellExecutionError as error:
            raise SystemExit(
                f"{source.name} stopped, {source.stem}.ipynb is as before\n{error}"
            ) from None


if __name__ == "__main__":
    main()
