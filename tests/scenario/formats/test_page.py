"""The page on our own format says what is read and written."""

import re
from pathlib import Path

from delivsim.scenario.formats.delivsim import read
from delivsim.scenario.formats.page import instance_page

PAGE = instance_page()


def test_the_page_in_docs_is_current():
    """Renew it with `make pages`."""
    assert (Path(__file__).parents[3] / "docs" / "instance.md").read_text(encoding="utf-8") == PAGE


def test_the_example_on_the_page_is_an_instance(tmp_path: Path):
    """What the page shows can be written down and read."""
    (block,) = re.findall(r"```\n(my_city/instance.yaml.*?)```", PAGE, re.DOTALL)
    file = ""
    for line in block.splitlines():
        if line.startswith("my_city/"):
            file = line.split()[0].removeprefix("my_city/")
        with (tmp_path / file).open("a") as stream:
            stream.write(line[24:] + "\n")
    instance = read(tmp_path)
    assert [order.id for order in instance.orders] == ["1"]
    assert instance.travel.time((0.0, 0.0), (300.0, 400.0)) == 100.0


def test_every_row_has_a_meaning():
    """No row of the page is left without words."""
    assert re.findall(r"^\| `.*\|  \|$", PAGE, re.MULTILINE) == []
