"""Small actors that remember what they were told."""

from __future__ import annotations

from libprocess_py import PID, Future, Message, Process, Promise, ProtocolError


class Note(Message):
    """Something to remember."""

    number: int = 0


class Question(Message):
    number: int = 0


class Answer(Message):
    number: int = 0


class Unhandled(Message):
    """A message that no actor here handles."""


class Recorder(Process):
    """Writes down everything, in order."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id)
        self.story: list[object] = []

    def initialize(self) -> None:
        self.story.append("initialize")

    def finalize(self) -> None:
        self.story.append("finalize")

    def exited(self, pid: PID) -> None:
        self.story.append(("exited", pid.id))

    def note(self, sender: PID, note: Note) -> None:
        self.story.append(note.number)

    def add(self, left: int, right: int = 0) -> int:
        self.story.append(("add", left, right))
        return left + right

    def numbers(self) -> list[int]:
        return [entry for entry in self.story if isinstance(entry, int)]


class Responder(Process):
    """Answers questions, and fails in every way a handler can."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id)
        self.promise: Promise[int] = Promise()

    def question(self, sender: PID, question: Question) -> None:
        self.send(sender, Answer(number=question.number))

    def never(self) -> Future[int]:
        """A future that nobody completes while the actor lives."""
        return self.promise

    def refuse(self) -> None:
        raise ProtocolError("you should not have asked")

    def fail(self) -> None:
        raise RuntimeError("a mistake of ours")


class Asker(Process):
    """Asks questions of another actor and keeps the answers."""

    def __init__(self, to: PID, id: str | None = None) -> None:
        super().__init__(id)
        self.to = to
        self.answers: list[int] = []
        self.senders: list[PID] = []
        self.lost: list[PID] = []

    def ask(self, count: int) -> None:
        for number in range(count):
            self.send(self.to, Question(number=number))

    def watch(self) -> None:
        self.link(self.to)

    def watch_anew(self) -> None:
        self.link(self.to, reconnect=True)

    def answer(self, sender: PID, answer: Answer) -> None:
        self.answers.append(answer.number)
        self.senders.append(sender)

    def exited(self, pid: PID) -> None:
        self.lost.append(pid)
