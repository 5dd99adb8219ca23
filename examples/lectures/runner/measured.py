"""Experiments that are measured rather than drawn: signal flow, regularization, gradient descent."""

from __future__ import annotations

from runner.charts import by_epoch, by_layer, by_variant
from runner.measure import both, signals, trained
from runner.probes import sharpness, unit_spread
from runner.topic import Topic

SIGMOID = ("vars.activation=sigmoid", "vars.initializer=glorot_normal")
RELU = ("vars.activation=relu", "vars.initializer=he_normal")

vanishing = Topic(
    title="nine sigmoid layers against nine ReLU layers",
    spec="vanishing/vanishing.yaml",
    variants={"sigmoid": SIGMOID, "ReLU": RELU},
    measure=both(signals, trained()),
    figures=("first gradient", "last gradient", "training loss", "accuracy"),
    claims={
        "through sigmoids the gradient loses at least three quarters in each of the eight layers, with Glorot's weights": lambda found: (
            found.mean("sigmoid", "first gradient") <= 0.25**8 * found.mean("sigmoid", "last gradient")
        ),
        "through ReLUs with He's weights the first layer's gradient is within a factor of five of the last one's": lambda found: (
            0.2 < found.mean("ReLU", "first gradient") / found.mean("ReLU", "last gradient") < 5
        ),
        "ReLUs learn (accuracy above 0.9), sigmoids do not (below 0.2)": lambda found: (
            found.mean("ReLU", "accuracy") > 0.9 and found.mean("sigmoid", "accuracy") < 0.2
        ),
    },
    chart=by_layer(
        "Gradient of the weights before the first step",
        "Root mean square over each layer's weights, mean of the seeds: level for ReLU, falling by far for sigmoid.",
        "gradient",
        ("ReLU", "sigmoid"),
        y_title="gradient",
        log=True,
    ),
)

initialization = Topic(
    title="ten tanh layers from weights that are too small, too large, and Glorot's",
    spec="initialization/initialization.yaml",
    variants={
        "normal 0.01": ("vars.initializer={normal: 0.01}",),
        "normal 1.0": ("vars.initializer={normal: 1.0}",),
        "Glorot": ("vars.initializer=glorot_normal",),
    },
    measure=both(signals, trained()),
    figures=("first activation", "last activation", "saturated share", "accuracy"),
    claims={
        "from 0.01 the signal all but vanishes: the tenth layer's is below a millionth": lambda found: (
            found.mean("normal 0.01", "last activation") < 1e-6
        ),
        "from 1.0 most units of the tenth layer are saturated": lambda found: found.mean("normal 1.0", "saturated share") > 0.5,
        "Glorot's weights keep at least a quarter of the signal to the tenth layer, and no unit is saturated": lambda found: (
            found.mean("Glorot", "last activation") > 0.25 * found.mean("Glorot", "first activation")
            and found.mean("Glorot", "saturated share") == 0
        ),
        "only Glorot's weights learn well: more accurate than both others by more than two standard errors": lambda found: all(
            found.clearly_more("Glorot", other, "accuracy") for other in ("normal 0.01", "normal 1.0")
        ),
    },
    chart=by_layer(
        "Activations before the first step",
        "Root mean square of each layer's outputs, mean of the seeds: vanishing from 0.01, saturated from 1.0, kept by Glorot.",
        "activation",
        ("normal 1.0", "Glorot", "normal 0.01"),
        y_title="activation",
        log=True,
    ),
)

BATCHNORM = {
    f"{'batch norm' if norm else 'plain'}, rate {rate}": (f"vars.batchnorm={str(norm).lower()}", f"vars.rate={rate}")
    for norm in (False, True)
    for rate in (0.1, 1.0, 3.0)
}

