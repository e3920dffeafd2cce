"""Tests of the suite's own arithmetic and texts; `scripts/lint` runs them. Importing `main` reads every module."""
import json
import os
import tempfile
import unittest

from . import main, report, rows_flash, rows_growth, rows_redis
from .measure import Goal, Measurement, exceeded, median, number, of_rounds, paired_ratio, percentile, spread, table


class Arithmetic(unittest.TestCase):
    """Medians, spreads, ratios, percentiles."""

    def test_median_and_spread(self):
        self.assertEqual(median([3, 1, 2]), 2)
        self.assertEqual(median([4, 1, 2, 3]), 2.5)
        self.assertEqual(spread([3, 1, 2]), (1, 3))

    def test_ratio_is_that_of_the_rounds(self):
        # The second round was slow for both: its ratio is as good as any.
        self.assertEqual(paired_ratio([50, 10, 60], [100, 20, 100]), 0.5)
        self.assertIsNone(paired_ratio([1], [0]))

    def test_percentile(self):
        values = list(range(100))
        self.assertEqual((percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)), (50, 99, 99))
        self.assertEqual(percentile([7], 0.5), 7)


class Texts(unittest.TestCase):
    """What people and programs read."""

    def test_numbers(self):
        wanted = {0: "0", 1234567: "1,234,567", 123.4: "123", 12.34: "12.3", 1.234: "1.23", 0.75: "0.75", 0.0451: "0.045", 5: "5"}
        for value, text in wanted.items():
            self.assertEqual(number(value), text)

    def test_goals(self):
        self.assertTrue(Goal(0.75).is_reached(10, 0.75))
        self.assertFalse(Goal(0.75).is_reached(10, 0.74))
        self.assertIsNone(Goal(0.75).is_reached(10, None))
        self.assertTrue(Goal(5, of="value", at_most=True).is_reached(5, None))
        self.assertFalse(Goal(5, of="value", at_most=True).is_reached(5.1, None))
        self.assertEqual(Goal(0.75).text("s"), ">= 0.75 of it")
        self.assertEqual(Goal(5, of="value", at_most=True).text("s"), "<= 5 s")

    def test_json_line(self):
        line = json.loads(of_rounds("engine", [2, 4, 3], "events/s", "twin", [4, 4, 4], Goal(0.5), {"skus": 7}).json())
        self.assertEqual(list(line), ["name", "value", "unit", "ratio_to", "ratio", "config"])
        self.assertEqual((line["value"], line["ratio_to"], line["ratio"]), (3, "twin", 0.75))
        self.assertEqual(line["config"], {"rounds": 3, "skus": 7, "min": 2, "max": 4, "goal": ">= 0.5 of it", "reached": True})

    def test_table_is_aligned(self):
        lines = table([Measurement("kernel", 1500, "events/s", (1000, 2000)).cells(), Measurement("start", 4, "s").cells()])
        self.assertEqual(lines[1], "kernel  1,500 (1,000..2,000)  events/s")
        self.assertEqual(lines[2], "start   4                     s")

    def test_markdown_goes_to_its_place(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "RESULTS.md")
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
            for _ in range(2):
                report.write_markdown(path, report.markdown(["2 cores"], "benchmarks/run", [Measurement("start", 4, "s")], []))
            with open(path, encoding="utf-8") as file:
                text = file.read()
        self.assertTrue(text.startswith("before\n") and text.endswith("after\n"))
        self.assertNotIn("old", text)
        self.assertEqual(text.count("| start | 4 | s |"), 1)


class Thresholds(unittest.TestCase):
    """Counts above theirs."""

    def test_exceeded(self):
        self.assertEqual(exceeded({"decode": 5000}, {"decode": 5000}), [])
        self.assertEqual(exceeded({"decode": 5100}, {"decode": 5000}), ["decode: 5,100, the threshold is 5,000: 100 too many, 2.0 percent"])
        self.assertEqual(len(exceeded({"decode": 1}, {})), 1)
        self.assertEqual(len(exceeded({"decode": 1}, {"decode": 0})), 1)


class Data(unittest.TestCase):
    """What rows send, and how they draw."""

    def test_murmur2_is_that_of_java(self):
        wanted = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536, b"abc": 479470107}
        for key, value in wanted.items():
            self.assertEqual(rows_flash.murmur2(key), value & 0xFFFFFFFF)

    def test_lines_are_events(self):
        skus = rows_flash.skus_of_partition("hot", 3)
        self.assertEqual({rows_flash.partition_of(sku) for sku in skus}, {0})
        for lines in (rows_flash.receipts(skus, "m"), rows_flash.holds(skus, "m", 5), rows_flash.commits(skus, "m", 5)):
            for line in lines:
                key, value = line.split("\t")
                self.assertEqual(json.loads(value)["sku"], key)

    def test_command_is_encoded(self):
        self.assertEqual(rows_redis.encoded([b"HSET", b"k"]), b"*2\r\n$4\r\nHSET\r\n$1\r\nk\r\n")

    def test_plot(self):
        self.assertEqual(rows_growth.plot([("a", 10), ("bc", 5)], 4), [" a |#### 10", "bc |## 5"])


class CommandLine(unittest.TestCase):
    """What is chosen."""

    def test_rows_have_names(self):
        self.assertIn("counts", main.ROWS)
        options = main.parse(["--quick", "--only", "counts", "--only", "kernel"])
        self.assertEqual((options.quick, options.only), (True, ["counts", "kernel"]))


if __name__ == "__main__":
    unittest.main()
