"""The executor's environment: read whole, or refused by the name of the variable."""

from __future__ import annotations

import pytest

from mesos_py.frameworks.executor.environment import EnvironmentProblem, ExecutorEnvironment, for_tasks
from tests.frameworks.executor.builders import an_environment

VARIABLES = {
    "MESOS_FRAMEWORK_ID": "framework",
    "MESOS_EXECUTOR_ID": "executor",
    "MESOS_SLAVE_ID": "agent",
    "MESOS_SLAVE_PID": "slave(1)@10.0.0.1:5051",
    "MESOS_SANDBOX": "/tmp",
    "MESOS_CHECKPOINT": "0",
    "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": "5secs",
    "MESOS_EXECUTOR_AUTHENTICATION_TOKEN": "c7a5",
}


def test_what_the_agent_sets_is_read() -> None:
    assert ExecutorEnvironment.from_environ(VARIABLES) == an_environment()
    assert ExecutorEnvironment.from_environ({**VARIABLES, "MESOS_CHECKPOINT": "1"}).checkpoint


@pytest.mark.parametrize("name", sorted(VARIABLES.keys() - {"MESOS_CHECKPOINT"}))
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(EnvironmentProblem, match=rf"^{name} is not set"):
        ExecutorEnvironment.from_environ({key: value for key, value in VARIABLES.items() if key != name})


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("MESOS_SLAVE_PID", "somewhere", "expected id@ip:port"),
        ("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", "5 potatoes", "expected a number"),
    ],
)
def test_a_variable_that_does_not_read_is_named_with_what_was_expected(name: str, text: str, expected: str) -> None:
    with pytest.raises(EnvironmentProblem, match=f"^{name}: .*{expected}"):
        ExecutorEnvironment.from_environ({**VARIABLES, name: text})


def test_tasks_get_everything_but_what_proves_who_the_executor_is() -> None:
    proofs = {"LIBPROCESS_SECRET_FILE": "/etc/secrets", "LIBPROCESS_SSL_KEY_FILE": "/etc/key.pem"}

    given = for_tasks({**VARIABLES, **proofs})

    assert given == {key: value for key, value in VARIABLES.items() if "TOKEN" not in key}
