from __future__ import annotations

import re
from html.parser import HTMLParser
from types import ModuleType

import pytest

from delivsim.record.metrics import evaluate, parse_slo
from delivsim.record.result import Result
from delivsim.report.page import html_report, inline

VOID = {"meta", "link", "br", "path", "use", "image", "rect", "circle", "polygon", "line"}


class Reader(HTMLParser):
    """Collects ids and addresses, and checks that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name in ("href", "src", "xlink:href"):
                self.addresses.append(str(value))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(sample_evening: Result) -> str:
    """The page of an evening."""
    return html_report(sample_evening, [evaluate(parse_slo("delivered > 99%"), sample_evening)])


def test_page_is_well_formed_and_alone(page: str) -> None:
    """Tags are closed, no name is given twice, and nothing is asked for from anywhere."""
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert all(address.startswith(("#", "data:")) for address in reader.addresses)
    assert not re.search(r"url\((?!#)|@import|<script", page)


def test_links_lead_somewhere(page: str) -> None:
    """Every address on the page is the name of a part of it."""
    reader = Reader()
    reader.feed(page)
    assert {address[1:] for address in reader.addresses if address.startswith("#")} <= set(reader.ids)


def test_page_holds_the_report_and_the_figures(page: str) -> None:
    """All parts of the report and all figures of the run are on the page, with captions."""
    for title in ("Objectives", "Orders", "Customer times", "Client operations", "Services", "Riders"):
        assert f"<h2>{title}" in page
    assert page.count("<figure ") == page.count("<figcaption>") == 8
    assert not re.search(r">\s*(nan|None)\s*<", page)


def test_same_run_same_page(sample: ModuleType) -> None:
    """Writing the page of a run of workloads twice gives the same bytes."""
    run = sample.sample_result(instance=None)
    tables = {name: run.tables[name] for name in ("requests", "visits", "messages")}
    pages = [html_report(Result(tables, run.manifest), []) for _ in range(2)]
    assert pages[0] == pages[1]


def test_names_are_escaped(sample: ModuleType) -> None:
    """A scenario's name is text, never markup."""
    assert "<h1>&lt;b&gt;x&lt;/b&gt;</h1>" in html_report(
        Result({}, sample.manifest(name="<b>x</b>", instance=None)), []
    )


def test_drawings_take_the_ink_of_the_page() -> None:
    """A drawing on a page loses its prologue and fixed size, and its ink and names become the page's."""
    drawing = (
        '<?xml version="1.0"?>\n<svg width="72pt" height="36pt" viewBox="0 0 72 36"><metadata>x</metadata>'
        '<path id="a" style="stroke: #33373d" clip-path="url(#b)"/><use xlink:href="#a"/></svg>'
    )
    assert inline(drawing, "map") == (
        '<svg style="max-width: 6.2rem"  viewBox="0 0 72 36">'
        '<path id="map-a" style="stroke: var(--ink, #33373d)" clip-path="url(#map-b)"/><use xlink:href="#map-a"/></svg>'
    )
