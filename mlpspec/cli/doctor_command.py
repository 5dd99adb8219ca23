"""`mlpspec doctor`."""

from __future__ import annotations

from dataclasses import asdict

import click

from mlpspec.cli.command import command
from mlpspec.cli.output import Output
from mlpspec.cli.table import aligned


@command("doctor", examples="mlpspec doctor\nmlpspec doctor --json\nmlpspec doctor --clear-cache")
@click.option("--clear-cache", is_flag=True, help="Delete the encoded rows that streamed data left in the cache, except those in use.")
def main(output: Output, clear_cache: bool) -> int:
    """What this machine can do and why not: versions, GPU, plugins, disk. Exit code 6 when something needs mending."""
    if clear_cache:
        return _clear(output)
    from mlpspec.catalog import families
    from mlpspec.catalog.plugins import plugin_problems
    from mlpspec.data.streaming.cache import contents
    from mlpspec.diagnostics import MachineError
    from mlpspec.runtime.doctor import examine

    report = examine()
    families()  # loads the plugins
    plugins, cache = plugin_problems(), contents()
    rows = [
        ["mlpspec", report.mlpspec],
        ["Python", f"{report.python} on {report.platform}"],
        ["processor", f"{report.cpus} cores, {report.memory / 1e9:.1f} GB of memory"],
        ["ONNX Runtime", f"{report.onnxruntime or 'cannot be imported'}; built for {', '.join(report.providers)}"],
        *([name, version or "not installed"] for name, version in report.packages.items()),
        ["GPU", _gpus(report)],
        ["predict on GPU", f"no: {report.cuda_problem}" if report.cuda_problem else "yes"],
        ["this folder", report.folder_problem or f"{report.folder} can be written"],
        ["data cache", f"{_entries(cache.entries)}, {_size(cache.bytes)}, in {cache.folder}; {_size(cache.free)} are free there"],
    ]
    problems = [*report.problems, *([report.folder_problem] if report.folder_problem else [])]
    more = {"plugins": [problem.message for problem in plugins], "data_cache": {**asdict(cache), "folder": str(cache.folder)}}
    output.result(aligned(["", ""], rows, numeric_from=2).lstrip("\n"), {**report.to_json(), **more})
    output.warnings(plugins)
    if problems:
        output.warnings(MachineError(problem).diagnostics[0] for problem in problems)
    return 6 if problems or plugins else 0


def _clear(output: Output) -> int:
    """Make room in the cache."""
    from mlpspec.data.streaming.cache import clear, entries_folder

    cleared = clear()
    kept = f"; {_entries(cleared.in_use)} in use stay{'s' if cleared.in_use == 1 else ''}" if cleared.in_use else ""
    text = f"deleted {_entries(cleared.removed)}, {_size(cleared.bytes)}, from {entries_folder()}{kept}"
    output.result(text, asdict(cleared))
    return 0


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _size(number: int) -> str:
    return f"{number / 1e9:,.1f} GB" if number >= 1e9 else f"{number / 1e6:,.1f} MB"


def _gpus(report) -> str:  # noqa: ANN001  # a runtime.doctor.Report, imported only when the command runs
    if not report.gpus:
        return "none" + (f" (the driver runs CUDA {report.cuda})" if report.cuda else " (no NVIDIA driver)")
    return "; ".join(f"{gpu.name}, {gpu.memory / 1e9:.0f} GB, compute capability {gpu.capability}" for gpu in report.gpus)
