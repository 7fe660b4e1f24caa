"""Pictures of a decision log: what is selected, what is drawn, and that both have bounds."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from libprocess_py import PID, Message, Process
from libprocess_py.introspection.chrome_trace import chrome_trace
from libprocess_py.introspection.journal import Entry, Journal, read_journal
from libprocess_py.introspection.sequence_svg import ROW, TOP, sequence_svg
from libprocess_py.introspection.timeline import Selection, Timeline, timeline_of
from libprocess_py.sim import Simulation, SimulationOptions

MS = 1_000_000
SVG = "{http://www.w3.org/2000/svg}"
A, B = "a@10.0.0.1:1", "b@10.0.0.2:1"


class Ask(Message):
    number: int


class Answer(Message):
    number: int


class Doubler(Process):
    def ask(self, sender: PID, ask: Ask) -> None:
        self.send(sender, Answer(number=2 * ask.number))


class Asker(Process):
    def __init__(self, to: PID) -> None:
        super().__init__()
        self.to = to

    def initialize(self) -> None:
        self.link(self.to)
        self.delay(MS, self.again)

    def again(self) -> None:
        self.send(self.to, Ask(number=21))

    def answer(self, sender: PID, answer: Answer) -> None:
        self.random("some").random()


def a_log(folder: Path) -> list[Entry]:
    """Two askers and a doubler on two nodes, until the doubler's node crashes."""
    path = folder / "log"
    with Journal(path) as log:
        simulation = Simulation(seed=1, options=SimulationOptions(log=log))
        here, there = simulation.node("10.0.0.1"), simulation.node("10.0.0.2")
        doubler = there.spawn(Doubler("doubler"))
        here.spawn(Asker(doubler))
        here.spawn(Asker(doubler))
        simulation.advance(10 * MS)
        simulation.crash(there)
        simulation.advance(1_000 * MS)
    return list(read_journal(path))


def a_timeline(folder: Path, selection: Selection | None = None) -> Timeline:
    return timeline_of(a_log(folder), selection or Selection())


def test_lanes_are_the_actors_that_are_told_something_in_the_order_in_which_they_appear(tmp_path: Path) -> None:
    timeline = a_timeline(tmp_path)

    assert [lane.partition("@")[0] for lane in timeline.lanes] == ["doubler", "asker(1)", "asker(2)"]
    assert timeline.entries_left_out == timeline.lanes_left_out == 0
    assert "random" not in {entry.kind for entry in timeline.entries}


def test_actors_are_chosen_by_patterns_and_bring_those_that_they_talk_to_only_as_far_as_that(tmp_path: Path) -> None:
    timeline = a_timeline(tmp_path, Selection(actors=("asker(1)",)))

    assert {entry.who.partition("@")[0] for entry in timeline.entries if entry.name == "Ask"} == {"doubler"}
    assert sum(entry.name == "Ask" for entry in timeline.entries) == 1
    assert not any("asker(2)" in lane for lane in timeline.lanes)


def test_time_is_chosen_from_the_first_record_on(tmp_path: Path) -> None:
    timeline = a_timeline(tmp_path, Selection(start_ns=MS, end_ns=2 * MS))

    assert {entry.kind for entry in timeline.entries} == {"timer", "message"}
    assert all(MS <= entry.now - timeline.begin_ns <= 2 * MS for entry in timeline.entries)


def test_what_is_beyond_the_bounds_is_counted(tmp_path: Path) -> None:
    whole = a_timeline(tmp_path)

    fewer = a_timeline(tmp_path, Selection(entries_max=6))
    narrower = a_timeline(tmp_path, Selection(lanes_max=1))

    assert fewer.entries_left_out == len(whole.entries) - 6
    assert (len(narrower.lanes), narrower.lanes_left_out) == (1, 2)
    assert f"{fewer.entries_left_out} more are left out" in sequence_svg(fewer)
    assert "2 more actors have no line" in sequence_svg(narrower)


def test_the_diagram_has_a_row_for_each_entry_and_arrows_from_sender_to_receiver(tmp_path: Path) -> None:
    timeline = a_timeline(tmp_path)

    root = ElementTree.fromstring(sequence_svg(timeline))

    rows = [group for group in root.iter(f"{SVG}g") if group.get("class") == "row"]
    assert len(rows) == len(timeline.entries)
    heads = {text.text: int(text.get("x", "")) for text in root.iter(f"{SVG}text") if text.get("class") == "id"}
    (asked, *_) = [row for row in rows if "message Ask" in (row.findtext(f"{SVG}title") or "")]
    arrow = asked.find(f"{SVG}line")
    assert arrow is not None
    assert (arrow.get("x1"), arrow.get("x2")) == (str(heads["asker(1)"]), str(heads["doubler"]))


