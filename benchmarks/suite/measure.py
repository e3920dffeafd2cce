"""What a row measures, and the arithmetic on it. Pure functions; `tests` checks them."""
import dataclasses
import json
import statistics


class Missing(Exception):
    """Something that a row needs is not here: the message says what, and how to get it. The row is left out."""


class Failed(Exception):
    """A row could not be measured: the message says why."""


@dataclasses.dataclass(frozen=True)
class Goal:
    """What a row is to reach: a bound of its ratio to something else, or of the value itself."""

    bound: float
    of: str = "ratio"
    at_most: bool = False

    def is_reached(self, value, ratio):
        """True or False; None where there is nothing to compare."""
        measured = ratio if self.of == "ratio" else value
        if measured is None:
            return None
        return measured <= self.bound if self.at_most else measured >= self.bound

    def text(self, unit):
        """As the table shows it."""
        sign = "<=" if self.at_most else ">="
        return f"{sign} {number(self.bound)}" + (" of it" if self.of == "ratio" else f" {unit}")


@dataclasses.dataclass
class Measurement:
    """One line of the table."""

    name: str
    value: float
    unit: str
    spread: tuple = None
    ratio_to: str = None
    ratio: float = None
    goal: Goal = None
    config: dict = dataclasses.field(default_factory=dict)

    @property
    def reached(self):
        """"yes", "no", or nothing where there is no goal."""
        is_reached = self.goal.is_reached(self.value, self.ratio) if self.goal else None
        return {True: "yes", False: "no", None: ""}[is_reached]

    def json(self):
        """The line of the JSON file."""
        config = dict(self.config)
        if self.spread:
            config["min"], config["max"] = self.spread
        if self.goal:
            config["goal"], config["reached"] = self.goal.text(self.unit), self.reached == "yes"
        return json.dumps({
            "name": self.name, "value": self.value, "unit": self.unit,
            "ratio_to": self.ratio_to, "ratio": self.ratio, "config": config})

    def cells(self):
        """The cells of its line in the table."""
        value = number(self.value)
        if self.spread and self.spread[0] != self.spread[1]:
            value += f" ({number(self.spread[0])}..{number(self.spread[1])})"
        return [
            self.name, value, self.unit, self.ratio_to or "", "" if self.ratio is None else number(self.ratio),
            self.goal.text(self.unit) if self.goal else "", self.reached]


COLUMNS = ["name", "value", "unit", "beside", "ratio", "goal", "reached"]


def median(values):
    """The middle one; the mean of both where there are two."""
    return statistics.median(values)


def spread(values):
    """The least and the greatest."""
    return (min(values), max(values))


def paired_ratio(values, others):
    """The median of the ratios of each round: what disturbs a round disturbs both. None where one of them has no rounds."""
    pairs = [value / other for value, other in zip(values, others) if other]
    return median(pairs) if pairs else None


def of_rounds(name, values, unit, ratio_to=None, others=None, goal=None, config=None):
    """The measurement of a row's rounds, and beside what."""
    return Measurement(
        name, median(values), unit, spread(values), ratio_to, paired_ratio(values, others) if others else None, goal,
        {"rounds": len(values), **(config or {})})


def percentile(sorted_values, share):
    """The value below which this share of them lies."""
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def number(value):
    """A number as people read it: 1,234,567, 12.3, 0.045; three digits that count."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    digits = 1 if size >= 10 else 2 if size >= 1 else 3
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def table(rows, columns=None):
    """Lines of text with aligned columns."""
    lines = [columns or COLUMNS] + rows
    widths = [max(len(line[index]) for line in lines) for index in range(len(lines[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]


def markdown_table(rows):
    """The same for RESULTS.md."""
    lines = [COLUMNS, ["---"] * len(COLUMNS)] + rows
    return ["| " + " | ".join(line) + " |" for line in lines]


def exceeded(counts, thresholds):
    """Sentences on what is above its threshold, or has none."""
    problems = []
    for name, value in counts.items():
        bound = thresholds.get(name)
        if bound is None:
            problems.append(f"{name}: {number(value)}, and thresholds.json has no bound for it")
        elif value > bound:
            share = f", {100 * (value / bound - 1):.1f} percent" if bound else ""
            problems.append(f"{name}: {number(value)}, the threshold is {number(bound)}: {number(value - bound)} too many{share}")
    return problems
