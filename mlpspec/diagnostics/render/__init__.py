"""From diagnostics to text: `full` with source lines and carets, `concise` with one line each, `json` for machines."""

from mlpspec.diagnostics.render.concise import render_concise
from mlpspec.diagnostics.render.full import render_full
from mlpspec.diagnostics.render.json import diagnostic_to_json

__all__ = ["diagnostic_to_json", "render_concise", "render_full"]