def test_what_is_no_event_of_an_actor_is_a_line_across(tmp_path: Path) -> None:
    picture = sequence_svg(a_timeline(tmp_path))

    assert ">crash 10.0.0.2:5050</text>" in picture
    assert ">exited doubler</text>" in picture


def test_names_that_mean_something_in_xml_are_only_text() -> None:
    entry = Entry(n=1, now=0, who="<a>&@10.0.0.1:1", kind="message", name='"<b/>"', sender="x@10.0.0.1:1")

    root = ElementTree.fromstring(sequence_svg(timeline_of([entry], Selection())))

    assert 'x: "<b/>"' in [text.text for text in root.iter(f"{SVG}text")]


def test_a_trace_has_a_slice_for_each_event_and_an_arrow_for_each_message_of_an_actor_that_is_seen(
    tmp_path: Path,
) -> None:
    timeline = a_timeline(tmp_path)

    events: list[dict[str, Any]] = json.loads(chrome_trace(timeline))["traceEvents"]

    slices = [event for event in events if event["ph"] == "X"]
    assert len(slices) == sum(entry.kind not in {"start", "crash"} for entry in timeline.entries)
    messages = sum(entry.kind == "message" for entry in timeline.entries)
    assert sum(event["ph"] == "s" and event["name"] == "message" for event in events) == messages
    assert {event["args"]["name"] for event in events if event["name"] == "thread_name"} == {
        *("doubler", "asker(1)", "asker(2)")
    }


def test_slices_of_one_instant_follow_one_another_and_none_is_longer_than_the_time_until_the_next(
    tmp_path: Path,
) -> None:
    events = json.loads(chrome_trace(a_timeline(tmp_path)))["traceEvents"]

    slices = [event for event in events if event["ph"] == "X"]
    for one, next_one in itertools.pairwise(slices):
        assert one["ts"] < next_one["ts"]
        assert one["ts"] + one["dur"] <= next_one["ts"] + 1e-6


def an_entry(n: int, who: str, *, kind: str, **fields: str) -> Entry:
    return Entry(n=n, now=n, who=who, kind=kind, **fields)


@pytest.mark.parametrize(
    ("last", "rows"),
    [
        (an_entry(3, A, kind="terminate"), 3),
        (an_entry(3, B, kind="exited", name=A), 3),
        (an_entry(3, "simulation", kind="crash", text="10.0.0.1:1"), 3),
        (an_entry(3, "simulation", kind="crash", text="10.0.0.3:1"), None),
        (an_entry(3, B, kind="message", name="Job"), None),
    ],
)
def test_the_line_of_an_actor_ends_where_it_is_said_to_have(last: Entry, rows: int | None) -> None:
    entries = [
        an_entry(1, A, kind="initialize"),
        an_entry(2, B, kind="initialize"),
        last,
        an_entry(4, B, kind="dispatch", name="go"),
    ]

    root = ElementTree.fromstring(sequence_svg(timeline_of(entries, Selection())))

    bottoms = [line.get("y2") for line in root.iter(f"{SVG}line") if line.get("class") == "life"]
    to_the_end = str(TOP + ROW * 4)
    assert bottoms == [to_the_end if rows is None else str(TOP + ROW * rows - ROW // 2), to_the_end]


def test_an_actor_that_was_lost_and_goes_on_has_a_line_to_the_end() -> None:
    entries = [
        an_entry(1, A, kind="initialize"),
        an_entry(2, B, kind="exited", name=A),
        an_entry(3, A, kind="dispatch", name="go"),
    ]

    root = ElementTree.fromstring(sequence_svg(timeline_of(entries, Selection())))

    bottoms = {line.get("y2") for line in root.iter(f"{SVG}line") if line.get("class") == "life"}
    assert bottoms == {str(TOP + ROW * 3)}


def test_a_long_name_is_cut_to_its_arrow_and_one_from_outside_begins_with_who_sent_it() -> None:
    name = "AVeryLongNameOfAMessageThatFitsNowhere"
    entries = [
        an_entry(1, A, kind="initialize"),
        an_entry(2, B, kind="message", name=name, sender=A),
        an_entry(3, B, kind="message", name=name, sender="far@10.0.0.9:1"),
    ]

    root = ElementTree.fromstring(sequence_svg(timeline_of(entries, Selection())))

    labels = [text.text or "" for text in root.iter(f"{SVG}text") if (text.text or "").endswith("…")]
    assert [label.rstrip("…") for label in labels] == [name[:20], f"far: {name}"[:21]]
