#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets into corpus/, from the examples, the conformance cases and the rules' pages."""

import hashlib
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SEPARATOR = b"\xff"
# As in lib.rs.
FILES = ["compose.yaml", "compose.override.yaml", ".env", "included.yaml", "app.env", "sub/compose.yaml"]


def seed(target, content):
    directory = HERE / "corpus" / target
    directory.mkdir(parents=True, exist_ok=True)
    (directory / hashlib.sha1(content).hexdigest()).write_bytes(content)


def project(files):
    """One project: its files by name. Names of its own are replaced by those that the targets know."""
    known = {name: content for name, content in files.items() if name in FILES}
    free = [name for name in FILES if name not in known]
    for name, content in files.items():
        if name in FILES:
            continue
        kind = [".env"] if name.endswith("env") else ["yaml"]
        place = next((free_name for free_name in free if any(part in free_name for part in kind)), None)
        if place is None:
            continue
        free.remove(place)
        known[place] = content
        bare = name.removeprefix("./").encode()
        known = {at: text.replace(bare, place.encode()) for at, text in known.items()}
    content = b"\0" + SEPARATOR.join(known.get(name, b"") for name in FILES).rstrip(SEPARATOR)
    for target in ("load", "convert"):
        seed(target, content)


def texts(name, content):
    if name.endswith((".yaml", ".yml")):
        seed("yaml", content)
    if name.endswith((".conf", ".ini", ".cnf")) or name.startswith(("prometheus", "ci.")):
        seed("conf", content)
    if name.endswith("env"):
        seed("dotenv", content)
    for line in content.splitlines():
        if b"$" in line:
            seed("template", line.strip())


for path in sorted((ROOT / "examples").rglob("*")):
    if path.suffix in (".yaml", ".yml", ".conf", ".ini", ".cnf") or path.name.endswith((".env", ".env.example")):
        texts(path.name.removesuffix(".example"), path.read_bytes())
        if "compose" in path.name:
            project({"compose.yaml": path.read_bytes()})

for path in sorted((ROOT / "tests/conformance/compose").glob("*.cases")):
    for case in re.split(rb"(?m)^=== .*\n", path.read_bytes())[1:]:
        files = {}
        for block in re.split(rb"(?m)^(?=@)", case):
            head, _, content = block.partition(b"\n")
            if head.startswith(b"@file "):
                name = head.removeprefix(b"@file ").decode().strip()
                files[name] = content
                texts(name, content)
        if files:
            project(files)

for path in [*(ROOT / "examples").rglob("Dockerfile"), *(ROOT / "tests/audit").rglob("Dockerfile")]:
    seed("dockerfile", path.read_bytes())
for block in re.findall(rb"(?ms)^```dockerfile\n(.*?)^```", (ROOT / "docs/rules.md").read_bytes()):
    seed("dockerfile", block)

manifests = [ROOT / "tests/validate/accepted.yaml", ROOT / "tests/validate/written/objects.yaml", *(ROOT / "tests/validate/cel").glob("*.yaml")]
for path in manifests:
    documents = path.read_bytes().split(b"\n---\n")
    for document in documents:
        seed("validate", b"\3" + SEPARATOR.join([document, b"", document]))
cel = ROOT / "tests/validate/cel"
for document in (cel / "objects.yaml").read_bytes().split(b"\n---\n"):
    seed("validate", b"\3" + document + SEPARATOR + (cel / "definitions.yaml").read_bytes())
definition = (ROOT / "tests/validate/definition.yaml").read_bytes()
seed("validate", b"\3" + definition + b"\n---\n" + (ROOT / "tests/validate/accepted.yaml").read_bytes().split(b"\n---\n")[-1] + SEPARATOR + definition)

for target in ("load", "convert", "validate", "conf", "yaml", "dockerfile", "dotenv", "template"):
    print(f"{target}: {len(list((HERE / 'corpus' / target).glob('*')))} seeds")
