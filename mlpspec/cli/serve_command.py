"""`mlpspec serve`."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any

import click

from mlpspec.cli.command import command, gpu_options
from mlpspec.cli.output import Output


@command(
    "serve",
    examples="mlpspec serve penguins.onnx\nmlpspec serve penguins.onnx --port 9000 --device cuda --max-batch 1024\n"
    'curl -d \'{"rows": [{"island": "Dream", ...}]}\' http://127.0.0.1:8000/predict',
)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on. There is no password: 0.0.0.0 is open to all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@click.option("--name", help="What the protocol calls the model. Default: the name in the file.")
@click.option("--device", default="auto", show_default=True, help="cuda, cuda:1, cpu or auto.")
@gpu_options
@click.option("--threads", type=click.IntRange(1), help="CPU threads that calculate. Default: one a core.")
@click.option("--max-batch", default=256, show_default=True, type=click.IntRange(1), help="Rows that go through the model at once.")
@click.option(
    "--max-delay-ms",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 10_000),
    help="How long a request may wait for others.",
)
@click.option("--max-queue", default=1024, show_default=True, type=click.IntRange(1), help="Requests that may wait; more get 503.")
@click.option("--max-body-mib", default=16.0, show_default=True, type=click.FloatRange(0.001), help="Size of a request; more gets 413.")
@click.option(
    "--timeout", default=30.0, show_default=True, type=click.FloatRange(0.001), help="Seconds for a body to arrive, and to be answered."
)
@click.option("--drain", default=0.0, show_default=True, type=click.FloatRange(0), help="Seconds to go on answering after SIGTERM.")
def main(
    output: Output,
    model: Path,
    host: str,
    port: int,
    name: str | None,
    device: str,
    gpu: dict[str, Any],
    threads: int | None,
    max_batch: int,
    max_delay_ms: float,
    max_queue: int,
    max_body_mib: float,
    timeout: float,
    drain: float,
) -> None:
    """Answer over HTTP: the Open Inference Protocol v2 at /v2, plain rows at /predict, Prometheus at /metrics, until Ctrl-C or SIGTERM."""
    from mlpspec.serving.extra import require_serving

    require_serving()

    from mlpspec.runtime.predictor import Predictor
    from mlpspec.serving.options import ServeOptions
    from mlpspec.serving.server import ModelServer
    from mlpspec.serving.warm_up import warm_up

    body = round(max_body_mib * 2**20)
    options = ServeOptions(
        max_batch=max_batch,
        max_delay=max_delay_ms / 1000,
        max_queue=max_queue,
        max_body=body,
        max_bodies=16 * body,
        timeout=timeout,
        drain=drain,
    )
    predictor = Predictor(model, device=device, threads=threads, **gpu)
    output.warnings(predictor.device.warnings)
    warm_up(predictor, max_batch)

    def ready() -> None:
        output.note(f"serving {server.name} at {server.url} on {predictor.device}")
        output.result("", {"url": server.url, "model": server.name, "device": str(predictor.device)})
        sys.stdout.flush()

    def fault(error: Exception) -> None:
        output.note(f"a fault in mlpspec: {type(error).__name__}: {error}")
        if output.debug:
            traceback.print_exception(error)

    server = ModelServer(predictor, host=host, port=port, name=name, options=options, ready=ready, fault=fault)
    server.run()
