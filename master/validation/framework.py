"""What is wrong with a framework that subscribes (MA-01)."""

from __future__ import annotations

from master.core.limits import CAPABILITIES_MAX, FAILOVER_TIMEOUT_NS_MAX, NAME_LENGTH_MAX, ROLES_MAX
from master.validation.labels import labels_problem
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import id_problem
from mesos_py.protocol.roles import validate_role
from mesos_py.protocol.values import shown


def framework_problem(framework: FrameworkInfo, suppressed_roles: tuple[str, ...]) -> str | None:
    """The first thing that is wrong, in words, or None."""
    if framework.id is not None and (problem := id_problem(framework.id)):
        return f"framework.id {problem}"
    if not framework.user:
        return "framework.user must not be empty"
    texts = {
        "user": framework.user,
        "name": framework.name,
        "hostname": framework.hostname,
        "webui_url": framework.webui_url,
        "principal": framework.principal or "",
    }
    for field, text in texts.items():
        if len(text) > NAME_LENGTH_MAX:
            return f"framework.{field} must not be longer than {NAME_LENGTH_MAX} characters"
    if not 0 <= framework.failover_timeout_ns <= FAILOVER_TIMEOUT_NS_MAX:
        return f"framework.failover_timeout must be from 0 to {FAILOVER_TIMEOUT_NS_MAX} nanoseconds"
    if problem := labels_problem(framework.labels):
        return f"framework.labels {problem}"
    if len(framework.capabilities) > CAPABILITIES_MAX:
        return f"framework.capabilities must not be more than {CAPABILITIES_MAX}"
    if len(framework.offer_filters) > ROLES_MAX:
        return f"framework.offer_filters must not be more than {ROLES_MAX}"
    return _roles_problem(framework, suppressed_roles)


def _roles_problem(framework: FrameworkInfo, suppressed_roles: tuple[str, ...]) -> str | None:
    roles = framework.roles
    if not 0 < len(roles) <= ROLES_MAX:
        return f"framework.roles must be 1 to {ROLES_MAX}, not {len(roles)}"
    if len(dict.fromkeys(roles)) < len(roles):
        return "framework.roles must not name a role twice"
    for role in roles:
        if problem := validate_role(role):
            return f"framework.roles: {problem}"
    if len(roles) > 1 and not framework.has(Capability.MULTI_ROLE):
        return "framework.roles must be one role without the MULTI_ROLE capability"
    for role in suppressed_roles:
        if role not in roles:
            return f"suppressed_roles: {shown(role)} is not among the framework's roles"
    return None
