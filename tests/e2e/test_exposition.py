"""The strict reader accepts what the format says and refuses the rest."""

import unittest

from exposition import FormatError, families, series

HEAD = "# HELP a_total Help.\n# TYPE a_total counter\n"


class ExpositionTest(unittest.TestCase):
    def test_reads_labels_values_and_escapes(self):
        text = HEAD + 'a_total{x="1",y="back\\\\slash \\"quote\\" new\\nline } 5"} 18446744073709551615\n'
        labels = frozenset({("x", "1"), ("y", 'back\\slash "quote" new\nline } 5')})
        self.assertEqual(series(text), {("a_total", labels): "18446744073709551615"})
        self.assertEqual(series(HEAD + "a_total 0.5e-3\n"), {("a_total", frozenset()): "0.5e-3"})

    def test_reads_help_and_histograms(self):
        text = ("# HELP h Two\\nlines \\\\.\n# TYPE h histogram\n"
                'h_bucket{le="+Inf"} 1\nh_sum NaN\nh_count 1\n# TYPE g gauge\ng -Inf\n')
        read = families(text)
        self.assertEqual(read["h"].help, "Two\nlines \\.")
        self.assertEqual((read["h"].type, len(read["h"].samples)), ("histogram", 3))
        self.assertEqual(read["g"].samples, {("g", frozenset()): "-Inf"})
        self.assertEqual(series(""), {})

    def test_refuses_what_the_format_forbids(self):
        gauge = "# TYPE g gauge\n"
        for why, text in {
            "duplicate": gauge + 'g{a="1",b="2"} 1\ng{b="2",a="1"} 1\n',
            "no TYPE": "g 1\n",
            "another family's TYPE": gauge + "f 1\n",
            "TYPE after samples": gauge + "g 1\n# TYPE g gauge\n",
            "HELP after samples": gauge + "g 1\n# HELP g x\n",
            "not contiguous": gauge + "g 1\n# TYPE f gauge\nf 1\n# TYPE g gauge\n",
            "second TYPE": gauge + gauge + "g 1\n",
            "second HELP": "# HELP g x\n# HELP g x\n" + gauge,
            "unknown TYPE": "# TYPE g gouge\ng 1\n",
            "OpenMetrics": gauge + "g 1\n# EOF\n",
            "suffix of another type": gauge + "g_sum 1\n",
            "negative counter": "# TYPE c_total counter\nc_total -1\n",
            "timestamp": gauge + "g 1 1700000000000\n",
            "no value": gauge + "g \n",
            "word for a value": gauge + "g one\n",
            "hexadecimal": gauge + "g 0x1\n",
            "two spaces": gauge + "g  1\n",
            "name": "# TYPE 1g gauge\n1g 1\n",
            "label name": gauge + 'g{a-b="1"} 1\n',
            "label twice": gauge + 'g{a="1",a="2"} 1\n',
            "unknown escape": gauge + 'g{a="\\t"} 1\n',
            "unescaped quote": gauge + 'g{a="""} 1\n',
            "trailing comma": gauge + 'g{a="1",} 1\n',
            "space between labels": gauge + 'g{a="1", b="2"} 1\n',
            "no comma": gauge + 'g{a="1"b="2"} 1\n',
            "no last line end": gauge + "g 1",
            "empty line": gauge + "\ng 1\n",
            "carriage return": gauge + "g 1\r\n",
            "bad escape in HELP": "# HELP g a\\tb\n" + gauge,
        }.items():
            with self.subTest(why), self.assertRaises(FormatError):
                families(text)


if __name__ == "__main__":
    unittest.main()
