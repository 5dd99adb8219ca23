"""`mlpspec doctor`."""

from __future__ import annotations

from mlpspec.cli.command import command
from mlpspec.cli.output import Output
from mlpspec.cli.table import aligned


@command("doctor", examples="mlpspec doctor\nmlpspec doctor --json")
def main(output: Output) -> int:
    """What this machine can do and why not: versions, GPU, plugins, write permission. Exit code 6 when something needs mending."""
    from mlpspec.catalog import families
    from mlpspec.catalog.plugins import plugin_problems
    from mlpspec.diagnostics import MachineError
    from mlpspec.runtime.doctor import examine

    report = examine()
    families()  # loads the plugins
    plugins = plugin_problems()
    rows = [
        ["mlpspec", report.mlpspec],
        ["Python", f"{report.python} on {report.platform}"],
        ["processor", f"{report.cpus} cores, {report.memory / 1e9:.1f} GB of memory"],
        ["ONNX Runtime", f"{report.onnxruntime or 'cannot be imported'}; built for {', '.join(report.providers)}"],
        *([name, version or "not installed"] for name, version in report.packages.items()),
        ["GPU", _gpus(report)],
        ["predict on GPU", f"no: {report.cuda_problem}" if report.cuda_problem else "yes"],
        ["this folder", report.folder_problem or f"{report.folder} can be written"],
    ]
    problems = [*report.problems, *([report.folder_problem] if report.folder_problem else [])]
    output.result(aligned(["", ""], rows, numeric_from=2).lstrip("\n"), {**report.to_json(), "plugins": [p.message for p in plugins]})
    output.warnings(plugins)
    if problems:
        output.warnings(MachineError(problem).diagnostics[0] for problem in problems)
    return 6 if problems or plugins else 0


def _gpus(report) -> str:  # noqa: ANN001  # a runtime.doctor.Report, imported only when the command runs
    if not report.gpus:
        return "none" + (f" (the driver runs CUDA {report.cuda})" if report.cuda else " (no NVIDIA driver)")
    return "; ".join(f"{gpu.name}, {gpu.memory / 1e9:.0f} GB, compute capability {gpu.capability}" for gpu in report.gpus)
