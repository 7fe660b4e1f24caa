"""Unpickling runs code, so few places do it, wherever in the tree one looks.

They are these: what carries a framework's seal; what an authenticated peer ships to a node that allows it (attacks on
that are tested with the spawner); and what a search of seeds and its own child processes tell one another.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from tests.tidy.source import Module, modules

# Modules of the standard library and of ours that turn bytes into code, and those that use them unasked.
DANGEROUS: Final = frozenset({"cloudpickle", "dill", "marshal", "multiprocessing", "pickle", "shelve", "_pickle"})
OPENERS: Final = frozenset({"unpack_call", "unpack_answer", "shipping.unpack", "unpack"})
PAYLOAD: Final = "mesos_py/frameworks/function_payload.py"
WORKER: Final = "mesos_py/frameworks/executor/worker_main.py"
SHIPPING: Final = "libprocess_py/deploy/shipping.py"
SPAWNER: Final = "libprocess_py/deploy/spawner.py"
SEARCH: Final = "libprocess_py/sim/search.py"
SEARCH_WORKER: Final = "libprocess_py/sim/search_worker.py"
PROFILER: Final = "libprocess_py/profiler_process.py"  # Writes the format of `pstats`.


def shipped() -> Iterator[Module]:
    return (module for module in modules() if module.rooms[0] != "tests")


def calls(module: Module) -> Iterator[tuple[str, str]]:
    """Each call in a function of a module: who calls, and what, as written."""
    for name, function in module.functions():
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                yield name, ast.unparse(node.func)


def test_few_modules_know_how_to_unpickle() -> None:
    users = {
        module.path
        for module in shipped()
        for _, imported in module.imports()
        if imported.partition(".")[0] in DANGEROUS
    }

    assert users == {PAYLOAD, SHIPPING, SEARCH, SEARCH_WORKER, PROFILER}


def test_few_functions_of_theirs_do() -> None:
    loading = {
        (module.path, name)
        for module in shipped()
        if module.path in {PAYLOAD, SHIPPING, SEARCH, SEARCH_WORKER, PROFILER}
        for name, called in calls(module)
        if called.rpartition(".")[2] in {"load", "loads", "Unpickler"}
    }

    assert loading == {
        (PAYLOAD, "unpack_call"),
        (PAYLOAD, "unpack_answer"),
        (SHIPPING, "unpack"),
        (SEARCH, "_search_elsewhere"),
        (SEARCH_WORKER, "main"),
    }


def test_they_are_called_behind_a_seal_or_in_the_process_that_runs_foreign_code_anyway() -> None:
    """The worker is given calls by its executor, which has opened their seals, and looks at answers of its own."""
    callers = {(module.path, name) for module in shipped() for name, called in calls(module) if is_opener(called)}

    assert callers == {
        (PAYLOAD, "open_answer"),
        (WORKER, "answer"),
        (WORKER, "_answer"),
        (SPAWNER, "Spawner.call"),
        (SPAWNER, "_made"),
    }


def is_opener(name: str) -> bool:
    return name in OPENERS or name.rpartition(".")[2] in OPENERS - {"unpack"}  # `struct` has an `unpack`, too.


def test_they_are_handed_to_nobody_else() -> None:
    """A function that is named without being called may be called by anybody."""
    users = {
        module.path
        for module in shipped()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.Attribute) and is_opener(ast.unparse(node))
    }

    assert users == {PAYLOAD, WORKER, SPAWNER}


def test_the_worker_is_started_by_the_function_executor_alone() -> None:
    starters = {module.path for module in shipped() if module.path != WORKER and "worker_main" in module.text}

    assert starters == {"mesos_py/frameworks/executor/worker.py"}


def test_the_worker_of_a_search_is_started_by_the_search_alone() -> None:
    starters = {module.path for module in shipped() if module.path != SEARCH_WORKER and "search_worker" in module.text}

    assert starters == {SEARCH}
