"""For tests and notebooks alike: which frameworks take part."""

import os
from importlib import import_module

import pytest

import d2lmini
from tools.backends import key_of, why_not

os.environ.setdefault("MPLBACKEND", "agg")  # no window, whatever the computer


def pytest_sessionstart(session):
    """Refuse to start, and so to pass, without a framework that is required."""
    try:
        for key in d2lmini.FRAMEWORKS:
            why_not(key)
    except (ValueError, ModuleNotFoundError) as error:
        raise pytest.UsageError(str(error)) from None


def pytest_collection_modifyitems(items):
    """Skip the notebooks of a framework that is left out, and say why."""
    for item in items:
        if item.path.suffix == ".ipynb":
            key = key_of(item.path)
            if reason := why_not(key) if key else "not one of the lessons":
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(params=d2lmini.FRAMEWORKS)
def framework(request) -> str:
    """Each framework's key, in turn."""
    if reason := why_not(request.param):
        pytest.skip(reason)
    return request.param


@pytest.fixture
def adapter(framework):
    """How the tests build each framework's networks, in turn."""
    return import_module(f"tests.adapters.{framework}")


@pytest.fixture
def d2l(framework):
    """Each framework's module of d2lmini, in turn."""
    return import_module(f"d2lmini.{framework}")
