"""Files of any dialect are read whole, and a broken row breaks no other."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from delivsim.errors import InputError
from delivsim.record.parquet import connect
from delivsim.scenario.imports.sheet import read_sheet


def _sheet(tmp_path: Path, data: bytes | str) -> Path:
    path = tmp_path / "orders.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["unix", "windows", "mac"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_dialect_gives_the_same_table(tmp_path: Path, mark: bytes, newline: str, separator: str) -> None:
    """Byte order marks, ends of lines and separators make no difference."""
    lines = [separator.join(row) for row in (("id", "name"), ("1", "café"), ("2", f'"a{separator}b"'), ("", "NULL"))]
    sheet = read_sheet(_sheet(tmp_path, mark + newline.join(lines).encode()))
    assert sheet.header == ["id", "name"]
    assert sheet.cells == [["1", "café"], ["2", f"a{separator}b"], ["", ""]]
    assert sheet.lines == [2, 3, 4]


def test_a_quoted_cell_may_span_lines(tmp_path: Path) -> None:
    """A note of two lines is one cell, and the rows after it keep their own line numbers."""
    sheet = read_sheet(_sheet(tmp_path, 'id,note\n1,"ring\ntwice"\n2,x\n'))
    assert sheet.cells == [["1", "ring\ntwice"], ["2", "x"]]
    assert sheet.lines == [2, 4]


def test_an_open_quote_swallows_no_other_row(tmp_path: Path) -> None:
    """A quote that is never closed costs its own row alone, wherever the next quote stands."""
    sheet = read_sheet(_sheet(tmp_path, 'id,note\n1,"ring\n2,x\n3,"y"\n4,z\n'))
    assert [row[0] for row in sheet.cells] == ["2", "3", "4"]
    assert [(reject.line, reject.rule) for reject in sheet.broken] == [(2, "a quote is opened and not closed")]
    assert sheet.n_read == 4


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("1", "must have 2 cells like the header, has 1"),
        ("1,2,3", "must have 2 cells like the header, has 3"),
        ("1,\0", "has bytes that are no text in UTF-8"),
        ('1,"a"b', "a quote stands in the middle of a cell"),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, row: str, rule: str) -> None:
    """It is counted with its line and the reason, and the others stay."""
    sheet = read_sheet(_sheet(tmp_path, f"id,note\n0,a\n{row}\n9,z\n"))
    assert [cells[0] for cells in sheet.cells] == ["0", "9"]
    assert [(reject.line, reject.rule) for reject in sheet.broken] == [(3, rule)]


def test_few_wrong_bytes_are_rows_and_many_are_another_encoding(tmp_path: Path) -> None:
    """One bad byte among good rows breaks its row; a file that is Windows-1252 throughout is read as that."""
    good = "".join(f"{i},café\n" for i in range(30)).encode()
    sheet = read_sheet(_sheet(tmp_path, b"id,name\n" + good + b"77,caf\xe9\n"))
    assert len(sheet.cells) == 30
    assert [reject.line for reject in sheet.broken] == [32]
    sheet = read_sheet(_sheet(tmp_path, b"id,name\n" + b"".join(b"%d,caf\xe9\n" % i for i in range(30))))
    assert len(sheet.cells) == 30
    assert sheet.cells[0][1] == "café"
    assert sheet.notes == ["is not UTF-8; read as Windows-1252"]


def test_parquet_is_read_like_text(tmp_path: Path) -> None:
    """Numbers, times with and without a zone, and missing values come as a CSV file would tell them."""
    path = tmp_path / "orders.parquet"
    with connect() as con:
        con.execute(
            "COPY (SELECT 7 AS id, 4.25 AS lat, TIMESTAMP '2026-11-20 17:00:01' AS t,"
            " TIMESTAMPTZ '2026-11-20 17:00:01+00' AS z, CAST(NULL AS VARCHAR) AS note)"
            f" TO '{path}' (FORMAT parquet)"
        )
    sheet = read_sheet(path)
    assert sheet.header == ["id", "lat", "t", "z", "note"]
    assert sheet.cells == [["7", "4.25", "2026-11-20T17:00:01.000000", "1795194001000000", ""]]
    assert pd.Timestamp(1795194001, unit="s") == pd.Timestamp("2026-11-20 17:00:01")


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "got an empty file"),
        (b"nothing\n1\n", "names of columns"),
        (b"a,b,a\n1,2,3\n", "has the column 'a' twice"),
        (b'a,"b\n1,2\n', "a quote in it is never closed"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes, rule: str) -> None:
    """The message names the file and what is wrong with it."""
    path = _sheet(tmp_path, data)
    with pytest.raises(InputError) as error:
        read_sheet(path)
    assert str(path) in str(error.value)
    assert rule in str(error.value)


def test_a_file_that_is_not_there_or_damaged_is_refused(tmp_path: Path) -> None:
    """Both say so in one line."""
    for path, rule in ((tmp_path / "no.csv", "cannot be read"), (tmp_path / "no.parquet", "cannot be read as Parquet")):
        with pytest.raises(InputError, match=rule):
            read_sheet(path)
