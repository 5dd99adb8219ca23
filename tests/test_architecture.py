"""Imports run one way, heavy libraries stay in their rooms, and every module has its test."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mlpspec"

MAY_IMPORT = {
    "diagnostics": set(),
    "files": {"diagnostics"},
    "ir": {"diagnostics"},
    "catalog": {"diagnostics", "ir"},
    "language": {"diagnostics", "ir", "catalog"},
    "passes": {"diagnostics", "ir", "catalog", "language"},
    "pytorch": {"diagnostics", "ir", "catalog"},
    "data": {"diagnostics", "files", "ir", "catalog", "language"},
    "report": {"diagnostics", "ir", "catalog", "language"},
    "training": {"diagnostics", "ir", "catalog", "language", "passes", "pytorch", "data", "report"},
    "tuning": {"diagnostics", "ir", "catalog", "language", "passes", "data", "training", "report"},
    "exporting": {"diagnostics", "ir", "catalog", "language", "passes", "pytorch", "data", "training"},
    "runtime": {"diagnostics", "files"},
    "serving": {"diagnostics", "files", "runtime"},
}
"""What each room may import of the others. `cli` and the modules beside the rooms may import all."""

FOR_TYPES_ONLY = {("catalog", "data")}
"""Imports that are there for annotations alone, under TYPE_CHECKING."""

BESIDE_ROOMS = {"ahead", "atomic", "cache_folder", "compiler", "instants", "seal", "timing", "version"}

HEAVY = {
    "torch": {"pytorch", "training", "exporting"},
    "onnx": {"exporting"},
    "onnxruntime": {"exporting", "runtime"},
    "optuna": {"tuning"},
}
"""The rooms whose modules may import these libraries at their top."""

MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def imports(path: Path, *, top_only: bool) -> set[str]:
    """Modules that a file imports outside `if TYPE_CHECKING`; with `top_only`, not inside functions either."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        if top_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names if node.module == "mlpspec")
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse((PACKAGE / path).read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("path", [m for m in MODULES if m.parts[0] in MAY_IMPORT], ids=str)
def test_imports_run_one_way(path):
    room = path.parts[0]
    rooms = {name.split(".")[1] for name in imports(path, top_only=False) if name.startswith("mlpspec.")}
    assert rooms - MAY_IMPORT[room] - BESIDE_ROOMS - {room} == set()


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_heavy_libraries_stay_in_their_rooms(path):
    found = {name.split(".")[0] for name in imports(path, top_only=True)}
    room = path.parts[0] if len(path.parts) > 1 else "beside"
    if path.name == "testing.py":
        return  # the conformance checks need them all
    for library, rooms in HEAVY.items():
        assert library not in found or room in rooms, f"{path} imports {library}"


def test_every_catalog_entry_has_its_test():
    """An entry is its file, its test and a line in its family's table."""
    entries = [path for path in MODULES if path.parts[0] == "catalog" and len(path.parts) == 3 and path.stem not in ("__init__", "base")]
    missing = [str(path) for path in entries if not (ROOT / "tests" / path.parent / f"test_{path.stem}.py").is_file()]
    assert len(entries) > 80
    assert missing == []
