"""Faults of training data, through the real command line: exit code 4, the place, the remedy, no traceback, no run folder."""

import numpy as np
import pytest

HEAD = "size,colour,kind\n"
ROWS = "".join(f"{i}.5,{('red', 'green', 'blue')[i % 3]},{'big' if i % 10 > 4 else 'small'}\n" for i in range(40))
GOOD = HEAD + ROWS


def rows(**cells: str) -> str:
    """The good table with one more row in which some cells are another."""
    return GOOD + ",".join({"size": "1.5", "colour": "red", "kind": "big", **cells}.values()) + "\n"


FAULTS = {
    # D1
    "empty file": (b"", "empty"),
    "header only": (HEAD, "0 rows"),
    "one row": (HEAD + "1.5,red,big\n", "rows"),
    # D2
    "semicolons": (GOOD.replace(",", ";"), 'separator: ";"'),
    "tabs": (GOOD.replace(",", "\t"), "separator"),
    # D4
    "short row": (GOOD + "1.5,red\n", ":42"),
    "long row": (GOOD + "1.5,red,big,more\n", ":42"),
    "blank line": (HEAD + "\n" + ROWS, ":2"),
    # D5
    "duplicate names": (GOOD.replace("colour", "size", 1), "size"),
    "empty name": (GOOD.replace("colour", "", 1), "header"),
    "padded name": (GOOD.replace("colour", " colour", 1), "colour"),
    # D6
    "column missing": (GOOD.replace("size", "length", 1), "`size`"),
    "column in other case": (GOOD.replace("size", "Size", 1), "`Size`"),
    # D7
    "text among numbers": (rows(size="tall"), "tall"),
    # D8
    "NA not declared": (rows(size="NA"), "NA"),
    "a question mark": (rows(size="?"), "?"),
    "missing and not said": (rows(size=""), "missing"),
    "missing category": (rows(colour=""), "missing"),
    "missing target": (rows(kind=""), "kind"),
    # D9
    "nan": (rows(size="nan"), "nan"),
    "inf": (rows(size="inf"), "inf"),
    "1e400": (rows(size="1e400"), "1e400"),
    # D10
    "thousands": (GOOD + '"1,234",red,big\n', "1,234"),
    "underscore": (rows(size="1_000"), "1_000"),
    "hexadecimal": (rows(size="0x10"), "0x10"),
    "full width": (rows(size="１２"), "１２"),
    "percent": (rows(size="5%"), "5%"),
    # D11
    "beyond float32": (rows(size="1e39"), "1e39"),
    # D14
    "one class": (HEAD + "".join(f"{i}.5,red,big\n" for i in range(40)), "class"),
    # D15
    "true and false among numbers": (rows(size="True"), "True"),
    # D16
    "bad UTF-8": (GOOD.encode() + b"1.5,r\xffd,big\n", "UTF-8"),
    "NUL": (GOOD.encode() + b"1.5,r\0d,big\n", "NUL"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda name: name.replace(" ", "_"))
def test_a_fault_is_named_with_its_place(fault, cli, small):
    content, words = FAULTS[fault]
    (small / "table.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    outcome = cli("train", "spec.yaml")
    assert outcome.code == 4, outcome.err
    assert words in outcome.err
    assert "table.csv" in outcome.err
    assert not (small / "runs").exists()


def test_a_file_that_is_not_there(cli, small):
    (small / "table.csv").unlink()
    outcome = cli("train", "spec.yaml")
    assert outcome.code == 4
    assert "table.csv" in outcome.err


def test_all_bad_columns_are_told_at_once(cli, small):
    (small / "table.csv").write_text(rows(size="tall", colour="", kind=""))
    outcome = cli("train", "spec.yaml")
    assert outcome.code == 4
    assert outcome.err.count("error[") >= 3


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.rstrip("\n").encode(),
        (GOOD + '1.5,"red",big\n').encode(),
        GOOD.replace("\n3.5,", "\n 3.5 ,").encode(),
        "".join(",".join([c, a, b]) + "\n" for a, b, c in (line.split(",") for line in GOOD.split())).encode(),
        "".join(line + ",extra\n" for line in GOOD.split()).encode(),
    ],
    ids=["bom", "crlf", "no final newline", "quotes", "spaces around numbers", "another order", "an extra column"],
)
def test_harmless_differences_are_read(content, cli, small):
    """Rows D2, D6 and D10, the accepted half."""
    (small / "table.csv").write_bytes(content)
    assert cli("train", "spec.yaml", "--set", "training.epochs=1").code == 0


def test_a_quoted_line_break_is_part_of_its_cell(cli, small):
    """Row D2."""
    (small / "table.csv").write_text(GOOD + '1.5,"re\nd",big\n' * 5)
    assert cli("train", "spec.yaml", "--set", "training.epochs=1").code == 0


def test_declared_tokens_mean_missing(cli, small):
    """Row D8: what `data.missing` names is missing, and the column says what to do then."""
    (small / "table.csv").write_text(rows(size="NA"))
    settings = ("--set", "data.missing=[NA]", "--set", "inputs.size={numeric: {missing: median}}", "--set", "training.epochs=1")
    assert cli("train", "spec.yaml", *settings).code == 0


def test_a_label_that_training_rows_do_not_have(cli, small):
    """Row D13."""
    (small / "train.csv").write_text(GOOD)
    (small / "validation.csv").write_text(HEAD + "1.5,red,huge\n")
    spec = (small / "spec.yaml").read_text()
    start, end = spec.index("data:"), spec.index("inputs:")
    (small / "spec.yaml").write_text(spec[:start] + "data: {train: train.csv, validation: validation.csv}\n" + spec[end:])
    outcome = cli("train", "spec.yaml")
    assert outcome.code == 4
    assert "huge" in outcome.err


def test_a_class_of_one_row_cannot_be_stratified(cli, small):
    """Row D14."""
    (small / "table.csv").write_text(rows(kind="rare"))
    outcome = cli("train", "spec.yaml", "--set", "data.split.stratify=kind")
    assert outcome.code == 4
    assert "rare" in outcome.err


def test_constant_and_id_like_columns_are_warnings(cli, small):
    """Row D12: the model trains, its weights stay finite, and the oddity is told."""
    content = "size,colour,kind\n" + "".join(f"7,id{i},{'big' if i % 2 else 'small'}\n" for i in range(40))
    (small / "table.csv").write_text(content)
    outcome = cli("train", "spec.yaml", "--set", "training.epochs=2")
    assert outcome.code == 0
    assert outcome.err.count("warning[suspicious-data]") >= 2
    assert "nan" not in outcome.out


def test_the_target_as_a_feature_is_a_warning(cli, small):
    """Row D12."""
    outcome = cli("train", "spec.yaml", "--set", "training.epochs=1", "--set", "inputs.leak={category: kind}")
    assert outcome.code == 0
    assert "warning[suspicious-data]" in outcome.err
    assert "`kind`" in outcome.err


def test_a_last_batch_of_one_row_trains_with_batch_norm(cli, small):
    """Row D19."""
    settings = ("--set", "model.0.dense.batchnorm=true", "--set", "training.batch_size=5", "--set", "training.epochs=2")
    (small / "table.csv").write_text(HEAD + "".join(ROWS.splitlines(keepends=True)[:35]))  # 21 training rows
    assert cli("train", "spec.yaml", *settings).code == 0


def test_a_pickled_array_is_refused(cli, small):
    np.savez(small / "data.npz", size=np.array([{}], dtype=object))
    outcome = cli("train", "spec.yaml", "--set", "data.path=data.npz")
    assert outcome.code == 4
    assert "data.npz" in outcome.err
