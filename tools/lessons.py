"""The lessons of the shelf, a line each in LESSONS, and the notebooks that they have.

A lesson is a folder of notebooks, one of each kind in each framework: `gan_torch`,
`gan_torch_faster` and `gan_torch_solutions` in `notebooks/gan`. Each is a pair, .py and .ipynb.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import d2lmini
from tools.language import N_

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
SOLUTIONS = "solutions"


@dataclass(frozen=True, eq=False)
class Lesson:
    """A lesson.

    key: what its folder and the names of its notebooks begin with. more: the kinds of notebooks
    that it has beside the lesson itself. figures: what the lesson prints, as patterns with one
    group, by the name under which it stands in the summary and in the book. questions: what its
    workbook asks for in numbers, by name (d2lcheck.questions).
    """

    key: str
    more: tuple[str, ...] = ()
    figures: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where its notebooks and their pictures are."""
        return NOTEBOOKS / self.key

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of its notebooks: "", the lesson itself, and those that it has beside it."""
        return ("", *self.more)

    def page(self, kind: str = "") -> str:
        """Return the name of the book's page of tabs for its notebooks of a kind."""
        return "_".join(filter(None, (self.key, kind)))

    def notebook(self, framework: str, kind: str = "") -> "Notebook":
        """Return one of its notebooks, whether it exists or not."""
        return Notebook(self, framework, kind)

    def notebooks(self, kind: str = "") -> dict[str, "Notebook"]:
        """Return its notebooks of a kind by framework, whether they exist or not."""
        return {key: self.notebook(key, kind) for key in d2lmini.FRAMEWORKS}


@dataclass(frozen=True)
class Notebook:
    """A lesson's notebook of a kind, in a framework."""

    lesson: Lesson
    framework: str
    kind: str

    @property
    def stem(self) -> str:
        """Its name, which its files bear: gan_torch_solutions."""
        return "_".join(filter(None, (self.lesson.key, self.framework, self.kind)))

    @property
    def folder(self) -> Path:
        """Where it is, with its pictures."""
        return self.lesson.folder

    @property
    def py(self) -> Path:
        """Its text, in jupytext's percent format."""
        return self.folder / f"{self.stem}.py"

    @property
    def ipynb(self) -> Path:
        """It as it is opened and shown, with its outputs."""
        return self.folder / f"{self.stem}.ipynb"


LESSONS = (
    Lesson(
        "gan",
        more=("faster", SOLUTIONS),
        figures={
            N_("examples/sec"): r"^(\S+) examples/sec$",
            N_("mean error"): r"^GAN +mean error (\S+),",
            N_("covariance error"): r"^GAN .* covariance error (\S+),",
            N_("Fréchet"): r"^GAN .* Fréchet (\S+)$",
        },
        questions=("own_slopes", "own_best_D", "own_game", "own_fit", "own_verdicts"),
    ),
    Lesson(
        "faces",
        more=(SOLUTIONS,),
        figures={
            N_("examples/sec"): r"^(\S+) examples/sec$",
            N_("distance"): r"^generated +distance (\S+),",
            N_("shares off"): r"^generated .* off by (\S+),",
            N_("different"): r"^generated .* (\S+) different,",
        },
        questions=("own_shares",),
    ),
)


def every(*kinds: str) -> Iterator[Notebook]:
    """Give the notebooks of these kinds, else all, by lesson, whether they exist or not."""
    for lesson in LESSONS:
        for kind in lesson.kinds:
            if not kinds or kind in kinds:
                yield from lesson.notebooks(kind).values()


def of(path: Path | str) -> Notebook | None:
    """Return the notebook that bears a file's name, wherever that is; None for a stray file."""
    return {notebook.stem: notebook for notebook in every()}.get(Path(path).stem)
