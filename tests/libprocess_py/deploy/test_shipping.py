"""How classes travel: between two OS processes of which only the first one knows them, and by name."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Final

import pytest

import libprocess_py
from libprocess_py import Process
from libprocess_py.deploy.errors import SpawnFailed
from libprocess_py.deploy.messages import PAYLOAD_MAX
from libprocess_py.deploy.shipping import (
    Differs,
    as_actor,
    digest_of_module,
    here,
    imported,
    is_importable,
    name_of,
    pack,
    unpack,
)
from tests.libprocess_py.deploy import actors
from tests.libprocess_py.deploy.actors import Counter

TIMEOUT_S: Final = 30

# The classes of a script: messages and records with fields, defaults and methods, a base class, a global, a handler of
# two types.
SCRIPT: Final = """
    from __future__ import annotations
    import sys
    from dataclasses import dataclass
    from libprocess_py import PID, Message, Process, Record
    from libprocess_py.deploy.shipping import pack

    FACTOR = 2

    class Inner(Record):
        number: int = 3
        names: tuple[str, ...] = ()
        extra: dict[str, int] = {}

        def doubled(self) -> Inner:
            return Inner(number=self.number * FACTOR)

    class Checked(Record):
        number: int

        def __post_init__(self) -> None:
            if self.number > FACTOR * 2:
                raise ValueError("at most 4")

    class Derived(Checked):
        name: str = ""

    class Tree(Message):
        branches: tuple[Tree, ...] = ()

    class Ask(Message):
        number: int
        inner: Inner | None = None

    class AskMore(Ask):
        wire_name = "More"
        words: str

    @dataclass
    class Plain:
        number: int

    class Base(Process):
        def hello(self) -> str:
            return "base"

    class Doubler(Base):
        def ask(self, sender: PID, ask: Ask | AskMore) -> None:
            self.send(sender, Ask(number=2 * ask.number))

        def hello(self) -> str:
            return "derived from " + super().hello()

        def make(self) -> AskMore:
            return AskMore(number=Plain(1).number, inner=Inner(number=5).doubled(), words="x")

    sys.stdout.buffer.write(pack({what}))
"""


CATCHING: Final = """
    try:
        pack(Tree)
    except Exception as error:
        print(error)
