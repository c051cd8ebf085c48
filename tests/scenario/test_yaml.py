from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivsim.scenario.dump import write_text
from delivsim.scenario.yaml import MAX_BYTES, read_file, read_text


def value(text: str) -> Any:
    read = read_text(f"x: {text}", "f.yaml")
    assert read.problems == []
    assert read.root is not None
    return read.root.plain()["x"]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
        ("1.", 1.0),
        (".5", 0.5),
        ("12:30", "12:30"),
        ("1:2:3", "1:2:3"),
        ("010", 10),
        ("0o17", 15),
        ("0x1f", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("+5", 5),
        ("-3", -3),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("~", None),
        ("null", None),
        ("", None),
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20T18:30", "2026-11-20T18:30"),
        ("20ms", "20ms"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 1", "1"),
        ("!!float 1", 1.0),
        ("=", "="),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, meaning: object) -> None:
    """Nothing that looks like text becomes a number, a time or a truth value, and the reverse."""
    got = value(text)
    assert got == meaning
    assert type(got) is type(meaning)


def test_not_a_number_is_read_as_such() -> None:
    """``.nan`` is the number that is none, for the field's own rule to refuse."""
    assert math.isnan(value(".nan"))


def test_keys_follow_the_same_rules() -> None:
    """``no`` and ``on`` are keys like any other."""
    assert read_text("no: 1\non: 2", "f").root is not None
    assert read_text("no: 1\non: 2", "f").root.plain() == {"no": 1, "on": 2}  # type: ignore[union-attr]


def test_anchors_and_merges_work() -> None:
    """An alias repeats a value, a merge lays a map below the own keys, the first of several merges wins."""
    read = read_text("a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {y: 4, <<: [*a, {x: 5, z: 6}]}", "f")
    assert read.problems == []
    assert read.root is not None
    assert read.root.plain() == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 2},
        "c": {"x": 1, "y": 3},
        "d": {"x": 1, "y": 4, "z": 6},
    }


def test_every_value_and_key_has_its_place() -> None:
    """Lines and columns count from 1; an aliased value is where it was written."""
    root = read_text("a:\n  - b: &v 1\n  - {c:   *v}\n", "f.yaml").root
    assert root is not None
    b = root.get("a").get(0).get("b")  # type: ignore[union-attr]
    c = root.get("a").get(1).get("c")  # type: ignore[union-attr]
    assert (b.place.line, b.place.column, b.key.line, b.key.column) == (2, 8, 2, 5)
    assert (c.place.line, c.place.column, c.key.line, c.key.column) == (2, 8, 3, 6)
    assert b.place.file == "f.yaml"
    assert root.get("a").get(2) is None  # type: ignore[union-attr]
    assert root.get(0) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2", "f.yaml:4:3: b.c: the key is given twice, first on line 3"),
        ("a: [", "f.yaml:2:1: not valid YAML"),
        ("a:\n\t- b", "f.yaml:2:1: not valid YAML: a line must be indented with spaces"),
        ("a: b: c", "f.yaml:1:5: not valid YAML"),
        ("a: @x", "f.yaml:1:4: not valid YAML"),
        ("a: 'x", "f.yaml:1:6: not valid YAML"),
        ("a: 1\n---\nb: 2", "f.yaml:2:1: must hold one document"),
        ("1: 3", "f.yaml:1:1: a key must be text, got 1"),
        ("true: 3", "f.yaml:1:1: a key must be text, got true"),
        ("~: 3", "f.yaml:1:1: a key must be text, got ~"),
        ("? [a]\n: 3", "f.yaml:1:3: a key must be text"),
        ("a: *b", "f.yaml:1:4: a: the alias *b has no anchor"),
        ("a: &a [*a]", "f.yaml:1:8: a[0]: the alias *a contains itself"),
        ("a: !!python/object/apply:os.system [x]", "f.yaml:1:4: a: the tag !!python/object/apply:os.system"),
        ("a: !foo 3", "f.yaml:1:4: a: the tag !foo is not allowed"),
        ("a: !foo {b: 1}", "f.yaml:1:4: a: the tag !foo is not allowed"),
        ("a: !!binary aGk=", "f.yaml:1:4: a: the tag !!binary is not allowed"),
        ("a: !!int abc", "f.yaml:1:4: a: must be a whole number of at most 300 digits, got 'abc'"),
        ("a: " + "9" * 5000, "f.yaml:1:4: a: must be a whole number of at most 300 digits"),
        ("<<: 3", "f.yaml:1:5: only maps can be merged"),
        ("a: [1, {<<: [3]}]", "f.yaml:1:14: a[1]: only maps can be merged"),
        ("a\0b", "f.yaml:1:1: must be text, got a binary file"),
        ("a: b\n\x01", "f.yaml:2:1: not valid YAML: control characters"),
        ("\ud800", "f.yaml:1:1: must be text in UTF-8"),
        ("[" * 100_000, "f.yaml:1:62: must not be nested deeper than 60"),
        ("{a: " * 30_000, "must not be nested deeper than 60"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, message: str) -> None:
    """Broken, doubtful or hostile YAML gives a problem with line and column, never a traceback."""
    problems = [str(problem) for problem in read_text(text, "f.yaml").problems]
    assert any(message in problem for problem in problems), problems