batchnorm = Topic(
    title="batch norm allows a high learning rate",
    spec="batchnorm/batchnorm.yaml",
    variants=BATCHNORM,
    measure=trained(),
    figures=("training loss", "accuracy", "diverged"),
    claims={
        "at the moderate rate both learn (accuracy above 0.9)": lambda found: all(
            found.mean(f"{name}, rate 0.1", "accuracy") > 0.9 for name in ("plain", "batch norm")
        ),
        "at the high rates the plain network fails (below 0.5), the one with batch norm learns (above 0.9)": lambda found: all(
            found.mean(f"batch norm, rate {rate}", "accuracy") > 0.9
            and (not found.mean(f"plain, rate {rate}", "accuracy") >= 0.5)  # NaN, a run that got nowhere, counts as failed
            for rate in (1.0, 3.0)
        ),
        "with batch norm the first epoch at rate 1.0 brings more than at 0.1": lambda found: (
            found.curve("batch norm, rate 1.0", "validation.accuracy")[0] > found.curve("batch norm, rate 0.1", "validation.accuracy")[0]
        ),
    },
    chart=by_epoch(
        "Accuracy on held-out rows",
        "Mean of the seeds. At rate 0.1 both networks learn, at 1.0 and 3.0 only the one with batch norm.",
        "validation.accuracy",
        ("batch norm, rate 0.1", "batch norm, rate 1.0", "batch norm, rate 3.0", "plain, rate 0.1", "plain, rate 1.0", "plain, rate 3.0"),
        y_title="accuracy",
        top=1.0,
    ),
)

dropout = Topic(
    title="dropout against overfitting",
    spec="dropout/dropout.yaml",
    variants={"without": ("vars.dropout=0.0",), "dropout 0.5": ("vars.dropout=0.5",)},
    measure=trained(),
    figures=("training loss", "loss", "r2"),
    claims={
        "with dropout the training loss ends higher": lambda found: found.clearly_more("dropout 0.5", "without", "training loss"),
        "and the loss on held-out rows lower": lambda found: found.clearly_more("without", "dropout 0.5", "loss"),
        "and its answers explain more of the variance (R²)": lambda found: found.clearly_more("dropout 0.5", "without", "r2"),
    },
    chart=by_epoch(
        "Loss on held-out rows",
        "Mean of the seeds; 221 patients to learn from, 221 held out.",
        "validation.loss",
        ("without", "dropout 0.5"),
        y_title="loss",
    ),
    seeds=5,
)

FULL, HALF = 40, 20
LOW, HIGH = 0.02, 0.12
"""The ends of a cycle, a factor of six apart as on CIFAR-10 in Smith 2017, whose fixed rate is the lower one."""


def schedule(epochs: int, rate: float, text: str) -> tuple[str, ...]:
    """Settings for so many epochs under a schedule."""
    return f"training.epochs={epochs}", f"training.optimizer.sgd.learning_rate={rate}", f"training.schedule={text}"


def cyclical(policy: str, extra: str = "") -> str:
    """A cyclical schedule with cycles of ten epochs, so that full and half runs both end at the end of a cycle."""
    return f"{{cyclical: {{policy: {policy}, lowest: {LOW / HIGH:.4f}, step_size: 5{extra}}}}}"


SCHEDULES = {
    "fixed low": lambda epochs: (LOW, "constant"),
    "fixed high": lambda epochs: (HIGH, "constant"),
    "exponential": lambda epochs: (LOW, f"{{exponential: {3 / epochs}}}"),  # 5% of the rate is left at the end
    "decay": lambda epochs: (HIGH, f"{{multi_step: {{milestones: [5], gamma: {LOW / HIGH:.4f}}}}}"),
    "triangular": lambda epochs: (HIGH, cyclical("triangular")),
    "triangular2": lambda epochs: (HIGH, cyclical("triangular2")),
    "exp_range": lambda epochs: (HIGH, cyclical("exp_range", f", gamma: {0.08 ** (1 / epochs):.4f}")),  # 8% of the height is left
}

