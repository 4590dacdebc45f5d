#!/usr/bin/env python3
"""Writes manual pages from what `--experimental-dump-help` says.

    manual.py FOLDER glow.json glowtrain.json

glow.1, a glow-VERB.1 for each verb, and glowtrain.1, in mdoc.
"""

import datetime
import json
import os
import re
import sys
import textwrap

# the release's time, so that a package built twice is the same
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0")) or None
DATE = (
    datetime.datetime.fromtimestamp(EPOCH, datetime.timezone.utc)
    if EPOCH
    else datetime.datetime.now(datetime.timezone.utc)
)

STATUS = [
    ("0", "Done."),
    ("1", "The model or the training gave values that are not finite."),
    ("64", "Usage: an option is wrong or contradicts another."),
    ("65", "Bad data: a file or folder does not hold what it should."),
    ("66", "Missing input."),
    ("73", "The output can't be written."),
    ("130", "Interrupted, after saving."),
]


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def prose(text):
    """A sentence begins a line; no line is longer than 78."""
    for sentence in re.split(r"(?<=[.?!]) +(?=[A-Z\-`(])", text.strip()):
        for line in textwrap.wrap(sentence, 72, break_long_words=False, break_on_hyphens=False):
            yield escaped(line)


def discussion(text):
    """Paragraphs and lists under capitals of a command's help."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = paragraph.split("\n")
        spaces = "  " if len(lines) == 1 else " +"
        listed = all(re.match(rf"[A-Z]{{3,}}{spaces}\S", line) for line in lines)
        if lines[0].isupper() and len(lines) > 1:
            yield from [".Pp", escaped(lines[0].capitalize()) + ":", ".Bd -literal -offset indent"]
            yield from (escaped(line.strip()) for line in lines[1:])
            yield ".Ed"
        elif listed:
            yield ".Bl -tag -width Ds"
            for line in lines:
                word, rest = line.split(None, 1)
                yield f".It {word.capitalize()}"
                yield from prose(rest)
            yield ".El"
        else:
            yield ".Pp"
            yield from prose(" ".join(lines))


def dashes(name):
    return f"Fl {name['name']}" if name["kind"] == "short" else f"Fl \\-{escaped(name['name'])}"


def shown(arguments):
    """What is listed; of `--x` and `--no-x` the first, which is said to have `inverse`."""
    rest = {a["preferredName"]["name"]: a for a in arguments if a["kind"] == "flag"}
    pairs = {name: rest[f"no-{name}"] for name in rest if f"no-{name}" in rest}
    inverses = [a["preferredName"]["name"] for a in pairs.values()]
    for a in arguments:
        name = a.get("preferredName", {}).get("name")
        if a["shouldDisplay"] and not (a["kind"] == "flag" and name in inverses):
            yield a | {"inverse": pairs.get(name) if a["kind"] == "flag" else None}


def usage(argument):
    value = f"Ar {escaped(argument.get('valueName', 'value'))}"
    if argument["kind"] == "positional":
        text = value
    else:
        text = dashes(argument["preferredName"])
        if argument["inverse"]:
            text += f" | {dashes(argument['inverse']['preferredName'])}"
        if argument["kind"] == "option":
            text += f" {value}"
    if argument["isRepeating"]:
        text += " ..."
    return f".Op {text}" if argument["isOptional"] else f".{text}"


def listed(arguments):
    yield ".Bl -tag -width Ds"
    for a in shown(arguments):
        value = f"Ar {escaped(a.get('valueName', 'value'))}"
        if a["kind"] == "positional":
            yield f".It {value}"
        else:
            both = a["names"] + (a["inverse"]["names"] if a["inverse"] else [])
            names = " , ".join(dashes(name) for name in both)
            yield f".It {names}" + (f" {value}" if a["kind"] == "option" else "")
        text = a.get("abstract", "")
        if a.get("allValues"):
            text += " One of " + ", ".join(a["allValues"]) + "."
        yield from prose(text) if text else [escaped(a.get("valueName", ""))]
    yield ".El"


def page(name, command, related):
    title = name.replace(" ", "-")
    yield f".Dd {DATE:%B} {DATE.day}, {DATE.year}"
    yield from [f".Dt {title.upper()} 1", ".Os"]
    yield from [".Sh NAME", f".Nm {escaped(title)}"]
    abstract = command["abstract"].rstrip(".")
    yield f".Nd {escaped(abstract[0].lower() + abstract[1:])}"
    yield from [".Sh SYNOPSIS", f".Nm {escaped(name)}"]
    verbs = [verb for verb in command.get("subcommands", []) if verb["commandName"] != "help"]
    yield from [".Ar verb", ".Op Ar options"] if verbs else map(usage, shown(command["arguments"]))
    yield ".Sh DESCRIPTION"
    yield from prose(command["abstract"])
    yield from discussion(command.get("discussion", ""))
    if verbs:
        yield from [".Pp", "The verbs are:", ".Bl -tag -width Ds"]
        for verb in verbs:
            yield f".It Xr glow-{verb['commandName']} 1"
            yield from prose(verb["abstract"])
        yield ".El"
    yield from [".Pp", "The options are:"]
    yield from listed(command["arguments"])
    yield from [".Sh EXIT STATUS", ".Bl -tag -width Ds"]
    for status, meaning in STATUS:
        yield f".It {status}"
        yield from prose(meaning)
    yield from [".El", ".Sh SEE ALSO"]
    others = sorted(other for other in related if other != title)
    yield from (f".Xr {o} 1" + (" ," if o != others[-1] else "") for o in others)


def main():
    folder, *dumps = sys.argv[1:]
    pages = {}
    for dump in dumps:
        with open(dump) as file:
            root = json.load(file)["command"]
        pages[root["commandName"]] = root
        for verb in root.get("subcommands", []):
            if verb["commandName"] != "help":
                pages[f"{root['commandName']} {verb['commandName']}"] = verb
    programs = [name for name in pages if " " not in name]
    os.makedirs(folder, exist_ok=True)
    for name, command in pages.items():
        path = os.path.join(folder, name.replace(" ", "-") + ".1")
        with open(path, "w") as file:
            file.write("\n".join(page(name, command, programs)) + "\n")


main()
