#!/usr/bin/python3
"""A manual page and its program's --help tell of the same flags and words, and mandoc has nothing to say.

    tests/man.py PROGRAM...    (exit code 1, and what is wrong on standard error)

In --help they begin a line after two blanks; in docs/man/NAME.SECTION they are items, `.It Fl -flag` and `.It Cm word`.
A collector, which has two flags, is a word in the page. Flags that stand below a word are those of `PROGRAM help word`."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def told(*command):
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    text = re.sub(r"^  --[a-z]+[.](\w+), --no-.*", r"  \1", text, flags=re.MULTILINE)
    return set(re.findall(r"^  ((?:--)?[a-z][a-z._-]*)", text, re.MULTILINE))


def told_by_help(program):
    """The words, each with its flags, and the program's own flags as those of a word that is empty."""
    everything = told(program, "--help")
    words = {word for word in everything if not word.startswith("--")}
    told_by = {word: told(program, "help", word) if "help" in words else set() for word in words}
    return told_by | {"": everything - words}


def told_by_page(page):
    told_by, word = {"": set()}, ""
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith(".It Cm "):
            word = line.split()[2]
            told_by[word] = set()
        elif line.startswith(".It Fl -"):
            told_by[word].add("-" + line.split()[2])
    return told_by


def wrong(program):
    name = pathlib.Path(program).name
    pages = sorted(ROOT.glob(f"docs/man/{name}.[18]"))
    if len(pages) != 1:
        yield f"docs/man: {len(pages)} pages for {name}"
        return
    by_help, by_page = told_by_help(program), told_by_page(pages[0])
    if not by_help[""]:
        yield f"{name} --help tells of no flag"
    for word in sorted(by_help.keys() | by_page.keys()):
        there, here = by_help.get(word), by_page.get(word)
        if there is None or here is None:
            yield f"{pages[0].name}: {word} is only in {'the page' if here is not None else '--help'}"
        elif there != here:
            yield f"{pages[0].name}: {word} {', '.join(sorted(there ^ here))} is only in one of page and help"
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
