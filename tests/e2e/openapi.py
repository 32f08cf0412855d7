"""Answers held against the daemon's own description of its interface (OpenAPI 3.0)."""

import functools
import json
import re
import subprocess

import jsonschema


def as_json_schema(schema):
    """OpenAPI's `nullable` in the words of JSON Schema, all the way down."""
    if isinstance(schema, list):
        return [as_json_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: as_json_schema(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


class Description:
    def __init__(self, binary):
        printed = subprocess.run([binary, "--openapi"], capture_output=True, text=True, check=True, timeout=20).stdout
        self.document = json.loads(printed)
        self.root = as_json_schema(self.document)
        self.patterns = [(re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path))), path)
                         for path in sorted(self.document["paths"], key=lambda path: path.count("{"))]

    def path_of(self, path):
        return next((template for pattern, template in self.patterns if pattern.fullmatch(path.split("?")[0])), None)

    @functools.cache
    def validator(self, *where):
        schema = self.root
        for key in where:
            schema = schema[key]
        resolver = jsonschema.RefResolver.from_schema(self.root)
        return jsonschema.Draft4Validator(schema, resolver=resolver)

    def check(self, method, path, status, content_type, value):
        """Raises what is wrong with an answer. What has no route is a problem like any other."""
        template = self.path_of(path)
        item = self.document["paths"].get(template, {}).get(method.lower())
        if not item:
            assert status >= 400, f"{method} {path} is not described, and answered {status}"
            self.validator("components", "schemas", "Problem").validate(value)
            return
        word = str(status) if str(status) in item["responses"] else "default"
        content = item["responses"][word]["content"]
        assert content_type in content, f"{method} {path}: {status} with {content_type}"
        assert word != "default" or status >= 400, f"{method} {path}: {status} is not described"
        if value is not None:
            self.validator("paths", template, method.lower(), "responses", word, "content", content_type,
                           "schema").validate(value)

    def routes(self):
        return {(method.upper(), path) for path, item in self.document["paths"].items() for method in item
                if method in ("get", "post", "put", "delete")}
