"""Count words on several hosts, and lose one of them midway: the counts are right all the same.

```sh
python -m libprocess_py.examples.word_count                      # three nodes of its own, one of which is killed
python -m libprocess_py.examples.word_count --nodes 10.0.0.1:5051,10.0.0.2:5051 --secret-file secret *.txt
```

One actor, `Counting`, hands out pieces of text to counters, which are spawned on every node. A call is abandoned when
the counter or its host is gone: then its piece goes to another one. A piece is counted once, since answers count.
"""

from __future__ import annotations

import argparse
import logging
import secrets
import signal
import subprocess
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from libprocess_py import PID, Future, Process, Promise
from libprocess_py.auth.keyring import SecretFileError
from libprocess_py.deploy import ConnectFailed
from libprocess_py.process_control import set_parent_death_signal
from libprocess_py.runtime import LoopNode, NodeSettings, run

NODES: Final = 3
PIECE_WORDS: Final = 2_000  # Some milliseconds with the way there and back: little is lost with a host.
SHOWN: Final = 4
POEM: Final = "the hare sees the fox and the fox sees the hare but the owl sees both " * 20_000


class WordCounter(Process):
    """Counts words, wherever it is spawned. Nobody has to install it there."""

    def count(self, text: str) -> dict[str, int]:
        return dict(Counter(text.split()))


class Work(NamedTuple):
    """A piece, and who counts it."""

    counter: PID[WordCounter]
    piece: str


class Counting(Process):
    """Hands out pieces to counters until all are counted. `midway` is called when half of them are."""

    def __init__(self, pieces: Sequence[str], midway: Callable[[], object]) -> None:
        super().__init__()
        self._pieces = deque(pieces)
        self._missing = len(self._pieces)
        self._half = self._missing // 2
        self._midway = midway
        self._counters: list[PID[WordCounter]] = []
        self._total: Counter[str] = Counter()
        self._done: Promise[dict[str, int]] = Promise()

    def begin(self, counters: Sequence[PID[WordCounter]]) -> Future[dict[str, int]]:
        """How often each word occurs. Fails when nobody is left to count."""
        self._counters = list(counters)
        for counter in counters:
            self._next(counter)
        return self._done

    def _next(self, counter: PID[WordCounter]) -> None:
        if self._pieces:
            work = Work(counter, self._pieces.popleft())
            answer = self.dispatch(counter, WordCounter.count, work.piece)
            answer.on_settled(self.defer(Counting._answered, work))

    def _answered(self, work: Work, answer: Future[dict[str, int]]) -> None:
        if not answer.is_ready:
            self._lost(work)
            return
        self._total.update(answer.get())
        self._missing -= 1
        if self._missing == self._half:
            self._midway()
        if not self._missing:
            self._done.set(dict(self._total))
        self._next(work.counter)

    def _lost(self, work: Work) -> None:
        say(f"lost {work.counter}, whose piece another one counts")
        self._counters.remove(work.counter)
        self._pieces.append(work.piece)
        if not self._counters:
            self._done.fail("no node is left")
        for other in self._counters:  # Some may have had nothing left to do.
            self._next(other)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def pieces_of(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[at : at + PIECE_WORDS]) for at in range(0, len(words), PIECE_WORDS)]


def start_node_process(secret_file: Path) -> tuple[subprocess.Popen[str], str]:
    """Another node on this machine, in a process of its own that does not outlive this one, and its address."""
    command = [sys.executable, "-m", "libprocess_py.deploy", "--listen", "127.0.0.1:0", "--allow-spawn"]
    process = subprocess.Popen(
        [*command, "--secret-file", str(secret_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=partial(set_parent_death_signal, signal.SIGTERM),  # noqa: PLW1509  # No thread runs yet.
    )
    assert process.stdout is not None
    return process, process.stdout.readline().split()[-1]


async def count_words(
    node: LoopNode, addresses: Sequence[str], *, text: str, midway: Callable[[], object]
) -> dict[str, int]:
    """How often each word occurs, counted on those nodes."""
    counters = []
    for address in addresses:
        remote = await node.connect(address)
        counters.append(await remote.spawn(WordCounter))
    counting = node.spawn(Counting(pieces_of(text), midway))
    return await node.dispatch(counting, Counting.begin, counters)


async def main(node: LoopNode, *, addresses: Sequence[str], text: str, midway: Callable[[], object]) -> int:
    try:
        total = await count_words(node, addresses, text=text, midway=midway)
    except ConnectFailed as error:
        say(str(error))
        return 1
    words = ", ".join(f"{word} {count}" for word, count in Counter(total).most_common(SHOWN))
    say(f"{sum(total.values())} words: {words}, ...")
    return 0


def run_own_nodes(text: str) -> int:
    """With three nodes on this machine, one of which is killed midway."""
    with tempfile.TemporaryDirectory() as folder:
        secret_file = Path(folder) / "secret"
        secret_file.write_text(secrets.token_urlsafe(24))
        nodes = [start_node_process(secret_file) for _ in range(NODES)]
        try:
            program = partial(main, addresses=[address for _, address in nodes], text=text, midway=nodes[0][0].kill)
            return run(program, NodeSettings(secret_file=secret_file))
        finally:
            for process, _ in nodes:
                process.terminate()
                process.communicate()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Count words on several hosts.")
    parser.add_argument("files", nargs="*", type=Path, help="texts; otherwise a poem")
    parser.add_argument(
        "--nodes", help="ip:port,... of nodes that allow it; otherwise three are started and one killed"
    )
    parser.add_argument("--secret-file", type=Path, help="what those nodes share")
    return parser.parse_args()


def count(given: argparse.Namespace) -> int:
    text = "\n".join(file.read_text() for file in given.files) or POEM
    if given.nodes is None:
        return run_own_nodes(text)
    elsewhere = partial(main, addresses=given.nodes.split(","), text=text, midway=lambda: None)
    return run(elsewhere, NodeSettings(ip="0.0.0.0", secret_file=given.secret_file))


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    try:
        sys.exit(count(parse_arguments()))
    except (OSError, SecretFileError) as problem:  # A file that is not there.
        sys.exit(str(problem))
