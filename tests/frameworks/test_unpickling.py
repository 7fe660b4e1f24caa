"""Unpickling runs code: nothing is unpickled but what carries a framework's seal, wherever in the tree one looks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from tests.tidy.source import Module, modules

# Modules of the standard library and of ours that turn bytes into code, and those that use them unasked.
DANGEROUS: Final = frozenset({"cloudpickle", "dill", "marshal", "multiprocessing", "pickle", "shelve", "_pickle"})
OPENERS: Final = frozenset({"unpack_call", "unpack_answer"})
PAYLOAD: Final = "mesos_py/frameworks/function_payload.py"
WORKER: Final = "mesos_py/frameworks/executor/worker_main.py"


def shipped() -> Iterator[Module]:
    return (module for module in modules() if module.rooms[0] != "tests")


def calls(module: Module) -> Iterator[tuple[str, str]]:
    """Each call in a function of a module: who calls, and what, as written."""
    for name, function in module.functions():
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                yield name, ast.unparse(node.func)


def test_one_module_knows_how_to_unpickle() -> None:
    users = {
        module.path
        for module in shipped()
        for _, imported in module.imports()
        if imported.partition(".")[0] in DANGEROUS
    }

    assert users == {PAYLOAD}


def test_two_functions_of_it_do() -> None:
    (payload,) = (module for module in shipped() if module.path == PAYLOAD)

    loading = {name for name, called in calls(payload) if called.rpartition(".")[2] in {"load", "loads", "Unpickler"}}

    assert loading == OPENERS


def test_they_are_called_behind_a_seal_or_in_the_process_that_runs_foreign_code_anyway() -> None:
    """The worker is given calls by its executor, which has opened their seals, and looks at answers of its own."""
    callers = {
        (module.path, name)
        for module in shipped()
        for name, called in calls(module)
        if called.rpartition(".")[2] in OPENERS
    }

    assert callers == {(PAYLOAD, "open_answer"), (WORKER, "answer"), (WORKER, "_answer")}


def test_they_are_handed_to_nobody_else() -> None:
    """A function that is named without being called may be called by anybody."""
    users = {
        module.path
        for module in shipped()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).rpartition(".")[2] in OPENERS
    }

    assert users == {PAYLOAD, WORKER}


def test_the_worker_is_started_by_the_function_executor_alone() -> None:
    starters = {module.path for module in shipped() if module.path != WORKER and "worker_main" in module.text}

    assert starters == {"mesos_py/frameworks/executor/worker.py"}
