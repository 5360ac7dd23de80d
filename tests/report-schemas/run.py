"""Validates one report against the schema of its format.

    run.py SCHEMA REPORT

The schema is JSON Schema or, by its extension, XML Schema. Prints what is wrong, a line each, and exits with 1 when something is.
"""

import json
import sys

import jsonschema
import xmlschema

schema, report = sys.argv[1:]
if schema.endswith(".xsd"):
    wrong = [f"{error.path}: {error.reason}" for error in xmlschema.XMLSchema(schema).iter_errors(report)]
else:
    with open(schema, encoding="utf-8") as schema_file, open(report, encoding="utf-8") as report_file:
        validator = jsonschema.Draft4Validator(json.load(schema_file))
        wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(json.load(report_file))]
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
