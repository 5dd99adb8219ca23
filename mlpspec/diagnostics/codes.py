"""Every diagnostic code with its explanation: what `mlpspec explain CODE` prints. Codes name the problem."""

from __future__ import annotations

CODES: dict[str, str] = {
    # reading the text
    "yaml-syntax": "The text is not YAML. The caret stands where the parser gave up; the mistake is often on the line above it.",
    "encoding": "A spec is UTF-8 text. Save the file as UTF-8 (a byte order mark is fine).",
    "empty-spec": "The file holds no specification. `mlpspec init DATA --target COLUMN` writes one from a table.",
    "duplicate-key": "A key stands twice in one mapping. YAML readers keep one of them without a word; mlpspec asks you to choose.",
    "yaml-feature": "The spec uses a part of YAML that mlpspec does not read: a tag, a second document, an alias inside its own anchor.",
    "ambiguous-scalar": (
        "A number is not finite, or is written in a form that readers take differently (a leading zero, underscores, out of "
        "range). Write it plainly, or quote it if it is text."
    ),
    "too-large": "The spec is beyond the reader's limits on bytes, depth, nodes or digits. These stop damaged and hostile files early.",
    "not-a-key": "Keys are text. A key that reads as a number, a boolean or null must be quoted.",
    # the meaning of the text
    "unknown-option": (
        "A key that this place does not have. Unknown keys are errors at every depth, so that no setting is lost to a typing mistake."
    ),
    "unknown-name": "A name that the catalog, or the spec, does not know.",
    "missing-option": "A required option is not written.",
    "wrong-type": "The value has another type than the option takes: text where a number is wanted, and so on.",
    "out-of-range": "The value lies outside the bounds of the option.",
    "wrong-form": "The value has the right type but a form the option does not take.",
    "one-entry": "A layer, activation or other catalog entry is one name with its options. Two names in one mapping are two entries.",
    "undefined-variable": "A `$name` stands in the spec, and `vars:` does not define it. `$$` starts a text with a dollar.",
    "unused-variable": "A variable of `vars:` is used nowhere. It may be a typing mistake in its name, or left over.",
    "bad-override": "A `--set path=value` does not fit the spec.",
    "invalid-spec": "The spec contradicts itself.",
    "unsafe-path": (
        "A path in a spec leads outside the folder of the spec and the folder you are in, or to the network. "
        "`--allow-outside` permits the former."
    ),
    "unsupported-version": "The spec is written in a language version that this mlpspec does not read.",
    # the graph
    "duplicate-name": "Two layers or inputs have the same name. Names must be unique, so that `from:` is certain.",
    "unknown-source": "`from:` names something that is neither an input nor an earlier layer.",
    "shape-mismatch": "The shapes that meet at a layer do not fit.",
    "unused-layer": "A layer's output reaches no head, so it can learn nothing.",
    "unused-input": "An input is read by no layer.",
    "missing-head": "A target has no head, or a head has no target.",
    "loss-mismatch": "A loss, a metric or an activation does not suit the target.",
    "double-activation": "A softmax or sigmoid stands before the head; the loss applies its own, and learning becomes slow.",
    "too-many-parameters": "The model has more parameters than the budget. A misplaced zero is the usual reason.",
    "no-dropout": (
        "The spread of answers under dropout is asked for (`uncertainty: mc_dropout`), and a target has no dropout before its head, or "
        "one that cannot be drawn in advance."
    ),
    # data
    "invalid-data": "The data cannot be used as it is.",
    "missing-data": "A data file does not exist or is empty.",
    "missing-column": "The data lacks a column that the spec reads.",
    "bad-header": "The header has empty, repeated or space-padded names.",
    "ragged-row": "A row has more or fewer cells than the header.",
    "bad-cell": "A cell cannot be read as what its column is declared to be.",
    "missing-value": "A value is missing in a column that does not say what to do then (`missing:`).",
    "unseen-category": "A category that the training rows do not have.",
    "bad-split": "The rows cannot be divided as `split` says.",
    "no-temperature": (
        "No temperature calibrates the probabilities best: the validation rows are answered without a mistake, so that more confidence is "
        "always better, or the answers say nothing about the truth, so that less is."
    ),
    "sampled": "Data that is streamed is too much to look at all of it for this: a random sample of its rows was taken.",
    "suspicious-data": "The data can be used, but looks as if something is wrong with it.",
    # files, machine, checks
    "invalid-model-file": "The file is not a model that mlpspec or ONNX Runtime can read.",
    "unsafe-model-file": "The file tries to reach outside itself, or is of a kind that can run code. It was not opened.",
    "invalid-run": "The run folder is incomplete or does not belong to this spec.",
    "machine": "The machine lacks something that was asked for.",
    "no-gpu": "The GPU was asked for by name and cannot be used. mlpspec does not quietly use the CPU instead.",
    "cannot-write": "A file or folder cannot be written.",
    "missing-package": "An optional package is not installed.",
    "tracker-failed": "A tracker of `training.logging` raised an error or did not answer. It was left out; the run is whole.",
    "plugin-failed": "An installed plugin could not be loaded.",
    "check-failed": "A check that guards the result failed.",
    "no-onnx": "An operation of a plugin's layer has no form in ONNX. No file was left.",
    "parity": "The exported model does not give what the trained pipeline gives. No file was left.",
    "precision": "The network cannot be exported at the precision that was asked for. No file was left.",
    "metric-drop": (
        "At the precision that was asked for, a metric is worse by more than `export.max_metric_drop` allows (0.01 unless written). `mae` "
        "and `rmse` count as a share of their value, all other metrics as they are. No file was left."
    ),
    "undefined-figure": "A figure has no value for the rows it was asked for, such as the area under the curve with one class only.",
    "non-finite-loss": "The loss became NaN or infinite. Usual reasons: the learning rate is too high, or inputs are not scaled.",
    "stopped": "The work was stopped by a signal: after saving, where the command can save, else without a trace.",
    # serving
    "bad-request": "A request to `mlpspec serve` has another form than the protocol's; `place` names the field.",
    "busy": "The server has as much to do as it may, or is stopping. The same request can be answered later.",
    "timed-out": "A request did not arrive, or was not answered, in the time that the server allows.",
    "usage": "The command line is wrong; `--help` shows the form.",
    "internal-error": "A fault in mlpspec itself. Please report it with the spec and the output of `--debug`.",
    "device": "Which device is used and why.",
    "ignored": "Something was left out on purpose and had no effect.",
}