schedules = Topic(
    title="cyclical rates against fixed and decayed ones, at all steps and at half of them",
    spec="schedules/schedules.yaml",
    variants={f"{name}, {epochs} epochs": schedule(epochs, *write(epochs)) for epochs in (FULL, HALF) for name, write in SCHEDULES.items()},
    measure=trained(),
    figures=("updates", "training loss", "loss", "accuracy"),
    claims={
        "triangular2 at half the steps is as accurate as fixed low at all steps (within 0.2 points)": lambda found: found.no_worse(
            "triangular2, 20 epochs", "fixed low, 40 epochs", "accuracy", margin=0.002
        ),
        "at half the steps triangular2 is more accurate than the decay by more than two standard errors": lambda found: found.clearly_more(
            "triangular2, 20 epochs", "decay, 20 epochs", "accuracy"
        ),
        "at all steps exponential is less accurate than fixed low by more than two standard errors": lambda found: found.clearly_more(
            "fixed low, 40 epochs", "exponential, 40 epochs", "accuracy"
        ),
        "exp_range at all steps is at least as accurate as fixed low": lambda found: found.no_worse(
            "exp_range, 40 epochs", "fixed low, 40 epochs", "accuracy", margin=0.0
        ),
    },
    chart=by_variant(
        "Accuracy at the end, a dot for each seed",
        "Fixed (l, h), exponential (x), decayed (d) and cyclical (t, 2, r) rates after 40 epochs and after 20.",
        "accuracy",
        {
            f"{name}, {epochs} epochs": short + ("" if epochs == FULL else "½")
            for epochs in (FULL, HALF)
            for name, short in zip(SCHEDULES, ("l", "h", "x", "d", "t", "2", "r"), strict=True)
        },
        y_title="accuracy on held-out rows",
        x_title="schedule; ½: half the steps",
    ),
    seeds=5,
)

growth = Topic(
    title="growing the batch against lowering the rate",
    spec="batches/batches.yaml",
    variants={
        "neither": (),
        "lower rate": ("training.schedule={step: {size: 10, gamma: 0.5}}",),
        "growing batch": ("training.batch_size={growth: {start: 16, factor: 2, every: 10, maximum: 128}}",),
    },
    measure=trained(),
    figures=("updates", "training loss", "loss", "accuracy"),
    claims={
        "the growing batch is as accurate as the falling rate (within half a point)": lambda found: (
            abs(found.mean("growing batch", "accuracy") - found.mean("lower rate", "accuracy")) < 0.005
        ),
        "their training losses end within a fifth of each other": lambda found: (
            0.8 < found.mean("growing batch", "training loss") / found.mean("lower rate", "training loss") < 1.25
        ),
        "with fewer than half of the updates": lambda found: (
            found.mean("growing batch", "updates") < 0.5 * found.mean("lower rate", "updates")
        ),
    },
    chart=by_epoch(
        "Training loss",
        "Mean of the seeds: halving the rate and doubling the batch every ten epochs.",
        "train.loss",
        ("neither", "lower rate", "growing batch"),
        y_title="training loss",
        log=True,
    ),
    seeds=5,
)

large = Topic(
    title="large batches against small ones",
    spec="batches/batches.yaml",
    variants={
        f"{rows} rows": (f"training.batch_size={rows}", "training.optimizer={adam: 1e-3}", "training.epochs=100") for rows in (16, 512)
    },
    measure=trained(sharpness),
    figures=("updates", "training loss", "loss", "accuracy", "sharpness"),
    claims={
        "steps from 512 rows generalize worse than steps from 16: less accurate by more than two standard errors": lambda found: (
            found.clearly_more("16 rows", "512 rows", "accuracy")
        ),
        "and end in a sharper minimum: the training loss rises more when the weights are disturbed": lambda found: found.clearly_more(
            "512 rows", "16 rows", "sharpness"
        ),
    },
    chart=by_epoch(
        "Loss on held-out rows",
        "Mean of the seeds, Adam at the same rate, 100 epochs.",
        "validation.loss",
        ("16 rows", "512 rows"),
        y_title="loss on held-out rows",
    ),
    seeds=5,
)