def test_all_mistakes_are_found_at_once() -> None:
    """Several doubled keys and tags give several problems."""
    assert len(read_text("a: 1\na: 2\nb: !x 1\n3: 4", "f").problems) == 3


def test_aliases_may_not_expand_to_much() -> None:
    """A text that expands to billions of values, or holds millions of aliases, is refused quickly."""
    layers = "".join(f"x{i + 1}: &x{i + 1} [{','.join([f'*x{i}'] * 9)}]\n" for i in range(30))
    flat = "a: &a 1\nb: [" + "*a, " * (MAX_BYTES // 4 - 20) + "]"
    began = time.process_time()
    for bomb in ("x0: &x0 [1,1,1,1]\n" + layers, flat):
        assert ["200,000 values" in p.rule for p in read_text(bomb, "f").problems] == [True]
    assert time.process_time() - began < 5


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A missing file, a directory, wrong bytes and 50 MB each give one problem that names the file."""
    big, latin, utf16 = tmp_path / "big.yaml", tmp_path / "latin.yaml", tmp_path / "utf16.yaml"
    big.write_bytes(b"a: &a x\n" + b"- *a\n" * 10_000_000)
    latin.write_bytes("a: 1\nb: caf\xe9".encode("latin-1"))
    utf16.write_bytes("a: 1".encode("utf-16"))
    rules = {
        tmp_path: "got a directory",
        tmp_path / "none.yaml": "no such file",
        tmp_path / "x\0y": "cannot be read",
        tmp_path / ("n" * 5000): "cannot be read",
        big: "must be at most 5 MB",
        latin: "must be text in UTF-8",
        utf16: "must be text in UTF-8",
    }
    for path, rule in rules.items():
        (problem,) = read_file(path).problems
        assert rule in problem.rule
        assert problem.file == str(path)
    (problem,) = read_file(latin).problems
    assert (problem.line, problem.column) == (2, 7)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """A file saved with a byte order mark reads like any other; an empty one holds nothing."""
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1")
    (tmp_path / "b.yaml").write_bytes(b"")
    assert read_file(tmp_path / "a.yaml").root.plain() == {"a": 1}  # type: ignore[union-attr]
    assert read_file(tmp_path / "b.yaml").root.plain() is None  # type: ignore[union-attr]


TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["no", "1e3", "12:30", "010", "~", "<<", "=", "2026-11-20", "0o7", ".inf", "- a", "a: b", "#"]),
)
DATA = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


@given(DATA)
def test_what_is_written_reads_back_the_same(data: object) -> None:
    """Any plain data survives writing and reading, types included."""
    read = read_text(write_text(data), "f")
    assert read.problems == []
    assert read.root is not None
    assert repr(read.root.plain()) == repr(data)


@given(st.text(alphabet=st.sampled_from(list("ab:-[]{}*&!#|>'\"%@`,?~0.e \n\t<")), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text whatever raises; what cannot be read has a problem."""
    read = read_text(text, "f")
    assert read.root is not None or read.problems
