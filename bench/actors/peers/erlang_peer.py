"""Erlang, the gold standard: one scheduler, so one core, as for everybody else. Needs `erl` on the path."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Final

SOURCE: Final = r"""
-module(bench_actors).
-export([main/1]).

main([Case]) ->
    _ = run(Case, 10),
    Rate = run(Case, 1),
    io:format("~.3f~n", [Rate]),
    halt().

%% The first run, a tenth as long, warms up.
run(local_send, Part) -> fed(1, 2000000 div Part);
run(fan_out, Part) -> fed(1000, 2000000 div Part);
run(local_pingpong, Part) ->
    Hops = 1000000 div Part,
    Self = self(),
    Other = spawn(fun() -> pong(Self) end),
    rate(Hops, fun() -> Other ! {Self, Hops}, ping() end);
run(dispatch_serial, Part) ->
    Asks = 500000 div Part,
    Other = spawn(fun double/0),
    rate(Asks, fun() -> asks(Other, Asks) end);
run(spawn, Part) -> element(1, lives(100000 div Part));
run(terminate, Part) -> element(2, lives(100000 div Part)).

fed(Receivers, Messages) ->
    Self = self(),
    Each = Messages div Receivers,
    Pids = [spawn(fun() -> count(Each), Self ! done end) || _ <- lists:seq(1, Receivers)],
    rate(Each * Receivers, fun() ->
        spawn(fun() -> feed(Pids, Each) end),
        [receive done -> ok end || _ <- Pids]
    end).

feed(_, 0) -> ok;
feed(Pids, Left) -> [Pid ! 1 || Pid <- Pids], feed(Pids, Left - 1).

count(0) -> ok;
count(Left) -> receive _ -> count(Left - 1) end.

pong(Main) ->
    receive
        {_, 0} -> Main ! done;
        {From, N} -> From ! {self(), N - 1}, pong(Main)
    end.

ping() ->
    receive
        done -> ok;
        {From, 0} -> From ! {self(), 0}, ping();
        {From, N} -> From ! {self(), N - 1}, ping()
    end.

double() -> receive {From, Ref, N} -> From ! {Ref, 2 * N}, double() end.

asks(_, 0) -> ok;
asks(Pid, N) ->
    Ref = make_ref(),
    Pid ! {self(), Ref, N},
    receive {Ref, _} -> asks(Pid, N - 1) end.

lives(Count) ->
    Start = erlang:monotonic_time(nanosecond),
    Pids = [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, Count)],
    Spawned = erlang:monotonic_time(nanosecond),
    Last = monitor(process, lists:last(Pids)),
    [Pid ! stop || Pid <- Pids],
    receive {'DOWN', Last, _, _, _} -> ok end,
    Ended = erlang:monotonic_time(nanosecond),
    {Count * 1.0e9 / (Spawned - Start), Count * 1.0e9 / (Ended - Spawned)}.

rate(Count, Body) ->
    Start = erlang:monotonic_time(nanosecond),
    Body(),
    Count * 1.0e9 / (erlang:monotonic_time(nanosecond) - Start).
"""


def local_send() -> float:
    return _run("local_send")


def fan_out() -> float:
    return _run("fan_out")


def local_pingpong() -> float:
    return _run("local_pingpong")


def dispatch_serial() -> float:
    return _run("dispatch_serial")


def spawn() -> float:
    return _run("spawn")


def terminate() -> float:
    return _run("terminate")


def _run(case: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bench_actors.erl").write_text(SOURCE)
        evaluated = f"{{ok, _}} = compile:file(bench_actors), bench_actors:main([{case}])."
        command = ["erl", "-noshell", "+S", "1:1", "-eval", evaluated]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    return float(ran.stdout)
