"""The answering thread: in order, to the end, and whatever an answer does."""

from __future__ import annotations

import threading

import pytest

from mesos_py.frameworks.cluster_executor.answers import AnswerThread


def test_all_that_was_given_has_run_in_order_when_it_is_closed() -> None:
    ran: list[int] = []
    answers = AnswerThread()

    for number in range(100):
        answers.run(lambda number=number: ran.append(number))  # type: ignore[misc]  # mypy cannot infer such a lambda.
    answers.close()

    assert ran == list(range(100))


def test_an_answer_that_fails_is_logged_and_the_next_one_runs(caplog: pytest.LogCaptureFixture) -> None:
    ran = threading.Event()
    answers = AnswerThread()

    answers.run(lambda: dict[str, None]()["missing"])
    answers.run(ran.set)
    answers.close()

    assert ran.is_set()
    assert [record.getMessage() for record in caplog.records] == ["answer_not_delivered"]


def test_it_can_be_closed_from_an_answer() -> None:
    answers = AnswerThread()

    answers.run(answers.close)
    answers.close()

    assert not answers.is_current
