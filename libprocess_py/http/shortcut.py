"""The short way of a request that repeats itself: the same head on the same connection, without a body.

Who answers it is found once, and again when the routes of the node have changed. An actor at rest answers at once, and
what it answers is encoded at once: no future, no event. Where somebody has to let the request in first, where the actor
has something else to do, and where the answer comes later or in pieces, the way is that of all others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from libprocess_py.core.at_once import LATER
from libprocess_py.core.mailbox import Mailbox
from libprocess_py.future import Future
from libprocess_py.http.encoding import encode_plain
from libprocess_py.http.gateway import Gateway, Reply
from libprocess_py.http.request import Request
from libprocess_py.routing import Route

NEVER: Final = -1  # A number of changes before all others.


class Shortcut:
    """For the requests with one head on one connection.

    `begin` makes the place of an answer that comes later, `failed` hears what left the kernel.
    """

    __slots__ = (
        "_authenticated",
        "_begin",
        "_changes",
        "_failed",
        "_gateway",
        "_inner",
        "_mailbox",
        "_request",
        "_route",
    )

    _mailbox: Mailbox
    _route: Route | None  # None: there is no short way.
    _inner: Request  # As the handler sees it.

    def __init__(
        self,
        gateway: Gateway,
        request: Request,
        *,
        begin: Callable[[], Reply],
        failed: Callable[[Exception], object],
        authenticated: bool,
    ) -> None:
        self._gateway = gateway
        self._request = request
        self._begin = begin
        self._failed = failed
        self._authenticated = authenticated
        self._changes = NEVER
        self._route = None

    def answer(self) -> bytes | None:
        """The whole answer, or LATER. None: nothing was done, and the request has to go the long way."""
        gateway = self._gateway
        if gateway.routes.changes != self._changes:
            self._look()
        route = self._route
        if route is None or gateway.firewall or gateway.authorizers or gateway.sequences:
            return None
        try:
            return gateway.at_once.call(
                self._mailbox, route.handler, argument=self._inner, accept=encode_plain, otherwise=self._later
            )
        except Exception as error:  # A policy says so, or the kernel itself failed.
            self._failed(error)
            return LATER

    def _look(self) -> None:
        """Find out who answers."""
        self._changes = self._gateway.routes.changes  # An actor that had routes and ends is such a change, too.
        found = self._gateway.open_way(self._request, authenticated=self._authenticated)
        if found is None:
            self._route = None
        else:
            self._mailbox, self._route, self._inner = found

    def _later(self, value: object) -> Reply:
        """The place of an answer, of which the handler gave `value` so far."""
        reply = self._begin()
        reply.gateway, reply.id, reply.route = self._gateway, self._mailbox._process_pid.id, self._route
        if isinstance(value, Future) and value.is_pending:
            self._gateway.promised(reply)
        return reply
