from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

SVG = "{http://www.w3.org/2000/svg}"


class Picture:
    """An SVG text, read as XML."""

    def __init__(self, text: str):
        self.root = ET.fromstring(text)

    def all(self, tag: str, class_: str = "") -> list[ET.Element]:
        wanted = set(class_.split())
        return [element for element in self.root.iter(SVG + tag) if wanted <= set(element.get("class", "").split())]

    def texts(self, class_: str = "") -> list[str]:
        return [element.text or element[0].tail or "" for element in self.all("text", class_)]

    def titles(self) -> list[str]:
        return [element.text or "" for element in self.root.iter(SVG + "title")]


@pytest.fixture
def picture():
    return Picture
