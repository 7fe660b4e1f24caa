"""Being in a cluster: from recovery through registration to the end (AG-01 to AG-03).

    RECOVERING --recovered--> DISCONNECTED --(re-)registered--> RUNNING
                                   ^--- master lost, silent, or says so ---|
    any of them --stop or shutdown--> TERMINATING

While DISCONNECTED with a known leader the agent asks again and again, after a random part of b * 2^n, at most a minute.
The first attempt waits a random time, too, and each attempt opens its connection anew, so that a thousand agents do not
fall upon a master that has just come up. Once registered it expects pings: silence sends it back to the detector, and a
ping that says the master holds the agent for disconnected makes it register again.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from libprocess_py.message import Message
from libprocess_py.pid import PID
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.messages.master_agent import AgentRegistered, AgentReregistered, Ping, Pong
from slave.core.chance import Chance
from slave.core.effects import NOTHING, CancelTimer, Detect, Effects, Link, Send, StartTimer, note
from slave.core.events import PingTimeout, RegistrationDue
from slave.core.problems import NotTheLeader, WrongAgent
from slave.core.settings import REGISTRATION_BACKOFF_MAX_NS

REGISTRATION_TIMER: Final = "registration"
PING_TIMER: Final = "ping"
DOUBLINGS_MAX: Final = 32  # Far beyond the cap of the back-off, and keeps the power small.
ATTEMPTS_IN_SILENCE: Final = 3  # From this one on attempts are told: one or two may be lost while a master starts.


class Phase(Enum):
    """Where the agent stands."""

    RECOVERING = "recovering"
    DISCONNECTED = "disconnected"
    RUNNING = "running"
    TERMINATING = "terminating"


NEXT: Final[Mapping[Phase, frozenset[Phase]]] = {
    Phase.RECOVERING: frozenset({Phase.DISCONNECTED, Phase.TERMINATING}),
    Phase.DISCONNECTED: frozenset({Phase.RUNNING, Phase.TERMINATING}),
    Phase.RUNNING: frozenset({Phase.DISCONNECTED, Phase.TERMINATING}),
    Phase.TERMINATING: frozenset(),
}


def backoff_ns(attempt: int, *, base_ns: int, fraction: float) -> int:
    """How long to wait before an attempt, counted from 0: `fraction` of b * 2^n, capped."""
    return int(min(base_ns << min(attempt, DOUBLINGS_MAX), REGISTRATION_BACKOFF_MAX_NS) * fraction)


class Registration:
    """The leader, the agent's id, and the phase."""

    def __init__(self, *, backoff_ns: int, chance: Chance) -> None:
        self.phase = Phase.RECOVERING
        self.master: PID | None = None  # The leader as last detected, registered with or not.
        self.agent_id: AgentId | None = None  # From the first registration on.
        self.ping_timeout_ns = 0
        self.run_id = (
            chance.unique_id()
        )  # Tells the master a repeated registration from that of a new agent at our PID.
        self._attempt = 0
        self._backoff_ns = backoff_ns
        self._chance = chance

    @property
    def is_running(self) -> bool:
        return self.phase is Phase.RUNNING

    def check_leader(self, sender: PID, message: Message) -> None:
        """Raise NotTheLeader unless `sender` is the leading master. Pings may come from any actor of its node."""
        leader = self.master
        if leader is not None and (sender == leader or (type(message) is Ping and sender.address == leader.address)):
            return
        raise NotTheLeader(f"{type(message).wire_name} from {sender}: the leading master is {leader or 'unknown'}")

    def recovered(self) -> Effects:
        if self.phase is not Phase.RECOVERING:
            return NOTHING
        self._enter(Phase.DISCONNECTED)
        return (Detect(previous=None),)

    def detected(self, master: PID | None) -> Effects:
        """A leader, perhaps the same again: register with it. Whoever calls has paused the status updates."""
        if self.phase not in (Phase.DISCONNECTED, Phase.RUNNING):
            return NOTHING
        self.master = master
        watch = Detect(previous=master)
        if master is None:
            return *self.disconnected(), CancelTimer(key=REGISTRATION_TIMER), note("master_unknown"), watch
        return *self.disconnected(), *self._try_again_from_start(), note("master_detected", master=master), watch

    def disconnected(self) -> Effects:
        """Not a member any more."""
        if self.phase is Phase.RUNNING:
            self._enter(Phase.DISCONNECTED)
        return (CancelTimer(key=PING_TIMER),)

    def master_exited(self) -> Effects:
        """The link to the leader broke. A master may return at its old address sooner than any detector notices."""
        if self.phase is not Phase.RUNNING:
            return NOTHING  # The registration timer runs already; it makes the next connection.
        return *self.disconnected(), *self._try_again_from_start(), note("master_exited", master=self.master)

    def due(self, request: Message) -> Effects:
        """Send one request for registration, over a new link, and plan the next."""
        if self.phase is not Phase.DISCONNECTED or self.master is None:
            return NOTHING
        self._attempt += 1
        asked = Link(to=self.master), Send(to=self.master, message=request), self._backoff()
        if self._attempt < ATTEMPTS_IN_SILENCE:
            return asked
        return *asked, note("registration_unanswered", master=self.master, attempt=self._attempt)

    def registered(self, answer: AgentRegistered | AgentReregistered) -> Effects:
        """The master took the agent in. A repeated answer changes nothing; one that names another agent is an error."""
        if type(answer) is AgentReregistered and self.agent_id is None:
            raise WrongAgent(f"re-registered as {answer.agent_id}, but this agent never had an id")
        if self.agent_id is not None and answer.agent_id != self.agent_id:
            raise WrongAgent(f"registered as {answer.agent_id}, but this agent is {self.agent_id}")
        if self.phase is not Phase.DISCONNECTED:
            return NOTHING
        self.agent_id = answer.agent_id
        self.ping_timeout_ns = answer.ping_timeout_ns
        self._enter(Phase.RUNNING)
        self._attempt = 0
        joined = note("agent_registered", agent=answer.agent_id, master=self.master)
        return CancelTimer(key=REGISTRATION_TIMER), self._expect_ping(), joined

    def pinged(self, sender: PID, ping: Ping) -> Effects:
        """Answer, whatever the phase: the agent is alive."""
        answer = Send(to=sender, message=Pong())
        if self.phase is not Phase.RUNNING:
            return (answer,)
        if ping.connected:
            return answer, self._expect_ping()
        return answer, *self.disconnected(), *self._try_again_from_start(), note("master_says_disconnected")

    def ping_timeout(self) -> Effects:
        """The master has gone silent: ask who leads now. The same one may be the answer."""
        if self.phase is not Phase.RUNNING:
            return NOTHING
        return *self.disconnected(), Detect(previous=None), note("master_silent", master=self.master)

    def terminating(self) -> Effects:
        self._enter(Phase.TERMINATING)
        return CancelTimer(key=REGISTRATION_TIMER), CancelTimer(key=PING_TIMER)

    def _try_again_from_start(self) -> Effects:
        self._attempt = 0
        return (self._backoff(),)

    def _backoff(self) -> StartTimer:
        delay = backoff_ns(self._attempt, base_ns=self._backoff_ns, fraction=self._chance.fraction())
        return StartTimer(key=REGISTRATION_TIMER, delay_ns=delay, event=RegistrationDue())

    def _expect_ping(self) -> StartTimer:
        return StartTimer(key=PING_TIMER, delay_ns=self.ping_timeout_ns, event=PingTimeout())

    def _enter(self, phase: Phase) -> None:
        assert phase in NEXT[self.phase], f"{self.phase} to {phase}"
        self.phase = phase

    def check(self) -> None:
        """Assert what must always hold."""
        if self.phase is Phase.RUNNING:
            assert self.master is not None
            assert self.agent_id is not None
            assert self._attempt == 0
        if self.phase is Phase.RECOVERING:
            assert self.agent_id is None
            assert self.master is None
