"""Columns of categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, final

from mlpspec.catalog import vocabulary
from mlpspec.catalog.encoders.base import Encoder
from mlpspec.catalog.encoders.one_hot import OneHot
from mlpspec.catalog.inputs.base import InputType, column_count
from mlpspec.catalog.option import OneOrMany, option
from mlpspec.catalog.reading import Reading
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.fitted import FittedInput, RawType
from mlpspec.ir.graph import Operation
from mlpspec.ir.program import Chain
from mlpspec.ir.shape import Shape

if TYPE_CHECKING:
    from mlpspec.data.column import ColumnReader


@final
class Category(InputType):
    """Texts or whole numbers that name things. The categories that the training rows have are known, all others unknown.

    Values are taken exactly as they are written. Raw values: (batch, columns) texts, missing ones as ""; int64 for columns that hold
    whole numbers (in CSV everything is text), none of them missing, while `missing` is `error`. Each column has its own categories.
    """

    kind = "category"
    main = "columns"

    columns: Annotated[tuple[str, ...], OneOrMany] = option(
        default=(),
        doc="Columns to read; `*` matches any letters. Default: the column of the input's own name.",
        examples=("island",),
    )
    encode: Encoder = option(default=OneHot(), doc="How categories become numbers.", examples=("embedding",))
    missing: Literal["error", "own", "unknown", "most_frequent"] = option(
        default="error",
        doc="A missing value is refused, is a category of its own, counts as unknown, or as the most frequent category.",
        examples=("own",),
    )
    unseen: Literal["unknown", "error"] = option(
        default="unknown", doc="A category that the training rows do not have counts as unknown, or is refused."
    )
    categories: tuple[Any, ...] | None = option(
        default=None, min_items=1, doc="The known categories. Default: those of the training rows, sorted.", examples=(["S", "M", "L"],)
    )

    def problem(self) -> str | None:
        if self.categories is not None and len({str(category) for category in self.categories}) < len(self.categories):
            return "`categories` names one twice; write each once"
        if self.encode.hash_buckets is not None:
            return self._problem_with_hashing()
        return None

    def _problem_with_hashing(self) -> str | None:
        if self.categories is not None:
            return f"`encode: {self.encode.kind}` needs no list of categories; leave `categories` out, or use `encode: embedding`"
        if self.unseen == "error":
            return f"no whole number is unseen to `encode: {self.encode.kind}`; leave `unseen` out, or use `encode: embedding`"
        if self.missing != "error":
            return f"`encode: {self.encode.kind}` takes whole numbers, of which none can be missing; leave `missing` out"
        return None

    def reading(self, name: str) -> Reading:
        are_known = self.categories is not None or self.encode.hash_buckets is not None
        return Reading(self.columns or (name,), "other" if are_known else "values")

    def fit(self, name: str, reader: ColumnReader) -> FittedInput:
        columns = reader.expand(self.columns or (name,))
        if self.encode.hash_buckets is not None:
            return self._fit_hashed(name, columns, self.encode.hash_buckets, reader)
        values, type_ = reader.categories(columns, text=self.missing != "error")
        if self.missing == "error":
            reader.refuse_missing(columns, type_)
        reader.raise_problems()
        counts = [vocabulary.count(column) for column in values.T]
        known = [self._known(column, found, type_, reader) for column, found in zip(columns, counts, strict=True)]
        reader.raise_problems()
        sizes = [len(categories) for categories in known]
        chain = Chain(name)
        codes = [
            chain.step(
                "lookup", name, columns=len(columns), column=position, default=0, **self._table(known[position], counts[position], offset)
            )
            for position, offset in enumerate(self.encode.offsets(sizes))
        ]
        self.encode.program(chain, codes, sizes)
        facts = InputFacts(len(columns), self.encode.width(sizes), sum(sizes))
        return FittedInput(name, self.kind, columns, type_, chain.program(), facts, missing=self.missing, unseen=self.unseen)

    def _fit_hashed(self, name: str, columns: tuple[str, ...], buckets: int, reader: ColumnReader) -> FittedInput:
        help = "a model file cannot hash texts, as ONNX has no operator for it: number the categories, or use `encode: embedding`"
        reader.integers(columns, help=help)
        reader.raise_problems()
        sizes = [buckets] * len(columns)
        chain = Chain(name)
        codes = chain.step("hash", name, buckets=buckets, offsets=self.encode.offsets(sizes))
        self.encode.program(chain, [codes], sizes)
        facts = InputFacts(len(columns), self.encode.width(sizes), sum(sizes))
        return FittedInput(name, self.kind, columns, "int64", chain.program(), facts)

    def network_input(self, name: str, facts: InputFacts | None) -> tuple[Shape, str]:
        return self.encode.network_input(name, facts or self._declared_facts(name), column_count(name, self.columns))

    def operation(self, name: str, facts: InputFacts | None) -> Operation | None:
        return self.encode.operation(name, facts or self._declared_facts(name))

    def _declared_facts(self, name: str) -> InputFacts | None:
        """The facts where the spec alone tells them: the number of columns is certain, and that of the categories or buckets is written."""
        columns = column_count(name, self.columns)
        if not isinstance(columns, int):
            return None
        if self.encode.hash_buckets is not None:
            sizes = [self.encode.hash_buckets] * columns
            return InputFacts(columns, self.encode.width(sizes), sum(sizes))
        if self.categories is None:
            return None
        sizes = [len(self.categories) + (self.missing == "own" and "" not in self.categories)] * columns
        return InputFacts(columns, self.encode.width(sizes), sum(sizes))

    def _known(self, column: str, counts: dict[Any, int], type_: RawType, reader: ColumnReader) -> list[Any]:
        """The known categories of a column, in the order of their codes."""
        known = [value for value in counts if value != ""]
        if self.categories is not None:
            try:
                known = [vocabulary.as_raw(category, type_) for category in self.categories]
            except ValueError as error:
                reader.report("bad-cell", f"`categories`: {error}, and `{column}` holds whole numbers", help="write whole numbers")
        if self.missing == "own":
            return ["", *(category for category in known if category != "")]
        if not known:
            help = "leave the column out, or name its `categories`"
            reader.report("invalid-data", f"column `{column}` has no categories in the training rows", help=help)
        return known

    def _table(self, known: list[Any], counts: dict[Any, int], offset: int) -> dict[str, list[Any]]:
        """Keys and codes of a column's lookup."""
        codes = {category: offset + 1 + position for position, category in enumerate(known)}
        if self.missing == "most_frequent":
            codes[""] = codes[max(known, key=lambda category: counts.get(category, 0))]
        return {"keys": list(codes), "values": list(codes.values())}
