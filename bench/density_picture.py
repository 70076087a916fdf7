"""The curve of `density.py` as an SVG: memory over the number of sleeping boxes, and below it how long each wake took."""

WIDTH, LEFT, RIGHT = 760, 64, 170
PANELS = {"memory": (48, 300), "wakes": (404, 150)}
LABEL_APART = 16
INK, FAINT = "#1f2933", "#d9dee4"
AWAKE, MEMORY, SWAP, WAKE = "#c2410c", "#1d4ed8", "#6d7f92", "#047857"


def ticks(top):
    """Round values from 0 to the top, at most seven."""
    step = next(base * 10 ** power for power in range(-1, 6) for base in (1, 2, 5) if top / (base * 10 ** power) <= 6)
    return [step * at for at in range(int(top / step) + 1)]


class Panel:
    def __init__(self, name, right_value, top_value):
        self.at, self.height = PANELS[name]
        self.right_value, self.top_value = right_value, top_value
        self.parts, self.labels = [], []

    def x(self, value):
        return LEFT + (WIDTH - LEFT - RIGHT) * value / self.right_value

    def y(self, value):
        return self.at + self.height * (1 - value / self.top_value)

    def text(self, x, y, words, color=INK, anchor="start"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" text-anchor="{anchor}">{words}</text>')

    def grid(self, unit):
        for value in ticks(self.top_value):
            self.parts.append(f'<path d="M{LEFT} {self.y(value):.1f}H{WIDTH - RIGHT}" stroke="{FAINT}"/>')
            self.text(LEFT - 8, self.y(value) + 4, f"{value:g}", anchor="end")
        for value in ticks(self.right_value):
            self.text(self.x(value), self.at + self.height + 18, f"{value:g}", anchor="middle")
        self.text(LEFT - 40, self.at - 14, unit)

    def line(self, points, color, name, dashes=""):
        path = "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)
        self.parts.append(f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="2.5" stroke-dasharray="{dashes}"/>')
        self.labels.append((self.y(points[-1][1]) + 4, name, color))

    def label_lines(self):
        """Names of lines at their ends, each below the one above it where two lines end close together."""
        lowest = 0
        for y, name, color in sorted(self.labels):
            lowest = max(y, lowest + LABEL_APART)
            self.text(WIDTH - RIGHT + 8, lowest, name, color)

    def dots(self, points, color):
        self.parts.extend(f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3" fill="{color}" fill-opacity="0.6"/>' for x, y in points)


def draw(rows, machine_gib):
    """`rows`: boxes, GiB of memory, GiB in swap, GiB if awake, milliseconds of each wake."""
    most = rows[-1][0]
    memory = Panel("memory", most, max(machine_gib * 1.08, *(row[3] for row in rows)))
    memory.grid("GiB")
    memory.line([(0, machine_gib), (most, machine_gib)], INK, "memory of the machine", "4 4")
    for column, color, name in (3, AWAKE, "if all were awake"), (2, SWAP, "in swap"), (1, MEMORY, "memory, asleep"):
        memory.line([(0, 0), *((row[0], row[column]) for row in rows)], color, name)
    memory.label_lines()
    took = [(row[0], one) for row in rows for one in row[4]]
    wakes = Panel("wakes", most, max(one for _, one in took) * 1.1)
    wakes.grid("milliseconds from the request to the first byte, each wake")
    wakes.dots(took, WAKE)
    wakes.text((LEFT + WIDTH - RIGHT) / 2, 594, "boxes asleep", anchor="middle")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} 608" font-family="system-ui, sans-serif" font-size="13">\n'
            f'<title>Sleeping boxes on one machine: memory, and how long each wake took</title>\n<rect width="100%" height="100%" fill="#fff"/>\n'
            + "\n".join(memory.parts + wakes.parts) + "\n</svg>\n")