symmetry = Topic(
    title="weights that are all equal stay equal",
    spec="symmetry/symmetry.yaml",
    variants={"all 0.1": (), "Glorot": ("vars.initializer=glorot_normal",)},
    measure=trained(unit_spread),
    figures=("spread between units", "training loss", "accuracy"),
    claims={
        "after training all 32 units still have the same weights, to float32's precision": lambda found: (
            found.mean("all 0.1", "spread between units") < 1e-4
        ),
        "they do the work of one: accuracy below 0.6, above 0.9 from Glorot's weights": lambda found: (
            found.mean("all 0.1", "accuracy") < 0.6 and found.mean("Glorot", "accuracy") > 0.9
        ),
    },
    chart=by_epoch(
        "Accuracy on held-out rows",
        "Mean of the seeds: 32 equal units against 32 different ones.",
        "validation.accuracy",
        ("Glorot", "all 0.1"),
        y_title="accuracy",
        top=1.0,
    ),
)

product = Topic(
    title="a product of a hundred random matrices",
    spec="product/product.yaml",
    variants={
        "normal 1.0": (),
        "normal 0.5": ("vars.initializer={normal: 0.5}",),
        "orthogonal": ("vars.initializer={orthogonal: 1.0}",),
    },
    measure=signals,
    figures=("first activation", "last activation"),
    claims={
        "with standard normal entries the signal explodes: more than 10^20 times as large": lambda found: (
            found.mean("normal 1.0", "last activation") > 1e20 * found.mean("normal 1.0", "first activation")
        ),
        "orthogonal matrices keep its size": lambda found: (
            abs(found.mean("orthogonal", "last activation") / found.mean("orthogonal", "first activation") - 1) < 1e-3
        ),
    },
    chart=by_layer(
        "Size of a signal on its way through a hundred 4 by 4 matrices",
        "Root mean square after each matrix, mean of the seeds.",
        "activation",
        ("normal 1.0", "orthogonal", "normal 0.5"),
        y_title="activation",
        log=True,
    ),
    seeds=5,
)

first_net = Topic(
    title="the first PyTorch network: 64 rows, 1000 to 100 to 10, 500 steps",
    spec="../../specs/course.yaml",
    variants={
        "Adam 1e-4": ("training.optimizer={adam: 1e-4}",),
        "SGD 1e-4": ("training.optimizer={sgd: 1e-4}",),
        "SGD 1e-6": ("training.optimizer={sgd: 1e-6}",),
    },
    measure=trained(),
    figures=("training loss",),
    claims={
        "at 1e-4 Adam and SGD learn the 64 rows by heart: the loss ends below a thousandth of where it began": lambda found: all(
            found.mean(name, "training loss") < 1e-3 * found.curve(name, "train.loss")[0] for name in ("Adam 1e-4", "SGD 1e-4")
        ),
        "at 1e-6 SGD only begins to": lambda found: (
            0.1 * found.curve("SGD 1e-6", "train.loss")[0]
            < found.mean("SGD 1e-6", "training loss")
            < found.curve("SGD 1e-6", "train.loss")[0]
        ),
    },
    chart=by_epoch(
        "Loss, a step an epoch",
        "Sum of squared errors over ten answers and 64 rows, mean of the seeds.",
        "train.loss",
        ("SGD 1e-6", "SGD 1e-4", "Adam 1e-4"),
        y_title="loss",
    ),
)

MEASURED = {
    "symmetry": symmetry,
    "product": product,
    "vanishing": vanishing,
    "initialization": initialization,
    "batchnorm": batchnorm,
    "dropout": dropout,
    "schedules": schedules,
    "growth": growth,
    "large": large,
    "first_net": first_net,
}
