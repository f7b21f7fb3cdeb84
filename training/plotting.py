"""A plot of how probabilities hold what they say, as plain SVG."""

from collections.abc import Mapping, Sequence

SIDE = 320
EDGE = 44
COLOURS = ("#1b6ca8", "#b3261e", "#6a4c93", "#2e7d32", "#c77700", "#455a64")


def calibration_plot(held: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """For each label a line: said probability to the right, observed share upward; the dashes are what was meant."""
    width, height = SIDE + 2 * EDGE + 110, SIDE + 2 * EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        ' font-family="sans-serif" font-size="12">',
        "<title>Calibration of the six labels at the natural rate</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<path d="M{_x(0)} {_y(1)}V{_y(0)}H{_x(1)}" fill="none" stroke="#444"/>',
        f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#999" stroke-dasharray="4 4"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<text x="{_x(tick)}" y="{_y(0) + 16}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="{_x(0) - 6}" y="{_y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    parts.append(f'<text x="{_x(0.5)}" y="{_y(0) + 34}" text-anchor="middle">said</text>')
    parts.append(f'<text x="{_x(0)}" y="{_y(1) - 12}" text-anchor="middle">was so</text>')
    for place, (label, rows) in enumerate(held.items()):
        colour = COLOURS[place % len(COLOURS)]
        points = " ".join(f"{_x(row['said'])},{_y(row['was_so'])}" for row in rows)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{_x(1) + 10}" y="{_y(1) + 16 * place}" fill="{colour}">{label}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _x(value: float) -> float:
    return round(EDGE + value * SIDE, 1)


def _y(value: float) -> float:
    return round(EDGE + (1.0 - value) * SIDE, 1)
