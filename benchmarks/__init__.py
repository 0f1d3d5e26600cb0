"""How fast the lessons are, and what bounds them: `make bench`."""

import json
import re


def text_of(kept: dict) -> str:
    """Return as JSON what is kept, each innermost part of it in a line."""
    text = json.dumps(kept, indent=1)
    return re.sub(r"{[^{}]*}", lambda part: json.dumps(json.loads(part[0])), text) + "\n"