"""


def _run(program: str, *arguments: str) -> bytes:
    """What it prints. It knows this package, and nothing of the tests."""
    code = textwrap.dedent(program)
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        check=False,
        capture_output=True,
        timeout=TIMEOUT_S,
        cwd=Path(libprocess_py.__file__).parents[1],
    )
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout


def _unpacked(expression: str, tmp_path: Path, *what: str) -> str:
    """The value, in words, of an expression about what came: `came` is the list of what was packed."""
    files = []
    for number, each in enumerate(what):
        files.append(tmp_path / str(number))
        files[-1].write_bytes(_run(SCRIPT.replace("{what}", each)))
    program = f"""
        import sys
        from pathlib import Path
        from libprocess_py.deploy.shipping import unpack
        from libprocess_py.errors import MalformedMessage
        from libprocess_py.message import decode, encode

        def decode_problem(kind, body):
            try:
                decode(kind, body)
            except MalformedMessage as error:
                return str(error)

        came = [unpack(Path(file).read_bytes()) for file in sys.argv[1:]]
        print(({expression}))
    """
    return _run(program, *map(str, files)).decode().strip()


def test_a_class_of_a_script_arrives_with_its_bases_its_messages_and_what_it_uses(tmp_path: Path) -> None:
    expression = "came[0]().hello(), came[0]().make(), encode(came[0]().make()), type(came[0]().make()).wire_name"

    told = _unpacked(expression, tmp_path, "Doubler")

    assert told == (
        "('derived from base', AskMore(number=1, inner=Inner(number=10, names=(), extra={}), words='x'), "
        """b'{"number":1,"inner":{"number":10},"words":"x"}', 'More')"""
    )


def test_a_record_that_arrives_checks_itself_as_before(tmp_path: Path) -> None:
    expression = """[decode_problem(came[0], body) for body in (b'{"number": 4}', b'{"number": 5}')]"""

    assert _unpacked(expression, tmp_path, "Checked") == "[None, 'Checked: at most 4']"
    assert _unpacked(expression, tmp_path, "Derived") == "[None, 'Derived: at most 4']"


def test_a_record_that_contains_itself_is_told_to_be_imported(tmp_path: Path) -> None:
    told = _run(SCRIPT.replace("sys.stdout.buffer.write(pack({what}))", CATCHING))

    assert told.decode().strip() == (
        "what is to be sent cannot be pickled: __main__:Tree: a record that contains itself has to be imported there"
    )


def test_its_handlers_are_installed_and_its_messages_decoded(tmp_path: Path) -> None:
    expression = (
        "sorted(came[0]._process_names), [kind.__name__ for kind in came[0]._process_handlers], "
        """decode(came[0]._process_names['Ask'], b'{"number": 1, "inner": {"names": ["a"]}}')"""
    )

    told = _unpacked(expression, tmp_path, "Doubler")

    assert told == (
        "(['Ask', 'More'], ['Ask', 'AskMore'], Ask(number=1, inner=Inner(number=3, names=('a',), extra={})))"
    )


@pytest.mark.parametrize("value", ["Plain(number=1)", "Pair(left=1)", "Colour.RED", "Asked(number=1)"])
def test_a_class_travels_although_its_values_have_been_read_here(value: str) -> None:
    declared = """
        import enum
        from dataclasses import dataclass
        from typing import NamedTuple
        from libprocess_py import Message
        from libprocess_py.deploy.shipping import pack, unpack
        from libprocess_py.message import decode, encode

        @dataclass
        class Plain:
            number: int

        class Pair(NamedTuple):
            left: int

        class Colour(enum.Enum):
            RED = 1

        class Asked(Message):
            number: int
    """
    program = (
        textwrap.dedent(declared)
        + f"value = {value}; decode(type(value), encode(value)); print(unpack(pack(value)) == value)"
    )

    assert _run(program) == b"True\n"


def test_the_same_class_that_comes_twice_is_one_class() -> None:
    class Local(Process):
        pass

    first, second = unpack(pack(Local)), unpack(pack((Local, Counter)))[0]

    assert first is second


def test_a_message_that_comes_alone_is_the_one_of_its_actor(tmp_path: Path) -> None:
    script = SCRIPT.replace(
        "sys.stdout.buffer.write(pack({what}))",
        "import base64; print([base64.b64encode(pack(each)) for each in (Ask, Doubler)])",
    )
    program = f"""
        import base64
        from libprocess_py.deploy.shipping import unpack
        ask, doubler = (unpack(base64.b64decode(each)) for each in {_run(script).decode().strip()})
        print(ask in doubler._process_handlers)
    """

    assert _run(program) == b"True\n"


def test_functions_travel_with_what_they_close_over(tmp_path: Path) -> None:
    assert _unpacked("came[0](3)", tmp_path, "lambda number: number + FACTOR") == "5"


def test_the_code_of_a_function_names_the_file_in_which_it_was_written() -> None:
    class Local(Process):
        def method(self) -> None:
            """Only its code matters."""

    code = Local.method.__code__

    copy = _run(
        f"""
        from libprocess_py.deploy.shipping import unpack
        print(unpack({pack(Local)!r}).method.__code__.co_filename)
        """
    )

    assert copy.decode().strip() == code.co_filename


def test_a_class_of_a_module_is_named_and_found_if_the_source_is_the_same() -> None:
    digest = digest_of_module(Counter.__module__)

    assert name_of(Counter) == "tests.libprocess_py.deploy.actors:Counter"
    assert is_importable(Counter)
    assert imported(name_of(Counter), digest) is Counter


@pytest.mark.parametrize(
    ("name", "digest", "why"),
    [
        ("nowhere.to.be_found:Counter", "x", "there is no module nowhere here"),
        ("tests.libprocess_py.deploy.actors:Nobody", "x", "has no Nobody here"),
        (
            "tests.libprocess_py.deploy.actors:Counter",
            "x",
            "the source of .*actors is another",
        ),
    ],
)
def test_a_class_that_is_not_the_same_here_has_to_come_by_value(name: str, digest: str, why: str) -> None:
    with pytest.raises(Differs, match=why):
        imported(name, digest)


def test_a_class_of_a_module_is_sent_by_value_when_the_other_side_asks_for_it() -> None:
    payload = pack(Counter, module=Counter.__module__)

    assert len(payload) > 1_000
    assert len(pack(Counter)) < 100


def test_what_is_no_actor_is_not_taken_for_one() -> None:
    with pytest.raises(SpawnFailed, match="x:y: expected a class derived from Process"):
        as_actor(actors.Part, "x:y")


def test_to_another_platform_nothing_goes_by_value() -> None:
    with pytest.raises(SpawnFailed, match="cannot be pickled"):
        pack(lambda: 1, same_platform=False)
    assert unpack(pack((Counter, 1), same_platform=False)) == (Counter, 1)


def test_what_is_too_large_is_not_packed() -> None:
    with pytest.raises(SpawnFailed, match=f"at most {PAYLOAD_MAX}: send it in parts"):
        pack(bytes(PAYLOAD_MAX))


def test_the_platform_names_the_minor_version_of_python() -> None:
    assert here().python == f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]}"


def test_nothing_else_in_the_package_unpickles_what_came_over_a_network() -> None:
    of_own_children = ["sim/search.py", "sim/search_worker.py"]  # A search reads what the processes it started write.
    package = Path(libprocess_py.__file__).parent

    unpickling = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if any(word in path.read_text() for word in ("pickle.load", "Unpickler(", "marshal.load", "shelve"))
    ]

    assert sorted(unpickling) == ["deploy/shipping.py", *of_own_children]
