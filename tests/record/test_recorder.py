import numpy as np
import pandas as pd
import pytest

from delivsim.record.columns import ROW_ORDER, table_of
from delivsim.record.packing import CALL, MESSAGE, NO_VISIT
from delivsim.record.parquet import connect, read_table, write_frame
from delivsim.record.recorder import Recorder
from delivsim.record.tables import TABLES, columns


def a_row(table: str, i: int, label: str = "b") -> tuple[object, ...]:
    """One tuple of the right types whose integers and floats grow with ``i``."""
    made = {"int": i, "float": i / 3, "category": label, "text": f"é{i}", "bool": i % 2 == 0}
    return tuple(made[column.kind] for column in TABLES[table])


def fill(recorder: Recorder, n: int) -> None:
    for i in reversed(range(n)):
        for table, rows in recorder.rows.items():
            rows.append(a_row(table, i, "cab"[i % 3]))
        recorder.flush()


@pytest.mark.parametrize("table", TABLES)
def test_each_column_has_the_type_it_promises(table):
    """An int column is int64, a float float64, a category a category with sorted labels, also without rows."""
    for rows in ([], [a_row(table, 1, "z"), a_row(table, 2, "a")]):
        data = table_of(table, rows)
        assert list(data.columns) == columns(table)
        for column in TABLES[table]:
            dtype = str(data[column.name].dtype)
            wanted = {"int": "int64", "float": "float64", "category": "category", "bool": "bool"}
            assert dtype == wanted.get(column.kind, dtype)
            if column.kind == "category":
                assert list(data[column.name].cat.categories) == (["a", "z"] if rows else [])


def test_rows_are_sorted_as_the_contract_says_and_ties_stay_put():
    """Requests are sorted by request and attempt, visits by request and arrival."""
    recorder = Recorder()
    fill(recorder, 10)
    tables = recorder.tables()
    assert ROW_ORDER["visits"] == ("request", "arrived_at")
    assert tables["visits"]["request"].tolist() == list(range(10))
    assert tables["requests"]["request"].tolist() == list(range(10))
    twice = table_of("messages", [a_row("messages", 3, "y"), a_row("messages", 1), a_row("messages", 3, "x")])
    assert twice["topic"].tolist() == ["b", "y", "x"]


def test_attempts_of_one_request_stand_in_order():
    """Within a request, attempts are sorted even when the first ended last."""
    at = columns("requests").index
    rows = []
    for request, attempt in ((2, 1), (1, 2), (1, 1)):
        row = list(a_row("requests", 0))
        row[at("request")], row[at("attempt")] = request, attempt
        rows.append(tuple(row))
    data = table_of("requests", rows)
    assert list(zip(data["request"], data["attempt"], strict=True)) == [(1, 1), (1, 2), (2, 1)]


def test_a_bound_append_outlives_a_flush():
    """Lists are emptied in place, so the simulation may hold on to their append."""
    recorder = Recorder(chunk_rows=2)
    append = recorder.rows["visits"].append
    for i in range(5):
        append(a_row("visits", i))
        recorder.flush()
    assert len(recorder.rows["visits"]) == 1
    assert len(recorder.tables()["visits"]) == 5
    assert recorder.rows["visits"] == []


def test_text_without_rows_is_still_text(tmp_path):
    """An empty table has a text column of text in its file, for whoever reads it."""
    with connect() as con:
        write_frame(con, table_of("orders", []), tmp_path / "orders.parquet")
        found = con.execute(f"DESCRIBE SELECT id, outcome FROM '{tmp_path}/orders.parquet'").fetchall()
    assert [row[1] for row in found] == ["VARCHAR", "VARCHAR"]


def test_bytes_do_not_depend_on_when_rows_were_flushed(tmp_path):
    """The same rows give the same files, flushed every 3 rows, or never, or kept in memory and written at the end."""
    files = []
    for name, chunk_rows in (("often", 3), ("never", 10_000)):
        (tmp_path / name).mkdir()
        recorder = Recorder(tmp_path / name, chunk_rows)
        fill(recorder, 100)
        closed = recorder.close()
        files.append({table: closed.file(table).read_bytes() for table in closed})
        assert {path.name for path in (tmp_path / name).iterdir()} == {f"{table}.parquet" for table in TABLES}
    memory = Recorder()
    fill(memory, 100)
    with connect() as con:
        for table, data in memory.tables().items():
            write_frame(con, data, tmp_path / "one.parquet")
            assert (tmp_path / "one.parquet").read_bytes() == files[0][table]
    assert files[0] == files[1]


def test_closing_gives_tables_for_a_result(tmp_path):
    """In memory or in files, what closing gives holds the same rows."""
    memory, files = Recorder(), Recorder(tmp_path)
    for recorder in (memory, files):
        fill(recorder, 5)
    closed = files.close()
    for table, data in memory.close().items():
        pd.testing.assert_frame_equal(closed[table], data, check_exact=True)


