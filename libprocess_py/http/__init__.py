"""HTTP as actors see it: requests, responses, routes and who may use them, bodies that go on, asking others.

The names below are what programs use; they are imported when they are first used. Must never know which driver carries
the bytes, nor which component answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from libprocess_py.lazy_names import lazily

if TYPE_CHECKING:
    from libprocess_py.http.authentication import (
        Authenticated,
        Authenticator,
        BasicAuthenticator,
        CombinedAuthenticator,
        Forbidden,
        Unauthorized,
    )
    from libprocess_py.http.client import ExchangeFailed, HttpClient, HttpConnection, Limits
    from libprocess_py.http.firewall import DisabledEndpoints
    from libprocess_py.http.help import Help
    from libprocess_py.http.pipe import End, Pipe, PipeBroken
    from libprocess_py.http.request import Request
    from libprocess_py.http.response import Response

_HOMES: Final = {
    "Authenticated": "libprocess_py.http.authentication",
    "Authenticator": "libprocess_py.http.authentication",
    "BasicAuthenticator": "libprocess_py.http.authentication",
    "CombinedAuthenticator": "libprocess_py.http.authentication",
    "Forbidden": "libprocess_py.http.authentication",
    "Unauthorized": "libprocess_py.http.authentication",
    "ExchangeFailed": "libprocess_py.http.client",
    "HttpClient": "libprocess_py.http.client",
    "HttpConnection": "libprocess_py.http.client",
    "Limits": "libprocess_py.http.client",
    "DisabledEndpoints": "libprocess_py.http.firewall",
    "Help": "libprocess_py.http.help",
    "End": "libprocess_py.http.pipe",
    "Pipe": "libprocess_py.http.pipe",
    "PipeBroken": "libprocess_py.http.pipe",
    "Request": "libprocess_py.http.request",
    "Response": "libprocess_py.http.response",
}

__all__ = [
    "Request",
    "Response",
    "Help",
    "Pipe",
    "End",
    "PipeBroken",
    "HttpClient",
    "HttpConnection",
    "Limits",
    "ExchangeFailed",
    "Authenticator",
    "Authenticated",
    "Unauthorized",
    "Forbidden",
    "BasicAuthenticator",
    "CombinedAuthenticator",
    "DisabledEndpoints",
]

if not TYPE_CHECKING:  # Type checkers would take every name for one of ours.
    __getattr__, __dir__ = lazily(__name__, _HOMES)
