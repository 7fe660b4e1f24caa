"""The way of an HTTP request to the actor that answers it.

    firewall -> realm: who asks? -> authorization: may they? -> the actor's mailbox -> its route

A request whose route nobody guards goes straight into the mailbox. One that has to wait for an authenticator holds its
place in a queue of its actor, and later ones, guarded or not, wait behind it: an actor sees requests in the order in
which they came. Routes are looked up again in the actor's own turn, so that those that its `initialize` adds answer
whatever came before; a guarded one that the request did not pass the guards of then sends it through them first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final
from urllib.parse import unquote

import msgspec

from libprocess_py.core.kernel import Kernel
from libprocess_py.core.mailbox import BOTTOM, READY, Mailbox
from libprocess_py.core.timers import Timer
from libprocess_py.core.wire_head import BODY_MAX
from libprocess_py.errors import MailboxFull, MalformedMessage
from libprocess_py.events import REQUEST
from libprocess_py.future import Future, Promise, ready
from libprocess_py.http.authentication import Authenticated, Authenticators, Unauthorized, Verdict
from libprocess_py.http.firewall import Rule
from libprocess_py.http.pipe import End, Meter, PipeReader, filled
from libprocess_py.http.request import Request
from libprocess_py.http.response import TEXT, Response
from libprocess_py.log import EventLog
from libprocess_py.metrics.registry import Metrics
from libprocess_py.routing import Authorize, Route, Routes, split_id

ADMISSION_NS_MAX: Final = 30_000_000_000  # To find out who asks, and whether they may: no user waits for longer.
HELP_ID: Final = "help"  # Answers the bare `/` of a node as well, unless the node's delegate does.

Admission = Request | Response  # Let in, knowing who it is; or turned away with an answer.


class Reply(Promise[Response]):
    """Takes the answer of an actor, and turns whatever else may happen into one: it always becomes ready."""

    __slots__ = ("gateway", "id", "route")

    gateway: Gateway
    id: str
    route: Route | None  # Whose guards let the request pass.

    def __call__(self, request: Request) -> Response | Future[Response]:
        """In the actor's own turn, called by the kernel: serve the request."""
        return self.gateway.answer(self, request)

    def set(self, value: Response) -> bool:
        try:
            reader = value.reader
        except AttributeError:  # An untyped handler may return anything, and its client is not to wait for ever.
            return self.gateway.no_response(self, value)
        was_set = super().set(value)
        if reader is not None:
            self.gateway.opened(self.id, reader)
            if not was_set:
                reader.close()
        return was_set

    def fail(self, error: BaseException | str) -> bool:
        """The handler found the request at fault, or failed: that story is for the log, not for strangers."""
        if isinstance(error, MailboxFull):
            return self.set(Response.error(503))
        return self.set(Response.text(400, str(error)) if isinstance(error, MalformedMessage) else Response.error(500))

    def set_discarded(self) -> bool:
        return self.set(Response.error(503))

    def abandon(self) -> bool:
        return self.set(Response.error(404))


