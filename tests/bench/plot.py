"""A small plot as SVG: panels side by side, each with lines over the same x. The same numbers give the same file."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 420, 300  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 34, 44
COLORS = ["#777777", "#0b62a4", "#c0392b", "#2e8540", "#8e5aa8"]
FONT = 'font-family="sans-serif" font-size="12"'


def _step(most):
    """A round distance between about five lines up to `most`."""
    rough = most / 5
    power = 10 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def _text(x, y, text, anchor="middle", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {FONT}{more}>{escape(text)}</text>'


def _line(x1, y1, x2, y2, color):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"/>'


def _grid(title, ticks, top, step, to_x, to_y):
    parts = [_text(LEFT + (WIDTH - LEFT - RIGHT) / 2, 18, title, more=' font-weight="bold"')]
    for i in range(int(top / step + 0.5) + 1):
        y = to_y(i * step)
        parts += [_line(LEFT, y, WIDTH - RIGHT, y, "#dddddd"), _text(LEFT - 6, y + 4, f"{i * step:g}", "end")]
    parts += [_text(to_x(tick), HEIGHT - BOTTOM + 16, f"{tick:g}") for tick in ticks]
    parts.append(_text(LEFT + (WIDTH - LEFT - RIGHT) / 2, HEIGHT - 8, "guests"))
    return parts


def _panel(title, lines):
    """`lines`: {name: [(x, y)]}."""
    ticks = sorted({x for points in lines.values() for x, _ in points})
    most = max(y for points in lines.values() for _, y in points)
    step = _step(most)
    top = math.ceil(most / step) * step

    def to_x(x):
        return LEFT + x / ticks[-1] * (WIDTH - LEFT - RIGHT)

    def to_y(y):
        return HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)

    parts = _grid(title, ticks, top, step, to_x, to_y)
    for color, points in zip(COLORS, lines.values()):
        path = " ".join(f"{to_x(x):.1f},{to_y(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{to_x(x):.1f}" cy="{to_y(y):.1f}" r="3.5" fill="{color}"/>' for x, y in points]
    return parts


def _legend(names):
    """In one row below the panels."""
    parts, x = [], LEFT
    for color, name in zip(COLORS, names):
        parts += [f'<rect x="{x}" y="{HEIGHT + 6}" width="14" height="4" fill="{color}"/>',
                  _text(x + 20, HEIGHT + 12, name, "start")]
        x += 50 + 7 * len(name)
    return parts


def draw(panels):
    """`panels`: [(title, {name: [(x, y)]})], all with the same names. The text of the file."""
    width, height = WIDTH * len(panels), HEIGHT + 28
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">',
             f'<rect width="{width}" height="{height}" fill="#ffffff"/>']
    for number, (title, lines) in enumerate(panels):
        parts.append(f'<g transform="translate({number * WIDTH},0)">')
        parts += _panel(title, lines)
        parts.append("</g>")
    parts += _legend(panels[0][1])
    parts.append("</svg>")
    return "\n".join(parts) + "\n"
