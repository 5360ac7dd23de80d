"""Validates manifests against Kubernetes' own schemas, strictly: a field that no schema knows is an error.

    run.py [--kube-version 1.36] PATH...

Prints one JSON object: {"valid": 3, "skipped": ["file: kind"], "errors": ["file: Kind/name: field: message"]}. What has no schema
(custom resources) is skipped. Exits with 1 on errors and with 2 when there was nothing to read.
"""

import argparse
import functools
import json
import pathlib
import sys

import jsonschema
import yaml
from kubernetes_validate import utils

# The package reads its schemas, several megabytes, again for each object.
utils.schema_contents = functools.lru_cache(maxsize=None)(utils.schema_contents)
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(LOADER):
    """Like the API server's strict decoding, refuses a key that stands twice."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def files(paths):
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml", ".json"))
        else:
            yield path


def items(document):
    """The objects of a document: itself, or those of a `List`."""
    if isinstance(document, dict) and document.get("kind") == "List":
        yield from document.get("items") or []
    else:
        yield document


def check(place, resource, version, result):
    if not isinstance(resource, dict) or not all(isinstance(resource.get(key), str) for key in ("apiVersion", "kind")):
        result["errors"].append(f"{place}: no Kubernetes object")
        return
    name = (resource.get("metadata") or {}).get("name")
    place = f"{place}: {resource['kind']}/{name}"
    try:
        utils.validate(resource, version, strict=True)
        result["valid"] += 1
    except utils.SchemaNotFoundError:
        result["skipped"].append(f"{place}: no schema")
    except jsonschema.ValidationError as error:
        path = ".".join(str(step) for step in error.absolute_path)
        result["errors"].append(f"{place}: {path}: {error.message}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--kube-version", default="1.36")
    arguments.add_argument("paths", nargs="+", type=pathlib.Path, metavar="PATH")
    arguments = arguments.parse_args()

    result = {"valid": 0, "skipped": [], "errors": []}
    for file in files(arguments.paths):
        try:
            documents = list(yaml.load_all(file.read_text(encoding="utf-8"), Loader=Loader))
        except yaml.YAMLError as error:
            result["errors"].append(f"{file}: {' '.join(str(error).split())}")
            continue
        for document in documents:
            if document is not None:
                for resource in items(document):
                    check(file, resource, arguments.kube_version, result)
    json.dump(result, sys.stdout)
    if result["errors"]:
        return 1
    return 0 if result["valid"] or result["skipped"] else 2


if __name__ == "__main__":
    sys.exit(main())
