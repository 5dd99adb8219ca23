"""Writes the files made from the catalog: the JSON Schema and the reference pages. With --check, only says which are stale (exit 1)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from mlpspec.language.reference import pages
from mlpspec.language.schema import spec_schema

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "schemas" / "mlpspec-1.schema.json"
REFERENCE = ROOT / "docs" / "reference"


def generated() -> dict[Path, str]:
    """The text of each generated file."""
    schema = json.dumps(spec_schema(variables=True), indent=1, ensure_ascii=False) + "\n"
    return {SCHEMA: schema, **{REFERENCE / f"{name}.md": text for name, text in pages().items()}}


def stale(texts: dict[Path, str]) -> list[Path]:
    """The files that differ from what they should be, or should not be there."""
    different = [path for path, text in texts.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    return [*different, *(path for path in REFERENCE.glob("*.md") if path not in texts)]


def write(texts: dict[Path, str]) -> None:
    """Write what is stale, and remove the pages of what is no more."""
    for path in stale(texts):
        if path in texts:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], encoding="utf-8", newline="\n")
        else:
            path.unlink()
        sys.stderr.write(f"{path.relative_to(ROOT)}\n")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is stale")
    check = parser.parse_args().check
    texts = generated()
    if not check:
        write(texts)
        return 0
    for path in stale(texts):
        sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run `make generate`\n")
    return 1 if stale(texts) else 0


if __name__ == "__main__":
    sys.exit(main())
