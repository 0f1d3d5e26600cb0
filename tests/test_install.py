"""What `make` installs, and where from: tools/install.py with its commands only written down."""

from types import SimpleNamespace

import pytest

import d2lmini
from tools import install


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """Return the list of commands, which all succeed; the environment is empty."""
    made = []

    def run(command, env=None, **options):
        made.append((command[1:], env))
        return SimpleNamespace(returncode=0, stdout="")

    inputs = tmp_path / "pyproject.toml", tmp_path / "requirements.txt"
    for path, source in zip(inputs, install.INPUTS, strict=True):
        path.write_bytes(source.read_bytes())
    monkeypatch.setattr(install, "INPUTS", inputs)
    monkeypatch.setattr(install, "STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(install, "find_spec", lambda name: object())
    monkeypatch.setattr(install.subprocess, "run", run)
    monkeypatch.delenv("BACKENDS", raising=False)
    return made


def install_for(*words, monkeypatch):
    monkeypatch.setattr("sys.argv", ["install", *words])
    install.main()


def extras(call):
    """The extras that a command asks for."""
    return set(call[0][-1].partition("[")[2].rstrip("]").split(","))


def test_only_what_is_asked_for_and_the_environment_grows(calls, monkeypatch):
    monkeypatch.setenv("BACKENDS", "numpy")
    install_for("run", "frameworks", monkeypatch=monkeypatch)
    assert extras(calls[-1]) == {"run", "numpy"}
    install_for("book", monkeypatch=monkeypatch)
    assert extras(calls[-1]) == {"run", "numpy", "book"}
    before = len(calls)
    install_for("run", "frameworks", monkeypatch=monkeypatch)
    assert len(calls) == before
    monkeypatch.delenv("BACKENDS")
    install_for("run", "frameworks", monkeypatch=monkeypatch)
    assert extras(calls[-1]) == {"run", "book", *d2lmini.FRAMEWORKS}


@pytest.mark.parametrize("which", [0, 1])
def test_all_is_installed_anew_when_the_versions_change(calls, monkeypatch, which):
    install_for("book", monkeypatch=monkeypatch)
    install.INPUTS[which].write_text(
        install.INPUTS[which].read_text(encoding="utf-8") + "\n# new", encoding="utf-8"
    )
    install_for("run", monkeypatch=monkeypatch)
    assert extras(calls[-1]) == {"run", "book"}
    constraint = calls[-1][0][calls[-1][0].index("-c") + 1]
    assert constraint.endswith("requirements.txt")


def test_a_failure_is_said_and_not_taken_for_done(calls, monkeypatch):
    failed = SimpleNamespace(returncode=1, stdout="")
    monkeypatch.setattr(install.subprocess, "run", lambda *args, **options: failed)
    with pytest.raises(SystemExit, match="set-up has failed"):
        install_for("run", monkeypatch=monkeypatch)
    assert not install.STAMP.exists()


def test_gigabytes_are_announced_before_they_come(calls, monkeypatch, capsys):
    monkeypatch.setenv("BACKENDS", "tensorflow")
    install_for("run", "frameworks", monkeypatch=monkeypatch)
    assert (
        "for run, tensorflow, as far as there are wheels: up to 1.7 GB" in capsys.readouterr().out
    )
    install_for("lab", "frameworks", monkeypatch=monkeypatch)
    assert "for lab, as far as there are wheels: up to 0.1 GB" in capsys.readouterr().out


def test_every_extra_has_its_size():
    text = (install.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = install.tomllib.loads(text)
    sizes = project["tool"]["d2lmini"]["gigabytes"]
    assert sizes.keys() == project["project"]["optional-dependencies"].keys()


def test_where_uv_is_missing_pip_does_the_work(calls, monkeypatch):
    install_for("run", monkeypatch=monkeypatch)
    assert calls[-1][0][:4] == ["-m", "uv", "pip", "install"]
    monkeypatch.setattr(install, "find_spec", lambda name: None)
    install_for("book", monkeypatch=monkeypatch)
    assert calls[-1][0][:3] == ["-m", "pip", "install"]


def test_a_wrong_name_in_backends_is_named(calls, monkeypatch):
    monkeypatch.setenv("BACKENDS", "torhc")
    with pytest.raises(SystemExit, match="BACKENDS: torhc is none of torch, "):
        install_for("run", monkeypatch=monkeypatch)
    assert not calls


def test_uv_looks_where_pip_does(monkeypatch, tmp_path):
    """With pip's own reading of its environment and of its file."""
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://global/simple\nfind-links = /of/global\n"
        "extra-index-url =\n  https://one/simple\n  https://two/simple\n"
        "[install]\nindex-url = https://install/simple\n",
        encoding="utf-8",
    )
    for name in "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_FIND_LINKS":
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels /more")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    found = install.uv_environment()
    assert found["UV_DEFAULT_INDEX"] == "https://install/simple"
    assert found["UV_INDEX"] == "https://one/simple https://two/simple"
    assert found["UV_FIND_LINKS"] == "/wheels,/more"
    assert found["UV_NO_INDEX"] == "1"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own/simple")
    assert install.uv_environment()["UV_DEFAULT_INDEX"] == "https://own/simple"
