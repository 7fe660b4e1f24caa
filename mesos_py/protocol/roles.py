"""Role names: paths such as `eng/backend`, whose parents are roles too. `*` is the role of whoever names none."""

from __future__ import annotations

from typing import Final

from mesos_py.protocol.values import shown

DEFAULT_ROLE: Final = "*"
RESERVED_COMPONENTS: Final = (".", "..", "*")  # `.` names a virtual leaf of the role tree, `..` climbs, `*` is alone.
DELETE: Final = "\x7f"
ROLE_LENGTH_MAX: Final = 1_024  # Characters. Roles are shown and logged, and stamped on every resource.
ROLE_DEPTH_MAX: Final = 64  # Components. Sorters descend from parent to child; no company has as many levels.


def validate_role(role: str) -> str | None:
    """What is wrong with a role name, as a sentence, or None if it is valid."""
    if role == DEFAULT_ROLE:
        return None
    if not role:
        return "role '': expected a name"
    if len(role) > ROLE_LENGTH_MAX:
        return f"role {shown(role)}: expected at most {ROLE_LENGTH_MAX} characters, got {len(role)}"
    components = role.split("/")
    if len(components) > ROLE_DEPTH_MAX:
        return f"role {shown(role)}: expected at most {ROLE_DEPTH_MAX} components, got {len(components)}"
    for component in components:
        if not component:
            return f"role {shown(role)}: expected no '/' at either end and none doubled"
        if component in RESERVED_COMPONENTS:
            return f"role {shown(role)}: component {shown(component)} is not allowed"
        if component.startswith("-"):
            return f"role {shown(role)}: component {shown(component)} starts with '-'"
    if any(character < " " or character == DELETE or character.isspace() for character in role):
        return f"role {shown(role)}: expected no whitespace or control characters"
    return None


def ancestors(role: str) -> tuple[str, ...]:
    """The roles above, nearest first: `a/b/c` has `a/b` and `a`."""
    above: list[str] = []
    while "/" in role:
        role = role.rpartition("/")[0]
        above.append(role)
    return tuple(above)


def is_descendant(role: str, ancestor: str) -> bool:
    """Is `role` strictly below `ancestor`?"""
    return role.startswith(ancestor) and role[len(ancestor) : len(ancestor) + 1] == "/"
