"""Elements of HTML and SVG as text. All text from outside passes `text`, all attributes are escaped; the result is well-formed XML too."""

from __future__ import annotations

import re
from html import escape

VOID = frozenset({"meta", "br", "path", "line", "rect", "circle"})
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(value: object) -> str:
    """A value as text between tags; characters that XML does not know become U+FFFD.

    >>> text("<script>")
    '&lt;script&gt;'
    """
    return escape(NOT_XML.sub("\ufffd", str(value)))


def tag(name: str, /, *children: str, **attributes: object) -> str:
    """An element. `children` are markup; an attribute that is None is left out, `_` in its name is `-`, and a final `_` is dropped.

    >>> tag("a", text("R&D"), href="#x", class_="link")
    '<a href="#x" class="link">R&amp;D</a>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(short(value) if isinstance(value, float) else value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID and not children:
        return f"<{name}{written}/>"
    return f"<{name}{written}>{''.join(children)}</{name}>"


def short(value: float) -> str:
    """A coordinate with at most one decimal.

    >>> short(3.04), short(2.96), short(-0.01)
    ('3', '3', '0')
    """
    rounded = round(value, 1) + 0.0
    return f"{rounded:g}" if abs(rounded) < 1e5 else f"{rounded:.1f}"
