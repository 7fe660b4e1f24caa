"""Ages: lower bounds from looking now and then, never more than the truth."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from libprocess_py import Process
from libprocess_py.core.mailbox import Mailbox
from libprocess_py.events import DISPATCH, Event
from libprocess_py.future import Promise
from libprocess_py.introspection.ages import Ages, depth
from libprocess_py.pid import PID, Address


def a_mailbox() -> Mailbox:
    mailbox = Process("some")
    mailbox._process_pid = PID("some", Address("10.0.0.1", 5050))
    return mailbox


def an_event(at: int) -> Event:
    return (DISPATCH, Process.initialize, (at,), Promise[None]())


def test_nothing_is_known_of_an_actor_that_nobody_has_seen_wait() -> None:
    mailbox = a_mailbox()
    ages = Ages()

    ages.look([], 10)
    mailbox._process_box = [an_event(11)]

    assert ages.oldest_ns(mailbox, 12) is None
    assert depth(mailbox) == 1


def test_an_event_is_as_old_as_the_first_look_that_saw_it() -> None:
    mailbox = a_mailbox()
    mailbox._process_box = [an_event(5)]
    ages = Ages()

    ages.look([mailbox], 10)
    mailbox._process_box.append(an_event(15))
    ages.look([mailbox], 20)

    assert ages.oldest_ns(mailbox, 30) == 20


def test_of_a_turn_that_was_cut_short_the_rest_has_the_age_of_the_look_that_saw_it() -> None:
    mailbox = a_mailbox()
    box = mailbox._process_box = [an_event(1), an_event(1)]
    ages = Ages()
    ages.look([mailbox], 10)
    box.append(an_event(15))
    ages.look([mailbox], 20)

    events = iter(box)
    next(events), next(events)
    mailbox._process_rest, mailbox._process_box = (box, events), [an_event(25)]

    assert ages.oldest_ns(mailbox, 30) == 10
    assert depth(mailbox) == 2


def test_an_actor_that_has_caught_up_is_forgotten() -> None:
    mailbox = a_mailbox()
    mailbox._process_box = [an_event(5)]
    ages = Ages()
    ages.look([mailbox], 10)

    mailbox._process_box = None
    ages.look([], 20)
    mailbox._process_box = [an_event(25)]
    ages.look([mailbox], 30)

    assert ages.oldest_ns(mailbox, 31) == 1


@given(st.lists(st.sampled_from(["post", "look", "take", "serve"]), max_size=120))
def test_no_age_is_ever_more_than_the_truth(steps: list[str]) -> None:
    mailbox, ages = a_mailbox(), Ages()
    for now, step in enumerate(steps):
        if step == "post":
            mailbox._process_box = mailbox._process_box or []
            mailbox._process_box.append(an_event(now))
        elif step == "look":
            ages.look([mailbox] if depth(mailbox) else [], now)
        elif step == "take" and mailbox._process_rest is None and mailbox._process_box is not None:
            box, mailbox._process_box = mailbox._process_box, None
            mailbox._process_rest = (box, iter(box))
        elif step == "serve" and mailbox._process_rest is not None and next(mailbox._process_rest[1], None) is None:
            mailbox._process_rest = None
        oldest = ages.oldest_ns(mailbox, now)
        if oldest is not None:
            assert oldest <= now - mailbox.queued_events()[0][2][0]