def test_unused_labels_do_not_reach_the_file(tmp_path):
    """A filtered table, whose categories are wider than its rows, writes the bytes of one made of those rows."""
    rows = [a_row("visits", 1, "b"), a_row("visits", 2, "a"), a_row("visits", 3, "c")]
    few = table_of("visits", rows)
    few = few[few["outcome"] != "b"].reset_index(drop=True)
    with connect() as con:
        write_frame(con, few, tmp_path / "few.parquet")
        write_frame(con, table_of("visits", rows[1:]), tmp_path / "made.parquet")
    assert (tmp_path / "few.parquet").read_bytes() == (tmp_path / "made.parquet").read_bytes()


@pytest.mark.parametrize("table", TABLES)
def test_a_written_table_comes_back_as_it_was(table, tmp_path):
    """Values, NaN, text and column types survive the file, with and without rows."""
    for n in (0, 5):
        data = table_of(table, [a_row(table, i, "xy"[i % 2]) for i in range(n)])
        if n and "placed_at" in data:
            data.loc[2, "placed_at"] = np.nan
        with connect() as con:
            write_frame(con, data, tmp_path / "t.parquet")
        pd.testing.assert_frame_equal(read_table(table, tmp_path / "t.parquet"), data, check_exact=True)


def test_a_tuple_of_the_wrong_length_is_told():
    """A row with a column too few is a mistake that names the table."""
    recorder = Recorder()
    recorder.rows["decisions"] += [a_row("decisions", 1), a_row("decisions", 2)[:-1]]
    with pytest.raises(ValueError, match="decisions: a row has 12 columns"):
        recorder.flush(force=True)


def test_old_parts_do_not_leak_into_a_new_run(tmp_path):
    """A directory in which an earlier run was killed starts empty."""
    killed = Recorder(tmp_path)
    fill(killed, 4)
    killed.flush(force=True)
    fresh = Recorder(tmp_path)
    fresh.rows["visits"].append(a_row("visits", 1))
    assert len(fresh.tables()["visits"]) == 1
    assert len(fresh.tables()["legs"]) == 0


def test_packed_calls_become_requests_and_visits():
    """A packed call is a request, and a visit too if one was served; their labels come from the code."""
    recorder = Recorder()
    rows, codes = recorder.calls
    code = codes["client", "customer", "gateway", "place_order", "edge", ""]
    pack = CALL.struct.pack
    rows.extend(pack(4, 2, 0, 1, code, 1.0, 1.5, 3.0, 3.5, 201, 201, True, 1.0, 2.0, 3.0, 7))
    rows.extend(pack(5, 1, 0, 2, code, 1.0, 1.5, 1.5, 2.0, 503, 503, False, 0.5, *NO_VISIT))
    tables = recorder.tables()
    requests, visits = tables["requests"], tables["visits"]
    assert requests["request"].tolist() == [1, 2]
    assert requests["last"].tolist() == [False, True]
    assert requests["status"].tolist() == [503, 201]
    (visit,) = visits.to_dict("records")
    assert visit == {
        "order": 4, "request": 2, "parent": 0, "attempt": 1, "cause": "client", "station": "edge", "service": "gateway",
        "operation": "place_order", "arrived_at": 1.5, "started_at": 2.0, "departed_at": 3.0, "queue_length": 7,
        "outcome": "served", "reason": "", "replica": -1,
    }  # fmt: skip


def test_packed_messages_become_rows():
    """A packed message is a row of its table, whatever was flushed before it."""
    recorder = Recorder()
    rows, codes = recorder.messages
    for number, outcome in ((2, "acknowledged"), (1, "dead_letter")):
        code = codes["call", "order.placed", "delivery", outcome, ""]
        rows.extend(MESSAGE.struct.pack(number, 7, 3, 4, 1, code, 5, 1.0, 2.0, 2.5, 3.0))
        recorder.flush(force=True)
    messages = recorder.tables()["messages"]
    assert messages["message"].tolist() == [1, 2]
    assert messages["outcome"].tolist() == ["dead_letter", "acknowledged"]
    assert messages["partition"].tolist() == [5, 5]
    assert set(messages["topic"]) == {"order.placed"}


def test_calls_without_visits_leave_no_empty_file(tmp_path):
    """On a platform where nothing queues there are requests and no visits; written tables say so."""
    recorder = Recorder(tmp_path)
    rows, codes = recorder.calls
    code = codes["client", "customer", "gateway", "place_order", "", ""]
    rows.extend(CALL.struct.pack(4, 2, 0, 1, code, 1.0, 1.0, 1.0, 1.0, 201, 201, True, 1.0, *NO_VISIT))
    tables = recorder.close()
    assert len(tables["requests"]) == 1
    assert len(tables["visits"]) == 0
