"""What a type checker says of programs that use actors: one run of mypy --strict over a page of right and wrong calls.

A line that ends with `# no: <codes>` must be an error of these codes; every other line must be none.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from mypy import api

ROOT: Final = Path(__file__).parents[2]

PAGE: Final = """
from typing import assert_type

from libprocess_py import (
    PID, Break, Continue, Future, Mutex, Node, Once, Process, Promise, Queue, Sequence, after, await_all, collect, loop
)
from libprocess_py.runtime import Executor, LoopNode, adopt, from_asyncio, run_async
from pykka import ThreadingActor


class Base(Process):
    def name(self) -> str:
        return "base"


class Account(Base):
    def deposit(self, amount: int, *, note: str = "") -> int:
        return amount

    async def audit(self) -> bool:
        return True

    def later(self) -> Future[float]:
        raise NotImplementedError

    def me(self) -> None:
        assert_type(self.dispatch(self.pid, Account.deposit, 1), Future[int])
        self.dispatch(self.pid, Teller.close)  # no: call-overload


class Teller(Process):
    def __init__(self, account: PID[Account]) -> None:
        super().__init__()
        self.account = account
        self.others: list[PID] = [account]

    def close(self) -> None:
        assert_type(self.spawn(Account()), PID[Account])
        self.dispatch(self.account, Account.deposit, "1")  # no: call-overload
        self.dispatch(self.account, Account.deposit)  # no: call-overload


def calls(node: Node, anybody: PID, base: PID[Base]) -> None:
    account = node.spawn(Account())
    assert_type(account, PID[Account])
    assert_type(node.try_spawn(Account()), PID[Account] | None)
    assert_type(node.dispatch(account, Account.deposit, 1, note="rent"), Future[int])
    assert_type(node.dispatch(account, Account.audit), Future[bool])
    assert_type(node.dispatch(account, Account.later), Future[float])
    assert_type(node.dispatch(account, Base.name), Future[str])
    assert_type(node.dispatch(anybody, Account.deposit, 1), Future[int])
    node.dispatch(account, Account.deposit, 1, memo="rent")  # no: arg-type, call-arg
    node.dispatch(account, Account.withdraw, 1)  # no: attr-defined, call-overload
    node.dispatch(account, Teller.close)  # no: call-overload
    node.dispatch(base, Account.deposit, 1)  # no: call-overload
    node.spawn(Account)  # no: type-var
    node.spawn(Teller(account))
    node.spawn(Teller(base))  # no: arg-type
    node.spawn(Teller(anybody))
    as_base: PID[Base] = account
    as_any: PID = as_base
    assert_type(PID.parse("a@10.0.0.1:1"), PID)


def futures(number: Promise[int], word: Future[str], owner: Process) -> None:
    assert_type(number.then(str), Future[str])
    assert_type(number.then(lambda n: word), Future[str])
    assert_type(number.repair(lambda failed: 1), Future[int])
    assert_type(number.recover(lambda failed: number), Future[int])
    assert_type(number.after(1, lambda late: 0, on=owner), Future[int])
    assert_type(number.undiscardable(), Future[int])
    assert_type(collect([number, number]), Future[list[int]])
    assert_type(await_all([word]), Future[list[Future[str]]])
    assert_type(after(1, on=owner), Future[None])
    assert_type(loop(lambda: number, lambda n: Break(str(n)) if n else Continue()), Future[str])
    number.repair(lambda failed: "x")  # no: arg-type, return-value
    number.after(1, lambda late: 0)  # no: call-arg
    number.set("1")  # no: arg-type
    word.set("x")  # no: attr-defined


async def waits(number: Future[int], mutex: Mutex) -> None:
    async with mutex:
        assert_type(await number, int)
    assert_type(await from_asyncio(waits(number, mutex)), None)


def coordination(node: LoopNode, number: Future[int]) -> None:
    queue: Queue[int] = Queue()
    assert_type(queue.get(), Future[int])
    queue.put("1")  # no: arg-type
    assert_type(Sequence().add(lambda: number), Future[int])
    assert_type(Sequence().add(lambda: "x"), Future[str])
    assert_type(Once(lambda: number)(), Future[int])
    assert_type(run_async(node, len, "x"), Future[int])
    assert_type(Executor(node).run(divmod, 7, 2), Future[tuple[int, int]])
    run_async(node, len)  # no: call-arg


class Old(ThreadingActor):
    def sum(self, *numbers: int) -> int:
        return sum(numbers)


async def elsewhere(node: LoopNode) -> None:
    remote = await node.connect("10.0.0.2:5050")
    account = await remote.spawn(Account)
    assert_type(account, PID[Account])
    assert_type(await remote.using(id="t").spawn(Teller, account), PID[Teller])
    assert_type(await node.dispatch(account, Account.deposit, 1), int)
    await remote.spawn(Teller)  # no: call-arg
    await remote.spawn(Teller, "account")  # no: arg-type
    await remote.spawn(str)  # no: type-var
    old = adopt(node, Old.start())
    assert_type(old, PID[Old])
    assert_type(await node.dispatch(old, Old.sum, 1, 2), int)
    node.dispatch(old, Old.sum, "x")  # no: call-overload
"""


def test_the_calls_of_a_page_are_right_or_wrong_as_it_says(tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    page.write_text(PAGE)

    told, complaint, _ = api.run(["--config-file", str(ROOT / "setup.cfg"), "--no-error-summary", str(page)])

    said: dict[int, set[str]] = {}
    for line, code in re.findall(r"page\.py:(\d+): error: .*\[(.*)\]$", told, re.MULTILINE):
        said.setdefault(int(line), set()).add(code)
    lines = enumerate(PAGE.splitlines(), start=1)
    meant = {number: set(line.partition("# no: ")[2].split(", ")) for number, line in lines if "# no: " in line}
    assert complaint == ""
    assert said == meant, told
