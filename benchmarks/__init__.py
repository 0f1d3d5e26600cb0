"""How fast the lessons are, and what bounds them: `make bench`."""

import json
import re


def text_of(kept: dict) -> str:
    """Return as JSON what is kept, each innermost part of it in a line."""
    text = json.dumps(kept, indent=1)
    return re.sub(r"[{[][^][{}]*[]}]", lambda part: json.dumps(json.loads(part[0])), text) + "\n"


def with_tables(page: str, tables: dict[str, str]) -> str:
    """Return a page with other tables, by their first cells, in place of its own.

    Raises ValueError if the page lacks one of them.
    """
    for name, table in tables.items():
        place = rf"^\| {re.escape(name)} \|.*\n(\|.*\n)*"
        page, found = re.subn(place, lambda _, table=table: table, page, flags=re.MULTILINE)
        if not found:
            raise ValueError(f"want a table {name!r} on the page, to be replaced, got none")
    return page
