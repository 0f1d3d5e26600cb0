import ast
import shutil
import sys
from importlib import import_module
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import d2lmini
from d2lmini import common
from tests.support.python import run

PACKAGE = Path(d2lmini.__file__).parent
CONTRACT = """load_array Animator Timer Accumulator update_D update_G frechet_distance
              normal tensor matmul numpy seed set_figsize plt show""".split()


def test_the_package_alone_imports_no_framework_and_no_matplotlib():
    heavy = {*d2lmini.FRAMEWORKS, "matplotlib", "IPython"} - {"numpy"}
    assert run(f"import sys, d2lmini; print({heavy} & set(sys.modules))") == "set()"


def test_a_module_imports_its_own_framework_and_nothing_heavy(framework):
    """Read from the sources, for a framework may import what it likes."""
    own = {"numpy", "matplotlib", "PIL", "IPython", "d2lmini", framework}
    needs = [Requirement(line) for line in requires("d2lmini")]
    own |= {need.name for need in needs if f'extra == "{framework}"' in str(need.marker)}
    shared = set(PACKAGE.glob("*.py")) - {PACKAGE / f"{key}.py" for key in d2lmini.FRAMEWORKS}
    for path in shared | {PACKAGE / f"{framework}.py"}:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names]
                names = [node.module] if isinstance(node, ast.ImportFrom) else names
                tops = {name.split(".")[0] for name in names}
                assert tops <= own | sys.stdlib_module_names, f"{path.name}: {tops}"


def test_latex_is_not_needed_whatever_matplotlib_is_set_to(tmp_path, monkeypatch):
    (tmp_path / "matplotlibrc").write_text("text.usetex: True", encoding="utf-8")
    monkeypatch.setenv("MATPLOTLIBRC", str(tmp_path))
    code = "from d2lmini.animator import plt; print(plt.rcParams['text.usetex'])"
    assert run(code) == "False"


def test_a_module_offers_what_the_contract_names(d2l):
    assert [name for name in CONTRACT if not hasattr(d2l, name)] == []


def test_the_aliases_take_what_the_books_cells_pass(d2l):
    A, b = d2l.tensor([[1.0, 2.0], [-0.1, 0.5]]), d2l.tensor([1.0, 2.0])
    product = d2l.numpy(d2l.matmul(A, A) + b)
    assert product == pytest.approx(d2l.numpy(A) @ d2l.numpy(A) + d2l.numpy(b))


@pytest.mark.parametrize("framework", [key for key in d2lmini.FRAMEWORKS if key != "numpy"])
def test_a_missing_framework_says_how_to_install_it(framework, monkeypatch):
    monkeypatch.setitem(sys.modules, framework, None)  # importing it fails now
    monkeypatch.delitem(sys.modules, f"d2lmini.{framework}", raising=False)
    say = f"{framework} is not installed; in the project's folder, say: BACKENDS={framework} make"
    with pytest.raises(ImportError, match=say):
        import_module(f"d2lmini.{framework}")


def test_outside_the_project_it_names_what_pip_needs(monkeypatch):
    """The extra, which pip finds, with its versions, in the package that is installed."""
    monkeypatch.setattr(common, "__file__", "/elsewhere/d2lmini/common.py")
    assert 'run: python -m pip install "d2lmini[torch]"' in str(common.missing_framework("torch"))


def test_it_says_that_there_may_be_no_wheel():
    """Which framework has one where, the markers of the project say, and the tools read."""
    said = str(common.missing_framework("mxnet"))
    assert "(if it has no wheel for this Python or system, use another" in said


def test_a_copied_folder_without_install_works(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "d2lmini")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}]\nimport importlib.metadata as meta\n"
    code += "def none(*args): raise meta.PackageNotFoundError('d2lmini')\n"
    code += "meta.version = meta.requires = none\n"
    code += "from d2lmini import __version__, common\n"
    code += "print(__version__, common.missing_framework('torch'))"
    says = "d2lmini.torch: torch is not installed; run: python -m pip install torch ("
    assert run(code).startswith(f"unknown {says}")


def test_a_broken_framework_is_not_called_missing(tmp_path):
    (tmp_path / "torch.py").write_text("import a_module_that_is_not_there", encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    code += "try: import d2lmini.torch\nexcept ImportError as error: print(error.name)"
    assert run(code) == "a_module_that_is_not_there"
