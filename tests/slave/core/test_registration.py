"""An agent's way into a cluster, and back into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.pid import PID
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.messages.master_agent import (
    AgentRegistered,
    AgentRegistration,
    AgentReregistered,
    AgentReregistration,
    AgentShutdown,
    AgentUnregistration,
    Ping,
    Pong,
)
from slave.core.effects import Detect, Exit, Link, Note, Send, StartTimer
from slave.core.events import Event, Exited, MasterDetected, PingTimeout, Recovered, RegistrationDue, StopRequested
from slave.core.problems import NotTheLeader, WrongAgent
from slave.core.registration import NEXT, PING_TIMER, REGISTRATION_TIMER, Phase, backoff_ns
from tests.slave.builders import (
    AGENT_ID,
    MASTER,
    PING_TIMEOUT_NS,
    STRANGER,
    ListedChance,
    RecordedAgent,
    a_command_launch,
    sent,
)

OTHER_MASTER = PID.parse("master@10.0.0.9:5050")
REGISTERED = AgentRegistered(agent_id=AGENT_ID, ping_timeout_ns=PING_TIMEOUT_NS)
REREGISTERED = AgentReregistered(agent_id=AGENT_ID, ping_timeout_ns=PING_TIMEOUT_NS)
SECOND_NS = 1_000_000_000

# Which phases follow which, written a second time.
ALLOWED = {
    (Phase.RECOVERING, Phase.DISCONNECTED),
    (Phase.RECOVERING, Phase.TERMINATING),
    (Phase.DISCONNECTED, Phase.RUNNING),
    (Phase.DISCONNECTED, Phase.TERMINATING),
    (Phase.RUNNING, Phase.DISCONNECTED),
    (Phase.RUNNING, Phase.TERMINATING),
}


def an_agent_in(phase: Phase) -> RecordedAgent:
    agent = RecordedAgent()
    if phase is Phase.DISCONNECTED:
        agent.handle(Recovered())
        agent.handle(MasterDetected(master=MASTER))
    elif phase is Phase.RUNNING:
        agent.register()
    elif phase is Phase.TERMINATING:
        agent.register()
        agent.receive(a_command_launch())
        agent.handle(StopRequested())
    assert agent.books.registration.phase is phase
    return agent


@pytest.mark.parametrize("before", Phase)
@pytest.mark.parametrize("after", Phase)
def test_a_phase_follows_another_exactly_if_the_table_says_so(before: Phase, after: Phase) -> None:
    assert (after in NEXT[before]) == ((before, after) in ALLOWED)


EVENTS: list[tuple[Event, dict[Phase, Phase]]] = [
    (Recovered(), {Phase.RECOVERING: Phase.DISCONNECTED}),
    (MasterDetected(master=OTHER_MASTER), {Phase.RUNNING: Phase.DISCONNECTED}),
    (MasterDetected(master=None), {Phase.RUNNING: Phase.DISCONNECTED}),
    (Exited(pid=MASTER), {Phase.RUNNING: Phase.DISCONNECTED}),
    (PingTimeout(), {Phase.RUNNING: Phase.DISCONNECTED}),
    (RegistrationDue(), {}),
    (StopRequested(), dict.fromkeys((Phase.RECOVERING, Phase.DISCONNECTED, Phase.RUNNING), Phase.TERMINATING)),
]


@pytest.mark.parametrize("before", Phase)
@pytest.mark.parametrize(("event", "moves"), EVENTS)
def test_an_event_moves_the_agent_to_one_phase_from_each(
    before: Phase, event: Event, moves: dict[Phase, Phase]
) -> None:
    agent = an_agent_in(before)

    agent.handle(event)

    assert agent.books.registration.phase is moves.get(before, before)


@given(st.integers(0, 100), st.floats(0, 1, exclude_max=True))
def test_a_backoff_is_below_its_bound_and_below_a_minute(attempt: int, fraction: float) -> None:
    delay = backoff_ns(attempt, base_ns=SECOND_NS, fraction=fraction)

    assert 0 <= delay < min(2**attempt * SECOND_NS, 60 * SECOND_NS)


def test_the_first_attempt_waits_a_random_time_within_one_second() -> None:
    agent = RecordedAgent(ListedChance(0.25))
    agent.handle(Recovered())

    effects = agent.handle(MasterDetected(master=MASTER))

    assert sent(effects) == []
    assert agent.timers[REGISTRATION_TIMER].delay_ns == SECOND_NS // 4


def test_every_further_attempt_may_wait_twice_as_long_up_to_a_minute() -> None:
    agent = RecordedAgent(ListedChance(0.5))
    agent.handle(Recovered())
    agent.handle(MasterDetected(master=MASTER))

    delays = []
    for _ in range(8):
        agent.fire(REGISTRATION_TIMER)
        delays.append(2 * agent.timers[REGISTRATION_TIMER].delay_ns // SECOND_NS)

    assert delays == [2, 4, 8, 16, 32, 60, 60, 60]


def test_an_attempt_opens_a_new_link_before_it_asks() -> None:
    agent = an_agent_in(Phase.DISCONNECTED)

    effects = agent.fire(REGISTRATION_TIMER)

    link, send, timer = effects
    assert link == Link(to=MASTER)
    assert isinstance(send, Send)
    assert isinstance(send.message, AgentRegistration)
    assert isinstance(timer, StartTimer)


def test_a_master_that_does_not_answer_is_told_from_the_third_attempt_on() -> None:
    agent = an_agent_in(Phase.DISCONNECTED)

    attempts = [agent.fire(REGISTRATION_TIMER) for _ in range(4)]

    told = [[effect.event for effect in effects if isinstance(effect, Note)] for effects in attempts]
    assert told == [[], [], ["registration_unanswered"], ["registration_unanswered"]]


def test_repeated_registrations_bear_the_same_run_id() -> None:
    agent = an_agent_in(Phase.DISCONNECTED)

    first, second = (sent(agent.fire(REGISTRATION_TIMER))[0] for _ in range(2))

    assert first == second
    assert isinstance(first, AgentRegistration)
    assert first.run_id


def test_being_registered_ends_the_attempts_and_starts_expecting_pings() -> None:
    agent = an_agent_in(Phase.DISCONNECTED)

    agent.receive(REGISTERED)

    assert list(agent.timers) == [PING_TIMER]
    assert agent.timers[PING_TIMER].delay_ns == PING_TIMEOUT_NS


def test_a_repeated_answer_changes_nothing() -> None:
    agent = an_agent_in(Phase.RUNNING)

    assert agent.receive(REGISTERED) == ()


def test_an_agent_that_has_an_id_registers_with_it_again() -> None:
    agent = an_agent_in(Phase.RUNNING)
    agent.handle(Exited(pid=MASTER))

    (request,) = sent(agent.fire(REGISTRATION_TIMER))

    assert isinstance(request, AgentReregistration)
    assert request.agent.id == AGENT_ID
    agent.receive(REREGISTERED)
    assert agent.books.registration.phase is Phase.RUNNING


@pytest.mark.parametrize("answer", [AgentRegistered, AgentReregistered])
def test_an_answer_for_another_agent_is_refused(answer: type[AgentRegistered | AgentReregistered]) -> None:
    agent = an_agent_in(Phase.RUNNING)
    agent.handle(Exited(pid=MASTER))

    with pytest.raises(WrongAgent):
        agent.receive(answer(agent_id=AgentId("M-S7"), ping_timeout_ns=1))

    assert agent.books.registration.phase is Phase.DISCONNECTED


def test_an_agent_that_never_had_an_id_is_not_welcomed_back() -> None:
    agent = an_agent_in(Phase.DISCONNECTED)

    with pytest.raises(WrongAgent):
        agent.receive(REREGISTERED)


@pytest.mark.parametrize("phase", [Phase.DISCONNECTED, Phase.RUNNING, Phase.TERMINATING])
@pytest.mark.parametrize("connected", [True, False])
def test_a_ping_is_answered_in_every_phase_but_recovery(phase: Phase, connected: bool) -> None:
    agent = an_agent_in(phase)

    effects = agent.receive(Ping(connected=connected))

    assert sent(effects, MASTER) == [Pong()]


def test_a_ping_starts_the_wait_for_the_next() -> None:
    agent = an_agent_in(Phase.RUNNING)

    effects = agent.receive(Ping(connected=True))

    assert StartTimer(key=PING_TIMER, delay_ns=PING_TIMEOUT_NS, event=PingTimeout()) in effects


def test_a_ping_from_another_actor_of_the_masters_node_is_answered_to_it() -> None:
    observer = PID.parse("slave-observer(1)@10.0.0.1:5050")
    agent = an_agent_in(Phase.RUNNING)

    effects = agent.receive(Ping(connected=True), observer)

    assert sent(effects, observer) == [Pong()]


def test_a_ping_that_calls_the_agent_disconnected_makes_it_register_again() -> None:
    agent = an_agent_in(Phase.RUNNING)

    agent.receive(Ping(connected=False))

    assert agent.books.registration.phase is Phase.DISCONNECTED
    assert list(agent.timers) == [REGISTRATION_TIMER]


def test_silence_sends_the_agent_back_to_the_detector() -> None:
    agent = an_agent_in(Phase.RUNNING)

    effects = agent.fire(PING_TIMER)

    assert Detect(previous=None) in effects
    agent.handle(MasterDetected(master=MASTER))
    assert REGISTRATION_TIMER in agent.timers


def test_every_detection_asks_for_the_next_change() -> None:
    agent = an_agent_in(Phase.RUNNING)

    effects = agent.handle(MasterDetected(master=OTHER_MASTER))

    assert Detect(previous=OTHER_MASTER) in effects


def test_without_a_leader_nothing_is_attempted() -> None:
    agent = an_agent_in(Phase.DISCONNECTED)

    agent.handle(MasterDetected(master=None))

    assert agent.timers == {}
    assert agent.handle(RegistrationDue()) == ()


MASTERS_MESSAGES = [
    REGISTERED,
    REREGISTERED,
    Ping(connected=True),
    AgentShutdown(message="go"),
    a_command_launch(),
]


@pytest.mark.parametrize("message", MASTERS_MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_from_another_than_the_leader_is_refused(message: Ping) -> None:
    agent = an_agent_in(Phase.RUNNING)

    with pytest.raises(NotTheLeader):
        agent.receive(message, STRANGER)

    assert agent.books.registration.phase is Phase.RUNNING
    assert agent.books.frameworks == {}


@pytest.mark.parametrize("message", MASTERS_MESSAGES, ids=lambda message: type(message).__name__)
def test_a_recovering_agent_ignores_its_master(message: Ping) -> None:
    agent = RecordedAgent()

    effects = agent.receive(message)

    assert sent(effects) == []
    assert agent.books.registration.phase is Phase.RECOVERING


@pytest.mark.parametrize("phase", [Phase.DISCONNECTED, Phase.RUNNING])
def test_an_agent_without_executors_stops_at_once(phase: Phase) -> None:
    agent = an_agent_in(phase)

    effects = agent.handle(StopRequested())

    assert isinstance(effects[-1], Exit)
    goodbyes = [message for message in sent(effects) if isinstance(message, AgentUnregistration)]
    assert len(goodbyes) == (phase is Phase.RUNNING)


def test_a_master_can_shut_the_agent_down() -> None:
    agent = an_agent_in(Phase.RUNNING)

    effects = agent.receive(AgentShutdown(message="gone"))

    assert isinstance(effects[-1], Exit)
