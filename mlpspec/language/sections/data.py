"""The `data:` section."""

from __future__ import annotations

from typing import Annotated, Literal

from mlpspec.catalog.option import OneOrMany, Record, option


class Split(Record):
    """How the rows of one file are divided into training, validation and test rows."""

    train: float = option(default=0.7, minimum=0.0, maximum=1.0, doc="Share of the rows to learn from.", examples=(0.7,))
    validation: float = option(default=0.15, minimum=0.0, maximum=1.0, doc="Share of the rows to watch while learning.", examples=(0.15,))
    test: float = option(default=0.15, minimum=0.0, maximum=1.0, doc="Share of the rows kept for the final judgement.", examples=(0.15,))
    stratify: str | None = option(
        default=None, doc="A target or column of classes: every part gets the same share of each class.", examples=("species",)
    )
    column: str | None = option(
        default=None, doc="A column with the words `train`, `validation`, `test` that says where each row belongs.", examples=("split",)
    )
    group: str | None = option(
        default=None,
        doc="A column that names groups, such as patients: the rows of a group stay together. Shares are met as nearly as that allows.",
        examples=("patient",),
    )
    time: str | None = option(
        default=None,
        doc="A column of times, or of numbers that rise with time: training rows come first, then validation rows, then test rows.",
        examples=("date",),
    )
    folds: int | None = option(
        default=None,
        minimum=2,
        maximum=10_000,
        doc="Train so many times, each time with another part of the rows held out as the test part (cross-validation). The rows that are "
        "not held out are divided into training and validation rows in the proportion of `train` and `validation`. With `time`, what is "
        "held out always comes after what is learnt from.",
        examples=(5,),
    )
    fold: int | None = option(
        default=None, minimum=1, doc="Train with this one of the `folds` only, counted from 1. Default: all.", examples=(1,)
    )
    seed: int | None = option(
        default=None,
        minimum=0,
        maximum=2**63 - 1,
        doc="Start of the random numbers that divide the rows. Default: the spec's `seed`.",
        examples=(1,),
    )


class Data(Record):
    """Where the rows come from and how they are divided: one file or folder and `split`, or one for each part."""

    path: str | None = option(
        default=None, doc="The data file, or a folder of data files; `split` divides its rows.", examples=("data/penguins.csv",)
    )
    train: str | None = option(
        default=None, doc="The file or folder with the training rows, where each part has its own.", examples=("data/train.csv",)
    )
    validation: str | None = option(default=None, doc="The file with the validation rows.", examples=("data/validation.csv",))
    test: str | None = option(default=None, doc="The file with the test rows.", examples=("data/test.csv",))
    format: Literal["csv", "parquet", "arrow", "npz"] | None = option(
        default=None, doc="What the files are. Default: told by their suffix.", examples=("csv",)
    )
    separator: str | None = option(
        default=None,
        pattern=r"^[\t !#-~]$",
        doc="What stands between the cells of a CSV file. Default: a comma; a tab in `.tsv`.",
        examples=(";",),
    )
    missing: Annotated[tuple[str, ...], OneOrMany] = option(
        default=("",), doc="Texts that mean a missing value. An empty cell always does.", examples=(["", "NA"],)
    )
    split: Split = option(default=Split(), doc="How the rows of `path` are divided.")
    streaming: bool = option(
        default=False,
        doc="For data that does not fit into memory: encode it once into files, block by block, and train from those. Each row is given to "
        "a part by a random number of its own, preprocessing is fitted to a sample of at most 1,000,000 training rows, and rows are "
        "shuffled in chunks.",
    )

    @property
    def has_validation_rows(self) -> bool:
        """Whether rows are meant to be watched while learning; a column of parts may turn out to have none."""
        if self.train is not None:
            return self.validation is not None
        return self.split.column is not None or self.split.validation > 0
