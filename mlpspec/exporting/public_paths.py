"""The data files of a spec, as a model file may name them."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath, PureWindowsPath

from mlpspec.language.sections.data import Data


def public_paths(data: Data) -> dict[str, str]:
    """What stands in a model file for each absolute path of the section: the file's name, with as many folders as tell it from the others.

    Relative paths say nothing about the machine and stay.

    >>> public_paths(Data(train="/home/ann/one/rows.csv", test="/home/ann/two/rows.csv", validation="rows.csv"))
    {'/home/ann/one/rows.csv': 'one/rows.csv', '/home/ann/two/rows.csv': 'two/rows.csv'}
    """
    paths = {path: _parts(path) for path in (data.path, data.train, data.validation, data.test) if path is not None and _is_absolute(path)}
    taken = {path for path in (data.path, data.train, data.validation, data.test) if path is not None}
    for kept in range(1, max(map(len, paths.values()), default=0)):
        names = {path: "/".join(parts[-kept:]) for path, parts in paths.items()}
        if len({*names.values()}) == len(paths) and not taken & {*names.values()}:
            return names
    return {path: f"{part}.data" for part, path in vars(data).items() if path in paths}


def _is_absolute(path: str) -> bool:
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()


def _parts(path: str) -> tuple[str, ...]:
    windows: PurePath = PureWindowsPath(path)
    return (windows if windows.is_absolute() else PurePosixPath(path)).parts
