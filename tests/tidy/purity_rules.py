"""Rules of layers and purity: who may import whom, and what the cores must never touch."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from tests.tidy.findings import Finding
from tests.tidy.source import Module

# A core that imports one of these could wait, read a clock, draw unnamed chance, or see the machine.
IMPURE: Final = frozenset(
    {
        *(
            "asyncio",
            "concurrent",
            "logging",
            "multiprocessing",
            "selectors",
            "signal",
            "socket",
            "threading",
            "uvloop",
        ),
        *("datetime", "io", "os", "pathlib", "random", "secrets", "shutil", "subprocess", "tempfile", "time", "uuid"),
    }
)
# What runs actors; a core is run by one and must not know it.
SHELLS: Final = ("libprocess_py.runtime", "libprocess_py.sim", "libprocess_py.node", "libprocess_py.process")
# Modules outside a core that declare what it exchanges with the rooms around it; they are as pure as the core.
EXCHANGED: Final = ("slave.containerizer.container",)
# The one actor among the policies.
ACTORS_IN_ALLOCATORS: Final = ("allocators/allocator_process.py",)

# Each package, and what of ours it may import beside itself. Import-linter checks the same, through chains of imports.
BELOW: Final[Mapping[str, tuple[str, ...]]] = {
    "libprocess_py": (),
    "mesos_py.protocol": ("libprocess_py",),
    "allocators": ("mesos_py.protocol", "libprocess_py"),
    "master": ("allocators", "mesos_py.protocol", "libprocess_py"),
    "slave": ("mesos_py.protocol", "libprocess_py"),
    "mesos_py.frameworks": ("mesos_py.protocol", "libprocess_py"),
    "mesos_py.simulation": (
        "master",
        "slave",
        "mesos_py.frameworks",
        "allocators",
        "mesos_py.protocol",
        "libprocess_py",
    ),
}
BELOW_BENCH: Final = (*BELOW, "bench")
OURS: Final = ("libprocess_py", "mesos_py", "allocators", "master", "slave", "bench", "tests")


def is_pure(module: Module) -> bool:
    """Whether the module is promised to be a function of its arguments."""
    if module.rooms[:1] in ((), ("tests",)):
        return False
    if module.rooms[0] == "allocators":
        return module.path not in ACTORS_IN_ALLOCATORS
    if module.dotted in EXCHANGED:
        return True
    return "core" in module.rooms or module.name == "core.py" or module.rooms[:2] == ("mesos_py", "protocol")


def pure_imports(module: Module) -> Iterator[Finding]:
    """A pure module imports no clock, chance, socket, file, thread, event loop or log."""
    if is_pure(module):
        for line, name in module.imports():
            if name.partition(".")[0] in IMPURE:
                yield Finding(module.path, line, f"imports {name}, and is promised to be pure")


def core_knows_no_shell(module: Module) -> Iterator[Finding]:
    """A core knows neither what runs it nor the rooms around it."""
    if not is_pure(module):
        return
    own = module.dotted.partition(".core")[0] if "core" in module.rooms else None
    for line, name in module.imports():
        around = own is not None and own != "libprocess_py" and _is_in(name, (own,))
        inside = own is not None and _is_in(name, (f"{own}.core", f"{own}.validation", *EXCHANGED))
        if _is_in(name, SHELLS) or (around and not inside):
            yield Finding(module.path, line, f"imports {name}, a shell")


def stable_order(module: Module) -> Iterator[Finding]:
    """Nothing in a core follows the order of a set, an address in memory, or a hash that differs by process."""
    if not is_pure(module):
        return
    hashing = {id(inner) for name, node in module.functions() if node.name == "__hash__" for inner in ast.walk(node)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.For | ast.comprehension) and _is_set(node.iter):
            yield Finding(module.path, node.iter.lineno, "iterates over a set, whose order differs by process; sort it")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in {"id", "hash"} and id(node) not in hashing:
                yield Finding(module.path, node.lineno, f"{node.func.id}() differs by process")
            if node.func.id in {"list", "tuple", "iter", "enumerate"} and node.args and _is_set(node.args[0]):
                yield Finding(module.path, node.lineno, "takes the order of a set, which differs by process; sort it")


def _is_set(node: ast.expr) -> bool:
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"set", "frozenset"}
    return is_call or isinstance(node, ast.Set | ast.SetComp)


def imports_point_down(module: Module) -> Iterator[Finding]:
    """A layer imports itself and what is below it."""
    layer = layer_of(module.dotted)
    if layer is None:
        return
    allowed = BELOW_BENCH if layer == "bench" else (layer, *BELOW[layer])
    for line, name in module.imports():
        if name.partition(".")[0] in OURS and not _is_in(name, allowed):
            yield Finding(module.path, line, f"{layer} may not import {name}")


def layer_of(dotted: str) -> str | None:
    """The layer of a module; None for the top (`mesos_py` itself, the command line, tests), which may import all."""
    return next((layer for layer in BELOW_BENCH if _is_in(dotted, (layer,))), None)


def _is_in(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)