class Gateway:
    """Of one node. `summon` starts the actors of the runtime that are there only once somebody asks for them."""

    def __init__(
        self, kernel: Kernel, routes: Routes, *, metrics: Metrics, log: EventLog, delay: Callable[..., Timer]
    ) -> None:
        self.firewall: list[Rule] = []
        self.authenticators = Authenticators()
        self.authorizers: dict[str, Authorize] = {}  # By endpoint, `/<id><route>`: what the operator asks for on top.
        self.delegate_id: str | None = None
        self.summon: Callable[[str], object] = lambda id: None
        self.meter = Meter()
        self.built_in: tuple[str, ...] = ()  # Whom `summon` knows.
        self.at_once = kernel.at_once
        self._kernel = kernel
        self.routes = routes
        self._metrics = metrics
        self._log = log
        self._delay = delay  # Calls something later, in a turn of an actor.
        self.sequences: dict[str, deque[tuple[Future[Admission], Reply]]] = {}
        self._unanswered: dict[str, dict[Reply, None]] = {}  # By actor: requests whose answers come later.
        self._streams: dict[str, dict[PipeReader, None]] = {}  # By actor: answers that are still being written.
        metrics.gauge("libprocess/http/streams", lambda: sum(map(len, self._streams.values())))
        metrics.gauge("libprocess/http/streams_bytes", lambda: self.meter.size)

    def serve(self, request: Request, reply: Reply, *, authenticated: bool = False) -> None:
        """Have a request answered. The reply always becomes ready, unless the node stops before.

        `authenticated`: the peer has proved that it is a node of ours.
        """
        id, path = split_id(request.path)
        mailbox = self._kernel.mailboxes.get(id)
        if mailbox is None:
            id, path = self._stand_in(id, request.path)
            mailbox = self._kernel.mailboxes.get(id)
        reply.gateway, reply.id, reply.route = self, id, None
        if request.reader is not None:
            reply.on_ready(partial(_read_no_more, request.reader))
        if mailbox is None:
            reply.set(Response.error(404))
            return
        route = reply.route = self.routes.find(id, path)
        inner = request.within(path)
        if self.firewall and (refusal := self._barred(id, route, request=inner)) is not None:
            reply.set(refusal)
        elif mailbox.authenticated_only and not authenticated:
            self._metrics.counter("libprocess/dropped/unauthenticated").add()
            reply.set(Response.error(403))
        elif id in self.sequences or self._is_guarded(id, route):
            self._enter(reply, inner)
        else:
            self._kernel.post(mailbox, (REQUEST, reply, inner, reply))

    # The short way: see `libprocess_py.http.shortcut`.

    def open_way(self, request: Request, *, authenticated: bool) -> tuple[Mailbox, Route, Request] | None:
        """The actor and route that answer it, and the request as the route sees it, where no rule can forbid that."""
        id, path = split_id(request.path)
        mailbox = self._kernel.mailboxes.get(id)
        route = None if mailbox is None else self.routes.find(id, path)
        if mailbox is None or route is None or (mailbox.authenticated_only and not authenticated):
            return None
        if route.stream or route.authorize is not None or route.realm is not None:
            return None
        return mailbox, route, request.within(path)

    def promised(self, reply: Reply) -> None:
        """Its actor answers later, and may end before it does."""
        self._unanswered.setdefault(reply.id, {})[reply] = None
        reply.on_any(lambda _: self._answered(reply))

    def takes_streams(self, path: str) -> bool:
        """Whether the route of that path, as it was sent, takes bodies as they come, or may yet turn out to."""
        id, inner = split_id(path)
        if id not in self._kernel.mailboxes and self.delegate_id is not None:
            id, inner = self.delegate_id, unquote(path)
        route = self.routes.find(id, inner)
        if route is not None:
            return route.stream
        mailbox: Mailbox | None = self._kernel.mailboxes.get(id)
        return mailbox is not None and mailbox._process_phase is BOTTOM

    def answer(self, reply: Reply, request: Request) -> Response | Future[Response]:
        """In the actor's own turn."""
        route = self.routes.find(reply.id, request.path)
        if route is None:
            return Response.error(404)
        if route is not reply.route and (self.firewall or self._is_guarded(reply.id, route)):
            return self._late(reply.id, route, request=request)
        if route.stream:
            request = request if request.reader is not None else request.streamed(filled(request.body))
        elif request.reader is not None:
            return self._collected(reply, request, reader=request.reader)
        answer = route.handler(request)
        if isinstance(answer, Future) and answer.is_pending:
            self.promised(reply)
        return answer

    def no_response(self, reply: Reply, value: object) -> bool:
        """A handler answered something else, at once or later."""
        reason = f"expected a Response, not {type(value).__name__}"
        self._log.error("response invalid", actor=reply.id, route=reply.route and reply.route.path, reason=reason)
        return reply.set(Response.error(500))

    def opened(self, id: str, reader: PipeReader) -> None:
        """An actor answers with a body that it goes on writing: it is cut short if the actor ends first."""
        reader.measured(self.meter)
        self._streams.setdefault(id, {})[reader] = None
        reader.ended.on_ready(partial(self._closed, id=id, reader=reader))

    def ended(self, id: str) -> None:
        """That actor is gone: no client waits for it in vain."""
        for reply in list(self._unanswered.pop(id, ())):
            reply.discard()
            reply.set_discarded()
        for _, reply in self.sequences.pop(id, ()):
            reply.discard()
            reply.abandon()
        for reader in list(self._streams.get(id, ())):
            reader.interrupt()

    # Who answers

    def _stand_in(self, id: str, path: str) -> tuple[str, str]:
        """For a path that names no live actor: one of the runtime's, the delegate, or the help page."""
        self.summon(id)
        if id in self._kernel.mailboxes:
            return split_id(path)
        is_root = not path.strip("/")
        if self.delegate_id is not None and not (is_root and self._has_no_root(self.delegate_id)):
            return self.delegate_id, unquote(path)
        if is_root:
            self.summon(HELP_ID)
            return HELP_ID, ""
        return id, path

    def _has_no_root(self, id: str) -> bool:
        mailbox: Mailbox | None = self._kernel.mailboxes.get(id)
        if mailbox is not None and mailbox._process_phase is not READY:
            return False  # Its routes are still to come.
        return self.routes.find(id, "/") is None

    # Guards

    def _barred(self, id: str, route: Route | None, *, request: Request) -> Response | None:
        endpoint = f"/{id}{request.path}".rstrip("/") if route is None else endpoint_of(id, route)
        whole = request.within(f"/{id}{request.path}")
        for rule in self.firewall:
            why_not = rule(whole, endpoint)
            if why_not is not None:
                self._metrics.counter("libprocess/http/barred").add()
                return Response.text(403, why_not)
        return None

    def _is_guarded(self, id: str, route: Route | None) -> bool:
        if route is None:
            return False
        if route.authorize is not None or (route.realm and self.authenticators.get(route.realm) is not None):
            return True
        return bool(self.authorizers) and endpoint_of(id, route) in self.authorizers

    def _enter(self, reply: Reply, request: Request) -> None:
        """Take the last place in the queue of the actor, and begin to find out whether to let the request in."""
        admission: Future[Admission] = ready(request)
        if reply.route is not None:
            admission = self._judge(reply.id, reply.route, request=request)
        self.sequences.setdefault(reply.id, deque()).append((admission, reply))
        advance = partial(self._advance, reply.id)
        give_up = partial(self._give_up, reply.id, admission=admission)
        reply.on_discard(give_up)
        mailbox = self._kernel.mailboxes.get(reply.id)
        if admission.is_pending and mailbox is not None:
            timer = self._delay(mailbox, ADMISSION_NS_MAX, method=give_up, args=(None,))
            admission.on_discard(lambda _: timer.cancel())
            admission.on_any(lambda _: timer.cancel())
        admission.on_any(advance)
        admission.on_abandoned(advance)

    def _give_up(self, id: str, _: object, *, admission: Future[Admission]) -> None:
        """The client is gone, or its time is up: others go on, whether or not the authenticator takes the hint."""
        admission.discard()
        self._advance(id, admission)

    def _advance(self, id: str, _: object) -> None:
        """Let in, or turn away, whoever is first and known. Answers that this causes may come back here."""
        queue = self.sequences.get(id, deque())
        while queue and (queue[0][0].is_settled or queue[0][0].discard_requested):
            admission, reply = queue.popleft()
            outcome = self._outcome(admission)
            if isinstance(outcome, Response):
                reply.set(outcome)
            else:
                self._into(reply, outcome)
        if not queue and self.sequences.get(id) is queue:
            del self.sequences[id]

    def _outcome(self, admission: Future[Admission]) -> Admission:
        if admission.is_ready:
            return admission.get()
        if admission.is_failed:
            self._log.error("request not admitted", error=admission.failure)
            return Response.error(500)
        return Response.error(503)

    def _judge(self, id: str, route: Route, *, request: Request) -> Future[Admission]:
        asked = [route.authorize, self.authorizers.get(endpoint_of(id, route))]
        authorize = [callback for callback in asked if callback is not None]
        authenticator = self.authenticators.get(route.realm)
        if authenticator is None:
            return self._authorized(authorize, request)
        return (
            ready(request)
            .then(authenticator.authenticate)
            .then(partial(self._known, authorize=authorize, request=request))
        )

    def _known(self, verdict: Verdict, *, authorize: list[Authorize], request: Request) -> Future[Admission]:
        if isinstance(verdict, Authenticated):
            return self._authorized(authorize, request.by(verdict.principal))
        if isinstance(verdict, Unauthorized):
            headers = tuple(("WWW-Authenticate", challenge) for challenge in verdict.challenges)
            return ready(Response(401, (verdict.message or "401 Unauthorized.").encode(), TEXT, headers))
        return ready(Response.text(403, verdict.message or "403 Forbidden."))

    def _authorized(self, authorize: list[Authorize], request: Request) -> Future[Admission]:
        if not authorize:
            return ready(request)
        first, *others = authorize

        def told(allowed: bool) -> Future[Admission]:
            return self._authorized(others, request) if allowed else ready(Response.error(403))

        allowed: Future[bool] = ready(request).then(lambda asking: _as_future(first(asking)))
        return allowed.then(told)

    def _late(self, id: str, route: Route, *, request: Request) -> Response | Future[Response]:
        """The request came before its route did: through the guards with it."""
        refusal = self._barred(id, route, request=request)
        if refusal is not None:
            return refusal
        late, answer = self._second(id, route)
        self._enter(late, request)
        return answer

    def _collected(self, reply: Reply, request: Request, *, reader: PipeReader) -> Future[Response]:
        """The route wants a body that is whole: the request comes back to the actor when it is."""
        late, answer = self._second(reply.id, reply.route)

        def whole(body: bytes) -> None:
            self._into(late, msgspec.structs.replace(request, body=body, reader=None))

        reader.read_all(BODY_MAX).on_ready(whole).on_failed(lambda _: late.set(Response.error(413)))
        self.promised(reply)
        return answer

    def _second(self, id: str, route: Route | None) -> tuple[Reply, Future[Response]]:
        """For a request that goes to its actor once more: what is to be answered then, and what is until then."""
        late, answer = Reply(), Promise[Response]()
        late.gateway, late.id, late.route = self, id, route
        late.on_ready(answer.set)
        answer.on_discard(lambda _: late.discard())
        return late, answer

    def _into(self, reply: Reply, request: Request) -> None:
        """Into the actor's mailbox."""
        mailbox = self._kernel.mailboxes.get(reply.id)
        if mailbox is None:
            reply.abandon()
        else:
            self._kernel.post(mailbox, (REQUEST, reply, request, reply))

    # Answers under way

    def _answered(self, reply: Reply) -> None:
        replies = self._unanswered.get(reply.id, {})
        replies.pop(reply, None)
        if not replies:
            self._unanswered.pop(reply.id, None)

    def _closed(self, end: End, *, id: str, reader: PipeReader) -> None:
        readers = self._streams.get(id, {})
        readers.pop(reader, None)
        if not readers:
            self._streams.pop(id, None)
        if end is End.CUT_OFF:
            self._metrics.counter("libprocess/http/streams_cut_off").add()
            self._log.warning("reader cut off", actor=id, reason=end.value)


def _read_no_more(reader: PipeReader, response: Response) -> None:
    """An answer that is complete ends the request, all of whose body may not have come; one that goes on does not."""
    if response.reader is None:
        reader.close()


def endpoint_of(id: str, route: Route) -> str:
    """How an operator names a route: `/master/state`; an actor's root without a slash at its end."""
    return f"/{id}{route.path}".rstrip("/")


def _as_future(allowed: bool | Future[bool]) -> Future[bool]:
    return allowed if isinstance(allowed, Future) else ready(allowed)
