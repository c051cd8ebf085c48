from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import matplotlib as mpl
import pytest
from matplotlib.axes import Axes

from delivsim.errors import InputError
from delivsim.record.result import Result
from delivsim.report.figures import FIGURES, figure, save_figures, svg
from delivsim.report.figures.registry import names_for
from delivsim.report.figures.style import figure_of


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_axes_with_units(sample_evening: Result, name: str) -> None:
    """Every figure returns axes of a picture whose axes say what they show and in which unit."""
    axes = FIGURES[name](sample_evening)
    assert isinstance(axes, Axes)
    drawn = figure_of(axes)
    assert any(panel.get_xlabel() for panel in drawn.axes)
    assert any(panel.get_ylabel() for panel in drawn.axes)
    assert axes.get_title(loc="left") or drawn.get_suptitle()


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_to_draw(name: str, sample: ModuleType) -> None:
    """A run in which nothing happened gives a picture that says so, not an error."""
    empty = Result({}, sample.manifest(stations={}, instance=None, operations=[], clients=[]))
    assert "<svg" in svg(empty, name)


def test_a_run_of_one_order(sample_result: Result) -> None:
    """Three orders in forty minutes fill every figure."""
    for name in names_for(sample_result):
        assert "<svg" in svg(sample_result, name)


def test_same_run_same_bytes(sample_evening: Result) -> None:
    """A figure drawn twice is the same to the byte, and holds no date."""
    first = figure(sample_evening, "services")
    assert first == figure(sample_evening, "services")
    assert b"<dc:date>" not in first
    assert figure(sample_evening, "click_to_door", "png") == figure(sample_evening, "click_to_door", "png")


def test_matplotlib_is_left_as_it_was(sample_evening: Result) -> None:
    """Drawing changes no setting that other code would see, and pyplot is never used."""
    before = dict(mpl.rcParams)
    figure(sample_evening, "latency")
    assert dict(mpl.rcParams) == before


def test_times_of_day_below(sample_evening: Result) -> None:
    """The horizontal axis of a figure over time shows times of day."""
    drawn = svg(sample_evening, "open_orders")
    assert len(re.findall(r">\d\d:\d\d<", drawn)) >= 5
    assert ">time of day<" in drawn


def test_saved_files(sample_evening: Result, tmp_path: Path) -> None:
    """Each figure becomes a file named after it, in a folder made for them."""
    files = save_figures(sample_evening, tmp_path / "figures", names=["latency", "map"])
    assert [file.name for file in files] == ["latency.svg", "map.svg"]
    assert all(file.read_bytes().startswith(b"<?xml") for file in files)


def test_without_a_city(sample: ModuleType) -> None:
    """A run of workloads alone has the platform's figures and none of the city's."""
    run = sample.sample_result(instance=None)
    tables = {name: run.tables[name] for name in ("requests", "visits", "messages")}
    assert names_for(Result(tables, run.manifest)) == ["latency", "throughput", "services"]


def test_unknown_names_are_refused(sample_result: Result, tmp_path: Path) -> None:
    """A figure or format that does not exist is refused with those that do, before anything is written."""
    with pytest.raises(InputError, match=r"no figure 'mapp' .did you mean 'map'.*there are click_to_door"):
        save_figures(sample_result, tmp_path / "new", names=["mapp"])
    with pytest.raises(InputError, match="format: must be one of svg, png, pdf, got 'bmp'"):
        figure(sample_result, "map", "bmp")
    assert not (tmp_path / "new").exists()
