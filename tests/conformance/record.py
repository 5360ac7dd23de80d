#!/usr/bin/env python3
"""Writes docker compose's verdicts into compose/*.cases (see README.md). Usage: record.py [--check] DOCKER-COMPOSE [FILE…]"""

import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent / "compose"
DIRECTORY = "/srv/project"


def parse(text):
    """Prose, then cases: a title and sections, each a head line and its body."""
    prose, cases = [], []
    for line in text.splitlines():
        if line.startswith("==="):
            cases.append((line[3:].strip(), []))
        elif not cases:
            prose.append(line)
        elif line.startswith("@"):
            cases[-1][1].append((line[1:].strip(), []))
        elif cases[-1][1]:
            cases[-1][1][-1][1].append(line)
        elif line.strip():
            sys.exit(f"text before the first section: {line}")
    return prose, cases


def written(prose, cases):
    out = list(prose)
    for title, sections in cases:
        while out and not out[-1].strip():
            out.pop()
        out += [""] if out else []
        out.append(f"=== {title}")
        for head, body in sections:
            out.append(f"@{head}")
            out += body
    while out and not out[-1].strip():
        out.pop()
    return "\n".join(out) + "\n"


def content(body):
    """A file's text: its lines, without the empty ones that only separate cases."""
    lines = list(body)
    while lines and not lines[-1]:
        lines.pop()
    return "".join(line + "\n" for line in lines)


def verdict(program, sections):
    with tempfile.TemporaryDirectory() as root:
        root = os.path.realpath(root)
        directory = root + DIRECTORY
        os.makedirs(directory)
        environment = {"HOME": "/home/user", "PATH": os.environ["PATH"]}
        arguments = []
        for head, body in sections:
            kind, _, rest = head.partition(" ")
            if kind == "file":
                path = root + rest if rest.startswith("/") else os.path.normpath(os.path.join(directory, rest))
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8", newline="") as file:
                    file.write(content(body))
            elif kind == "env":
                name, equals, value = rest.partition("=")
                if equals:
                    environment[name] = value
                else:
                    environment.pop(name, None)
            elif kind == "args":
                arguments += shlex.split(rest)
        done = subprocess.run(
            [program, *arguments, "config", "--format", "json"], cwd=directory, env=environment, capture_output=True, text=True
        )
        if done.returncode != 0:
            return None, done.stderr.replace(root, "").strip()
        return json.loads(done.stdout.replace(root, "")), ""


def pretty(value, indent=0, width=140):
    """JSON with short values on one line."""
    flat = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if len(flat) + indent <= width or not isinstance(value, (dict, list)) or not value:
        return flat
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        items = [
            f"{inner}{json.dumps(key, ensure_ascii=False)}: {pretty(value[key], indent + 2, width - len(key) - 4)}"
            for key in sorted(value)
        ]
        return "{\n" + ",\n".join(items) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(inner + pretty(item, indent + 2, width) for item in value) + "\n" + " " * indent + "]"


def main(arguments):
    check = "--check" in arguments
    program, *names = [argument for argument in arguments if argument != "--check"]
    program = os.path.abspath(program)
    paths = [pathlib.Path(name) for name in names] or sorted(HERE.glob("*.cases"))
    accepted = refused = different = 0
    for path in paths:
        prose, cases = parse(path.read_text(encoding="utf-8"))
        for index, (title, sections) in enumerate(cases):
            heads = [head.split(" ")[0] for head, _ in sections]
            if "ours" in heads:
                continue
            config, error = verdict(program, sections)
            old = [section for section in sections if section[0] in ("config", "error")]
            kept = [section for section in sections if section[0] not in ("config", "error")]
            if config is None:
                refused += 1
                new = old if old and old[0][0] == "error" else [("error", [])]
                if "-v" in os.environ.get("RECORD", ""):
                    print(f"{path.name}: {title}: {error.splitlines()[-1]}")
            else:
                accepted += 1
                same = old and old[0][0] == "config" and json.loads("\n".join(old[0][1])) == config
                new = old if same else [("config", pretty(config).splitlines())]
            if new != old:
                different += 1
                print(f"{path.name}: {title}: {'accepted' if config is not None else 'refused: ' + error}")
            cases[index] = (title, kept + new)
        if not check:
            path.write_text(written(prose, cases), encoding="utf-8")
    print(f"{accepted} accepted, {refused} refused, {different} new or different")
    return 1 if check and different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
