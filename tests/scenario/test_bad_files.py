"""Bad scenario files, made by hand and by breaking good ones in every place: never a traceback, always a line."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from delivsim.errors import Problem, ScenarioError
from delivsim.scenario.dump import write_text
from delivsim.scenario.nodes import dotted
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.templates import TEMPLATES, template_text
from delivsim.scenario.yaml import read_text

Path_ = tuple[str | int, ...]


def problems(main: Path, text: str | bytes, *overrides: str) -> tuple[Problem, ...]:
    """Give the mistakes of a scenario that must have some; each names a file and a line."""
    main.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(main, overrides=overrides)
    found = caught.value.problems
    assert found
    for problem in found:
        assert problem.file.startswith("--set ") or (problem.file and problem.line and problem.column), problem
        assert "Input should" not in problem.rule
        assert "Value error" not in problem.rule
    return found


def data_of(template: str) -> Any:
    root = read_text(template_text(template), template).root
    assert root is not None
    return root.plain()


def walk(data: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    yield path, data
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        yield from walk(value, (*path, key))


def broken(data: Any, path: Path_, value: Any) -> Any:
    data = copy.deepcopy(data)
    inner = data
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return data


PLACES = [(name, path, value) for name in TEMPLATES for path, value in walk(data_of(name)) if path]
LEAVES = [(name, path) for name, path, value in PLACES if not isinstance(value, dict | list)]
MAPS = [(name, path) for name, path, value in PLACES if isinstance(value, dict)] + [(name, ()) for name in TEMPLATES]
LISTS = [(name, path) for name, path, value in PLACES if isinstance(value, list)]
SIGNED = ("per_km", "per_pay")
"""Keys whose numbers may be negative."""
WRONG_LEAVES = ({"zzz": 1}, [[]], float("nan"), float("-inf"), -1, True, "\x00?")


def named(case: tuple[str, Path_]) -> str:
    return f"{case[0]}: {dotted(case[1])}"


@pytest.mark.parametrize("case", LEAVES, ids=named)
def test_a_wrong_value_is_refused_at_every_leaf(case: tuple[str, Path_], tmp_path: Path) -> None:
    """Maps, lists, nan, infinity, negative numbers, truth values and odd text are refused where none belongs."""
    name, path = case
    data = data_of(name)
    for wrong in WRONG_LEAVES:
        if (path[-1] == "name" and wrong == "\x00?") or (path[-1] in SIGNED and wrong == -1):
            continue
        if wrong is True and isinstance(reduce(lambda part, step: part[step], path, data), bool):
            continue
        found = problems(tmp_path / "bad.yaml", write_text(broken(data, path, wrong)))
        assert all(problem.path.startswith(dotted(path)) for problem in found), (wrong, found)


@pytest.mark.parametrize("case", MAPS, ids=named)
def test_an_unknown_key_is_refused_at_every_level(case: tuple[str, Path_], tmp_path: Path) -> None:
    """A key that does not exist is refused in every map; where any key may stand its value must fit."""
    name, path = case
    text = write_text(broken(data_of(name), (*path, "wrokerz"), {"zzz": [1]}))
    found = problems(tmp_path / "bad.yaml", text)
    here = dotted((*path, "wrokerz"))
    assert any(p.path.startswith(here) for p in found), found
    lines = text.splitlines()
    assert all("wrokerz" in lines[(p.line or 0) - 1] or "zzz" in lines[(p.line or 0) - 1] for p in found), found


@pytest.mark.parametrize("case", [*(c for c in MAPS if c[1]), *LISTS], ids=named)
def test_maps_and_lists_cannot_be_something_else(case: tuple[str, Path_], tmp_path: Path) -> None:
    """Text or a truth value is refused where a map or a list belongs."""
    name, path = case
    for wrong in ("???", True):
        found = problems(tmp_path / "bad.yaml", write_text(broken(data_of(name), path, wrong)))
        assert [p.path for p in found] == [dotted(path)]


@pytest.mark.parametrize("case", MAPS, ids=named)
def test_a_doubled_key_is_refused_at_every_level(case: tuple[str, Path_], tmp_path: Path) -> None:
    """Repeating the first key of any map is a mistake on its own line."""
    name, path = case
    part = data_of(name)
    for step in path:
        part = part[step]
    key = next(iter(part))
    text = write_text(broken(data_of(name), (*path, key + "_again"), 1)).replace(f"{key}_again", key)
    found = problems(tmp_path / "bad.yaml", text)
    assert any("given twice" in p.rule and p.path.endswith(dotted((key,))) for p in found), found


GOOD = """
name: x
starts_at: 2026-11-20T18:00
horizon: 1h
city:
  demand: {rate: {"18:00": 60/h}}
  riders: {shifts: [{start: "18:00", end: "20:00", riders: 5}]}
