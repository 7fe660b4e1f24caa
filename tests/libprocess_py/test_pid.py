"""PIDs and addresses: text forms that round-trip, and what is refused."""

from __future__ import annotations

import pickle
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py import PID, Address
from libprocess_py.pid import ID_LENGTH_MAX

ids = st.text(min_size=1, max_size=ID_LENGTH_MAX).filter(lambda id: id.isprintable() and id == id.strip(" "))
addresses = st.builds(Address, st.ip_addresses().map(str), st.integers(0, 65_535))
pids: st.SearchStrategy[PID] = st.builds(PID, ids, addresses)


@given(pids)
def test_the_text_of_a_pid_reads_as_the_same_pid(pid: PID) -> None:
    assert PID.parse(str(pid)) == pid
    assert hash(PID.parse(str(pid))) == hash(pid)


@given(pids)
def test_the_path_of_a_pid_is_one_segment_and_decodes_to_its_id(pid: PID) -> None:
    assert "/" not in pid.path
    assert unquote(pid.path) == pid.id


@given(pids, pids)
def test_pids_are_ordered_by_id_then_address(left: PID, right: PID) -> None:
    assert (left < right) == ((left.id, left.address) < (right.id, right.address))
    assert (left == right) == (str(left) == str(right))


@given(pids)
def test_a_pid_survives_pickling(pid: PID) -> None:
    assert pickle.loads(pickle.dumps(pid)) == pid  # noqa: S301  # Our own bytes.


@pytest.mark.parametrize(
    "text",
    ["", "master", "master@", "@1.2.3.4:5", "master@1.2.3.4", "master@host:5", "master@1.2.3.4:65536", "m@1.2.3.4:-1"],
)
def test_a_text_that_is_no_pid_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        PID.parse(text)


@pytest.mark.parametrize("id", ["", "a\0b", "a\r\nX-Evil: 1", "a\nb", "a\x7fb", " a", "a ", "\ud800", "a" * 256])
def test_an_id_that_could_not_travel_in_a_header_is_refused(id: str) -> None:
    with pytest.raises(ValueError, match="process id"):
        PID(id, Address("10.0.0.1", 5050))


def test_a_pid_does_not_change() -> None:
    pid = PID("master", Address("10.0.0.1", 5050))

    with pytest.raises(AttributeError):
        pid.id = "slave"
