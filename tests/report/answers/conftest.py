from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable

import pytest


class Blocks:
    """Blocks of a page, read as XML."""

    def __init__(self, blocks: Iterable[str]):
        self.root = ET.fromstring("<x>" + "".join(blocks) + "</x>")

    @property
    def lead(self) -> list[str]:
        return [(p.text or "").replace("\xa0", " ") for p in self.root.iter("p") if p.get("class") == "lead"]

    @property
    def headings(self) -> list[str]:
        return [heading.text or "" for heading in self.root.iter("figcaption")]

    @property
    def pictures(self) -> int:
        return sum(1 for element in self.root.iter() if element.tag.endswith("}svg"))

    def table(self, caption: str) -> list[list[str]]:
        for table in self.root.iter("table"):
            if table.findtext("caption") == caption:
                return [["".join(cell.itertext()).replace("\xa0", " ") for cell in row] for row in table.findall("./tbody/tr")]
        raise KeyError(caption)


@pytest.fixture
def blocks():
    return Blocks