"""
QUEUE = """
name: x
horizon: 1h
platform:
  services: {web: {operations: {page: {steps: [{work: 1ms}]}}}}
  workloads: [{kind: open, name: visitors, rate: 1/s, operation: web.page}]
"""
HAND_MADE: dict[str, tuple[str, str]] = {
    "no name": ("horizon: 1h\ncity: {}", "name: must be given"),
    "no horizon": ("name: x", "horizon: must be given"),
    "nobody orders": ("name: x\nhorizon: 1h", "must have instance or city"),
    "empty name": (GOOD.replace("name: x", "name: ''"), "name: must have at least 1 characters"),
    "blank name": (GOOD.replace("name: x", "name: '  '"), "name: must"),
    "version of tomorrow": (GOOD + "schema_version: 2", "schema_version: must be 1, got 2"),
    "negative seed": (GOOD + "seed: -1", "seed: must be >= 0, got -1"),
    "fractional seed": (GOOD + "seed: 1.5", "seed: must be a whole number, got 1.5"),
    "huge seed": (GOOD + "seed: 1" + "0" * 30, "seed: must be"),
    "seed in quotes": (GOOD + "seed: '1'", "seed: must be a whole number, got '1'"),
    "no horizon at all": (GOOD.replace("1h", "0s"), "horizon: must be > 0, got '0s'"),
    "endless horizon": (GOOD.replace("horizon: 1h", "horizon: .inf"), "horizon: must be finite, got inf"),
    "years": (GOOD.replace("horizon: 1h", "horizon: 400d"), "horizon: must be at most 366d"),
    "horizon is a time": (GOOD.replace("horizon: 1h", "horizon: '22:00'"), "horizon: must be a duration"),
    "near miss of a unit": (GOOD.replace("horizon: 1h", "horizon: 90 mins"), "(did you mean '90min'?)"),
    "start without time": (GOOD.replace("T18:00", ""), "starts_at: must be a local date and time"),
    "start with zone": (GOOD.replace("T18:00", "T18:00Z"), "without a zone"),
    "start on no day": (GOOD.replace("11-20", "02-30"), "starts_at: must be a local date and time"),
    "start is a number": (GOOD.replace("2026-11-20T18:00", "1700000000"), "starts_at: must be a local date"),
    "zone unknown": (GOOD + "timezone: Europe/Pariss", "(did you mean 'Europe/Paris'?)"),
    "zone is a path": (GOOD + "timezone: ../../etc/passwd", "timezone: must be a time zone"),
    "zone is a folder": (GOOD + "timezone: Europe", "timezone: must be a time zone"),
    "zone is empty": (GOOD + "timezone: ''", "timezone: must be a time zone"),
    "drain misspelled": (GOOD + "drain: until_don", "drain: must be until_done or a duration"),
    "drain negative": (GOOD + "drain: -1s", "drain: must be"),
    "warm-up too long": (GOOD + "warm_up: 1h", "warm_up: must be shorter than the horizon, got '1h'"),
    "both demands": (GOOD + "instance: {format: mdrplib, path: x}", "city: must not be given beside instance"),
    "unknown format": ("name: x\nhorizon: 1h\ninstance: {format: mdrpli, path: x}", "(did you mean 'mdrplib'?)"),
    "path missing": ("name: x\nhorizon: 1h\ninstance: {format: mdrplib}", "instance.path: must be given"),
    "path is a number": ("name: x\nhorizon: 1h\ninstance: {format: mdrplib, path: 3}", "path: must be text, got 3"),
    "shift before the start": (GOOD.replace('start: "18:00"', 'start: "17:30"'), "must not be before the start"),
    "no time of day": (GOOD.replace('end: "20:00"', 'end: "20:60"'), "end: must be a time such as"),
    "shift without end": (GOOD.replace(', end: "20:00"', ""), "shifts[0].end: must be given"),
    "no shift": (GOOD.replace('[{start: "18:00", end: "20:00", riders: 5}]', "[]"), "must have at least 1 entries"),
    "no riders": (GOOD.replace("riders: 5", "riders: -1"), "riders: must be >= 0, got -1"),
    "demand before the start": (GOOD.replace('"18:00": 60', '"17:00": 60'), "must not be before the start"),
    "demand at no time": (GOOD.replace('"18:00": 60', '"6pm": 60'), "must be a time such as"),
    "sexagesimal": (
        GOOD.replace('{rate: {"18:00": 60/h}}', "\n    rate:\n      18:00: 60/h") + "seed: no",
        "seed: must be a whole number, got 'no'",
    ),
    "yes is text": (GOOD + "platform: {kind: yes}", "platform.kind: must be one of simulated, ideal, got 'yes'"),
    "no is text": (GOOD.replace("riders: {", "same_store_bundles: no\n  riders: {"), "(did you mean false?)"),
    "tab": (GOOD + "platform:\n\tkind: ideal", "indented with spaces"),
    "open bracket": (GOOD + "slos: [", "not valid YAML"),
    "two documents": (GOOD + "---\n" + GOOD, "must hold one document"),
    "python object": (GOOD + "seed: !!python/object/apply:os.getpid []", "tag !!python/object/apply:os.getpid"),
    "undefined alias": (GOOD + "seed: *x", "has no anchor before it"),
    "alias of itself": (GOOD + "slos: &a [*a]", "contains itself"),
    "merge of a number": (GOOD + "platform: {<<: 3}", "only maps can be merged"),
    "key is a number": (GOOD + "1: 2", "a key must be text, got 1"),
    "long number": (GOOD + "seed: " + "9" * 5000, "at most 300 digits"),
    "extends itself": (GOOD + "extends: bad.yaml", "must not come back to itself"),
    "extends nothing": (GOOD + "extends: none.yaml", "extends: must be a file that exists"),
    "extends a folder": (GOOD + "extends: .", "extends: must be a file that exists"),
    "extends two": (GOOD + "extends: [a, b]", "extends: must be the name of one file"),
    "platform kind": (GOOD + "platform: {kind: simulatd}", "(did you mean 'simulated'?)"),
    "service misspelled": (GOOD + "platform: {services: {gateway: {workers: 0}}}", "workers: must be >= 1, got 0"),
    "unknown operation": (
        GOOD + "platform: {services: {gateway: {operations: {place_ordr: {work: 1ms}}}}}",
        "(did you mean 'place_order'?)",
    ),
    "bare law": (
        GOOD + "platform: {services: {gateway: {operations: {place_order: {work: 20 mss}}}}}",
        "work: must be a duration such as 20ms, 45min or 2h, got '20 mss' (did you mean '20ms'?)",
    ),
    "kind of law": (
        GOOD + "platform: {network: {default_delay: {kind: lognorml, p50: 1ms, p99: 2ms}}}",
        "(did you mean 'lognormal'?)",
    ),
    "law without kind": (
        GOOD + "platform: {network: {default_delay: {mean: 1ms}}}",
        "default_delay.kind: must be given",
    ),
    "percentiles swapped": (
        GOOD + "platform: {network: {default_delay: {kind: lognormal, p50: 3ms, p99: 2ms}}}",
        "the higher percentile must be the larger value",
    ),
    "call to nowhere": (
        "name: x\nhorizon: 1h\nplatform:\n  services: {a: {operations: {o: {steps: [{call: b.o}]}}}}\n"
        "  workloads: [{kind: open, name: w, operation: a.o, rate: 1/s}]",
        "platform.services.a.operations.o.steps[0].call: must be a service.operation that exists",
    ),
    "two keys in a step": (
        "name: x\nhorizon: 1h\nplatform: {services: {a: {operations: {o: {steps: [{work: 1ms, wait: 1ms}]}}}}}",
        "steps[0]: must have exactly one of",
    ),
    "workload on nothing": (
        "name: x\nhorizon: 1h\nplatform: {workloads: [{kind: open, name: w, operation: a.o, rate: 1/s}]}",
        "platform.workloads[0].operation: must be a service.operation that exists",
    ),
    "fault of nothing": (
        GOOD + "faults: [{kind: crash, service: gatway, at: '18:30', for: 1min}]",
        "faults[0].service: must be a service that exists, got 'gatway' (did you mean 'gateway'?)",
    ),
    "fault before the start": (
        GOOD + "faults: [{kind: crash, service: gateway, at: '17:30', for: 1min}]",
        "faults[0].at[0]: must not be before the start (18:00), got '17:30'",
    ),
    "shift that ends before it starts": (
        GOOD.replace('end: "20:00"', 'end: "18:00"'),
        "city.riders.shifts[0].end: must be after the start of the shift (18:00); times past midnight are 25:30",
    ),
    "fault of a service that does not run": (
        QUEUE + "faults: [{kind: crash, service: gateway, at: 5min, for: 1min}]",
        "faults[0].service: must be a service that exists, got 'gateway'",
    ),
    "dot in a service's name": (
        QUEUE.replace("web:", "web.de:"),
        'platform.services."web.de": must match',
    ),
    "service named like an app": (
        QUEUE.replace("web:", "customer:").replace("web.", "customer."),
        "platform.services.customer: must not have a name that tables use for others than services",
    ),
    "workload on one of the seven": (
        QUEUE.replace("web.page}", "gateway.place_order}"),
        "platform.workloads[0].operation: must be an operation of a service of one's own",
    ),
    "step that calls one of the seven": (
        QUEUE.replace("{work: 1ms}", "{call: gateway.track_order}"),
        "platform.services.web.operations.page.steps[0].call: must be an operation of a service of one's own",
    ),
    "step that publishes as one of the seven": (
        GOOD + "platform: {services: {web: {operations: {page: {steps: [{publish: order.placed}]}}}}}",
        "platform.services.web.operations.page.steps[0].publish: must not be a topic of the seven services",
    ),
    "branch that publishes to an app": (
        GOOD + "platform: {services: {web: {operations: {page: {steps: [{choose: [{probability: 1, "
        "steps: [{publish: rider.offered}]}]}]}}}}}",
        "page.steps[0].choose[0].steps[0].publish: must not be a topic of the seven services",
    ),
    "process named like a service outside it": (
        GOOD + "platform: {processes: {gateway: [user, order]}}",
        "platform.processes.gateway: must not have the name of a service outside it",
    ),
    "store that closes before it opens": (
        GOOD + '  stores: {opening: [{start: "18:30", end: "18:10"}]}',
        "city.stores.opening[0].end: must be after the opening (18:30), got '18:10'",
    ),
    "opening hours that overlap": (
        GOOD + '  stores: {opening: [{start: "18:00", end: "18:30"}, {start: "18:20", end: "19:00"}]}',
        "city.stores.opening[1].start: must not be before the closing before it (18:30), got '18:20'",
    ),
    "dearest item cheaper than the cheapest": (
        GOOD + "  stores: {price_low: 25}",
        "city.stores.price_high: must be >= price_low (25.00)",
    ),
    "fault of no kind": (GOOD + "faults: [{kind: crsh}]", "demand_surge, chaos, got 'crsh' (did you mean 'crash'?)"),
    "slos not a list": (GOOD + "slos: delivered > 99%", "slos: must be a list"),
    "slo is no rule": (GOOD + "slos: [place_order p99]", "slos[0]: "),
    "slo on nothing": (GOOD + "slos: ['place_ordr p99 < 1s']", "slos[0]: "),
    "currency": (GOOD + "costs: {currency: dollars}", "costs.currency: must match"),
    "price": (GOOD + "costs: {server_hour: 0.001}", "costs.server_hour: must be an amount of money"),
    "policy unknown": (GOOD + "dispatch: {policy: neerest}", "(did you mean 'nearest'?)"),
    "params of another policy": (GOOD + "dispatch: {policy: nearest, params: {foo: 1}}", "dispatch.params.foo: "),
    "list at the top": ("- name: x", "must hold a map of keys and values, got a list of 1"),
    "text at the top": ("name", "must hold a map of keys and values, got 'name'"),
    "empty": ("", "got an empty file"),
    "only comments": ("# nothing\n", "got an empty file"),
    "null": ("~", "got an empty file"),
    "brackets": ("[" * 100_000, "must not be nested deeper"),
    "binary": ("\x00\x01\x02", "must be text, got a binary file"),
    "control character": (GOOD + "seed: \x07", "not valid YAML"),
}


@pytest.mark.parametrize(("text", "message"), HAND_MADE.values(), ids=HAND_MADE)
def test_hand_made_mistakes_are_named(text: str, message: str, tmp_path: Path) -> None:
    """Each of these files has a mistake that a person could make, and the message says which."""
    found = problems(tmp_path / "bad.yaml", text)
    assert any(message in str(problem) for problem in found), [str(problem) for problem in found]


@pytest.mark.parametrize(
    "override",
    [
        *("seed=x", "sede=3", "seed", "=", "a..b=3", "seed=[", "seed=1\nseed: 2", "seed=\0", "seed.x=3", "seed=.nan"),
        *("city.riders.shifts[7].riders=3", "city.riders.shifts.x=3", "city.riders.shifts[0].riders=-1"),
        *("platform.services.gateway.wrokers=3", "platform.kind=idael", "horizon=-1h", "slos=3", "faults=[{}]"),
        *('city."demand=3', "city=", "extends=x.yaml", "name={a: 1}"),
    ],
)
def test_mistakes_of_the_command_line_are_named(override: str, tmp_path: Path) -> None:
    """A wrong ``--set`` is told as such, whatever it holds."""
    found = problems(tmp_path / "good.yaml", GOOD, override)
    assert any(problem.file.startswith("--set ") for problem in found) or override == "city="


def test_files_that_are_none(tmp_path: Path) -> None:
    """Missing files, folders, wrong encodings and 50 MB of aliases are refused with the file's name."""
    for text in (b"name: caf\xe9", "name: x".encode("utf-16"), b"a: &a x\nb:\n" + b"- *a\n" * 10_000_000):
        assert problems(tmp_path / "bad.yaml", text)[0].file == str(tmp_path / "bad.yaml")
    for path in (tmp_path, tmp_path / "none.yaml", tmp_path / "bad.yaml" / "below", Path(os.devnull)):
        with pytest.raises(ScenarioError) as caught:
            load_scenario(path)
        assert [problem.file for problem in caught.value.problems] == [str(path)]


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """One reading tells the mistakes of all sections, in the order of the lines."""
    text = "name: 3\nhorizon: x\nsede: 1\nplatform: {kind: z, services: {gateway: {workers: a}}}\nslos: [3]\nname: 4"
    lines = [problem.line for problem in problems(tmp_path / "bad.yaml", text)]
    assert lines == [1, 2, 3, 4, 4, 5, 6]


def test_the_good_one_is_good(tmp_path: Path) -> None:
    """The files that the mistakes above are made from have none themselves."""
    for text in (GOOD, QUEUE):
        (tmp_path / "good.yaml").write_text(text)
        assert load_scenario(tmp_path / "good.yaml").name == "x"
