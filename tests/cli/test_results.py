"""Everything after a run: report, plot, explain, compare, diff."""

from __future__ import annotations

from pathlib import Path

from delivsim.cli.exits import Exit
from delivsim.record.result import load_result
from delivsim.report.figures import FIGURES

SMALL = ["--set", "horizon=15min"]


def test_report_writes_one_page(command, here) -> None:
    """The page lies in the run unless told otherwise, and is complete in itself."""
    assert command("report", "first").out == "Wrote runs/first/report.html\n"
    page = Path("runs/first/report.html").read_text()
    assert "</html>" in page
    assert "<svg" in page
    assert 'src="http' not in page
    assert command("report", "@last", "-o", "pages/first.html").code == Exit.FINE
    assert Path("pages/first.html").read_text() == page


def test_report_as_text_is_what_run_printed(command, here) -> None:
    """A saved and a fresh run go through the same code."""
    fresh = command("run", "small.yaml", *SMALL, "-o", "again").out
    later = command("report", "again", "--text").out
    assert later.strip()
    assert fresh.startswith(later.rstrip())


def test_plot_writes_figures(command, here) -> None:
    """All figures by default, one by name, in the format asked for."""
    command("plot", "first")
    assert {file.stem for file in Path("runs/first/figures").iterdir()} == set(FIGURES)
    command("plot", "first", "-o", "pictures", "--figure", "map", "--format", "png")
    assert [file.name for file in Path("pictures").iterdir()] == ["map.png"]


def test_an_unknown_figure_is_refused(command, here) -> None:
    """The message names what there is."""
    ended = command("plot", "first", "--figure", "mapp")
    assert ended.code == Exit.USAGE
    assert "did you mean 'map'" in ended.err


def test_explain_tells_an_orders_story(command, here) -> None:
    """From the press of the button to the door."""
    order = load_result("runs/first").orders.index[0]
    ended = command("explain", "first", order)
    assert ended.code == Exit.FINE
    assert order in ended.out
    assert "place_order" in ended.out
    unknown = command("explain", "first", "nobody")
    assert unknown.code == Exit.USAGE
    assert "nobody" in unknown.err


def test_explain_tells_where_slow_calls_spent_their_time(command, here) -> None:
    """An operation's tail, in a window, hop by hop; a topic's too; what makes no sense is refused."""
    ended = command("explain", "first", "--operation", "place_order", "--p90", "--from", "1min")
    assert ended.code == Exit.FINE
    assert "place_order p90" in ended.out
    assert "payment.charge" in ended.out
    assert "order.placed > delivery" in command("explain", "first", "--operation", "order.placed").out
    for arguments, said in (
        (("--operation", "place_ordr"), "did you mean 'place_order'"),
        (("o1", "--operation", "place_order"), "one of the two"),
        ((), "one of the two"),
        (("o1", "--p99"), "for --operation"),
        (("--operation", "place_order", "--p99", "--p50"), "one of them"),
        (("--operation", "place_order", "--from", "noon"), "--from noon"),
        (("--operation", "place_order", "--from", "30min", "--to", "20min"), "must be after --from"),
    ):
        wrong = command("explain", "first", *arguments)
        assert (wrong.code, said in wrong.err) == (Exit.USAGE, True), arguments


def test_diff_tells_equal_from_different(command, here) -> None:
    """Equal runs end with 0; otherwise the first row that differs is named, and it ends with 1."""
    command("run", "small.yaml", *SMALL, "-o", "equal")
    command("run", "small.yaml", *SMALL, "-o", "other", "--set", "dispatch.policy=nearest")
    same = command("diff", "first", "equal")
    assert (same.code, "equal" in same.out) == (Exit.FINE, True)
    different = command("diff", "first", "other")
    assert different.code == Exit.FAILED
    assert "First difference" in different.out


def test_compare_says_by_how_much_and_why(command, here) -> None:
    """The same orders in two runs, in minutes and part by part."""
    command("run", "small.yaml", *SMALL, "-o", "ideal", "--set", "platform.kind=ideal")
    ended = command("compare", "ideal", "first")
    assert ended.code == Exit.FINE
    assert "click to door" in ended.out
    assert "platform" in ended.out


def test_unknown_runs_are_refused_everywhere(command, here) -> None:
    """Each command that takes a RUN names near misses."""
    for arguments in (
        ["report"],
        ["plot"],
        ["explain"],
        ["diff", "first"],
        ["compare", "first"],
        ["export", "mdrplib"],
    ):
        rest = {"explain": ["o1"], "export": ["there"]}.get(arguments[0], [])
        ended = command(*arguments, "runs/fisrt", *rest)
        assert (ended.code, "did you mean runs/first" in ended.err) == (Exit.USAGE, True), arguments
