#!/usr/bin/env python3
"""Writes CVSS vectors with their scores, as the PyPI package "cvss" (Red Hat) computes them.

    cvss-golden.py VERSION COUNT [SEED]

VERSION is 2.0, 3.0, 3.1 or 4.0. A line is "VECTOR TENTHS". For 2.0, 3.0 and 3.1 the score is the
base score; for 4.0 it is the one score there is. The files cvss-VERSION.txt beside this script are
its output with COUNT 200, below the examples of the specifications, which were typed by hand. Not
part of any build; needs `pip install cvss`.
"""
import random
import sys

from cvss import CVSS2, CVSS3, CVSS4, constants2, constants3, constants4

KINDS = {
    "2.0": (CVSS2, constants2, ""),
    "3.0": (CVSS3, constants3, "CVSS:3.0/"),
    "3.1": (CVSS3, constants3, "CVSS:3.1/"),
    "4.0": (CVSS4, constants4, "CVSS:4.0/"),
}


def vector(constants, prefix):
    optional = random.choice([0, 0, 0.3, 1])
    parts = []
    for metric, values in constants.METRICS_VALUE_NAMES.items():
        if metric in constants.METRICS_MANDATORY or random.random() < optional:
            parts.append(metric + ":" + random.choice(list(values)))
    if random.random() < 0.2:
        random.shuffle(parts)
    return prefix + "/".join(parts)


def main():
    version, count = sys.argv[1], int(sys.argv[2])
    random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    cls, constants, prefix = KINDS[version]
    for _ in range(count):
        text = vector(constants, prefix)
        print(text, round(float(cls(text).scores()[0]) * 10))


main()
