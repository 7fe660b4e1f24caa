"""Whether a picture can be drawn. matplotlib is the extra `plot`, and imported when something is drawn."""

from __future__ import annotations

from pathlib import Path


class PlotUnavailable(ValueError):
    """matplotlib is not installed, or does not know the format."""


def check_plot(path: Path) -> None:
    """Raise `PlotUnavailable` if the picture cannot be drawn: better before measuring than afterwards."""
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError as error:
        hint = "pip install 'libprocess-py[plot]'"
        raise PlotUnavailable(f"--plot: expected matplotlib, which `{hint}` brings") from error
    known = FigureCanvasBase.get_supported_filetypes()
    if path.suffix.removeprefix(".") not in known:
        raise PlotUnavailable(f"--plot: {path.name!r} should end in one of .{', .'.join(sorted(known))}")
