"""A checkpoint's answer: a Markdown cell tagged `answer`, folded, after a cell that asks.

It is of slide type `fragment`, and written like this, with the blank lines:

    <details>
    <summary>Answer</summary>

    The losses alone cannot say.

    </details>

It is folded in JupyterLab, on the page of `make run`, in the book and in students' copies, for it
is there to check oneself; on its slide it appears at a press of a key.
"""

import re

from nbformat import NotebookNode

from tools.language import _

# Without the blank lines, what is between them would be HTML, and no Markdown.
FOLDED = re.compile(
    r"<details>\n<summary>(?P<word>[^<\n]+)</summary>\n\n(?P<answer>\S(?:(?!</?details|<summary).)*)\n\n</details>",
    re.DOTALL,
)
FORM = "<details>, <summary>Answer</summary>, a blank line, the answer, a blank line, </details>"


def is_answer(cell: NotebookNode) -> bool:
    """Tell whether a cell answers a checkpoint's question."""
    return "answer" in cell.metadata.get("tags", ())


def check(cell: NotebookNode, before: NotebookNode | None) -> None:
    """Raise ValueError if a cell answers, and is not folded or not after a cell that asks."""
    if not is_answer(cell):
        return
    folded = FOLDED.fullmatch(cell.source) if cell.cell_type == "markdown" else None
    if not folded or folded["word"] not in ("Answer", _("Answer")):  # translated already, or not
        raise ValueError(f"not folded as an answer is: {FORM}")
    asks = before and before.cell_type == "markdown" and "?" in before.source
    if not asks or is_answer(before):
        raise ValueError("an answer, but the cell before it asks nothing")


def unfolded(source: str) -> str:
    """Return the answer that is folded in Markdown, in any language; other Markdown as it is."""
    folded = FOLDED.fullmatch(source)
    return folded["answer"] if folded else source
