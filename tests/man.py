#!/usr/bin/python3
"""A manual page and its program's --help tell of the same flags and words, and mandoc has nothing to say.

    tests/man.py PROGRAM...    (exit code 1, and what is wrong on standard error)

In --help they begin a line after two blanks; in docs/man/NAME.SECTION they are items, `.It Fl -flag` and `.It Cm word`.
A collector, which has two flags, is a word in the page."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def told_by_help(program):
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    text = re.sub(r"^  --[a-z]+[.](\w+), --no-.*", r"  \1", text, flags=re.MULTILINE)
    return set(re.findall(r"^  ((?:--)?[a-z][a-z.-]*)", text, re.MULTILINE))


def told_by_page(page):
    text = page.read_text(encoding="utf-8")
    flags = re.findall(r"^\.It Fl (-[a-z.-]+)", text, re.MULTILINE)
    return {"-" + flag for flag in flags} | set(re.findall(r"^\.It Cm ([a-z-]+)", text, re.MULTILINE))


def wrong(program):
    name = pathlib.Path(program).name
    pages = sorted(ROOT.glob(f"docs/man/{name}.[18]"))
    if len(pages) != 1:
        yield f"docs/man: {len(pages)} pages for {name}"
        return
    help_words, page_words = told_by_help(program), told_by_page(pages[0])
    if not help_words:
        yield f"{name} --help tells of nothing"
    for word in sorted(help_words - page_words):
        yield f"{pages[0].name}: there is nothing about {word}"
    for word in sorted(page_words - help_words):
        yield f"{pages[0].name}: {word} is not in --help"
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", pages[0]], capture_output=True, text=True,
                          check=False)
    if lint.returncode:
        yield (lint.stdout + lint.stderr).strip()


def main(*programs):
    sentences = [sentence for program in programs for sentence in wrong(program)]
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return bool(sentences)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
