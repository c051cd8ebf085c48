import hashlib
import json
from pathlib import Path

import pytest

from delivsim.record.catalogue import FORMS
from delivsim.record.contract import PAGES, write_pages
from delivsim.record.tables import SCHEMA_VERSION, TABLES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_say_what_the_code_does(name):
    """The pages in docs/ are what the code renders; if not: python -m delivsim.record.contract docs."""
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name]()


def test_any_change_of_the_tables_raises_their_version():
    """Tables, columns and figures are those of this version; if not: raise SCHEMA_VERSION, tell it in CHANGELOG.md."""
    columns = [(name, column.name, column.kind) for name, specs in TABLES.items() for column in specs]
    said = json.dumps([columns, sorted(form.path for form in FORMS)])
    assert (SCHEMA_VERSION, hashlib.blake2b(said.encode(), digest_size=8).hexdigest()) == (2, "298c3b4ef7d6142e")


def test_every_column_and_every_form_is_documented():
    """No column of a table and no path or short form of a metric is missing from its page."""
    tables, metrics = PAGES["tables.md"](), PAGES["metrics.md"]()
    for name, specs in TABLES.items():
        section = tables.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert all(f"| `{column.name}` | {column.kind} |" in section for column in specs)
    assert f"`schema_version` {SCHEMA_VERSION}" in tables
    for form in FORMS:
        assert all(f"`{words}`" in metrics for words in (form.path, *form.short))


def test_pages_are_written_where_asked(tmp_path):
    """Writing puts both pages into the folder."""
    write_pages(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(PAGES)
