#!/usr/bin/env python3
"""Makes src/schema/built_in.txt: what strategic merge has to know of the built-in kinds.

usage: schema.py FOLDER > src/schema/built_in.txt

FOLDER is the `openapi` folder of sigs.k8s.io/kustomize/kyaml. Only types that hold a list with a patch strategy, or
lead to one, are kept. A line is a type: `number field=type … *=type` for a map, `number [] type strategy keys…` for a
list. Lines that begin with `kind` and `name` say which type a kind and a definition have. What is not kept is `-`, or left out.
"""
import gzip
import json
import sys

folder = sys.argv[1]
bundle = json.load(gzip.open(f"{folder}/kubernetesapi/data/kubernetes-openapi-union-v1.21.2.bundle-v1.json.gz"))
definitions = dict(bundle["definitions"])
definitions.update(json.load(open(f"{folder}/kustomizationapi/swagger.json"))["definitions"])


def follow(schema):
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rsplit("/", 1)[1]]
    return schema


numbers, order = {}, []


def number(schema):
    schema = follow(schema)
    key = id(schema)
    if key not in numbers:
        numbers[key] = len(order)
        order.append(schema)
        for child in children(schema):
            number(child[1])
    return numbers[key]


def children(schema):
    out = sorted(schema.get("properties", {}).items())
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        out.append(("*", extra))
    if schema.get("type") == "array":
        out.append(("[]", schema["items"]))
    return out


def is_list(schema):
    strategy = schema.get("x-kubernetes-patch-strategy", "")
    return schema.get("type") == "array" and "merge" in strategy.split(",")


kinds = {}
for name, schema in sorted(definitions.items()):
    for gvk in schema.get("x-kubernetes-group-version-kind", []):
        group, version = gvk.get("group", ""), gvk["version"]
        kinds[(f"{group}/{version}" if group else version, gvk["kind"])] = number(schema)

edges = [[numbers[id(follow(child))] for _, child in children(schema)] for schema in order]
kept = {at for at, schema in enumerate(order) if is_list(schema)}
while True:
    more = {at for at, to in enumerate(edges) if at not in kept and any(child in kept for child in to)}
    if not more:
        break
    kept |= more
again = {old: new for new, old in enumerate(sorted(kept))}
for (version, kind), at in sorted(kinds.items()):
    if at in again:
        print("kind", version, kind, again[at])
for name, schema in sorted(definitions.items()):
    if numbers.get(id(follow(schema))) in again:
        print("name", name, again[numbers[id(follow(schema))]])
for at in sorted(kept):
    schema = order[at]
    words = [str(again[at])]
    if schema.get("type") == "array":
        item = again.get(numbers[id(follow(schema["items"]))], "-")
        keys = []
        if is_list(schema):
            keys = schema.get("x-kubernetes-list-map-keys")
            if keys is None:
                keys = [schema["x-kubernetes-patch-merge-key"]] if "x-kubernetes-patch-merge-key" in schema else []
        words += ["[]", str(item), "merge" if is_list(schema) else "replace"] + keys
    else:
        for field, child in children(schema):
            to = again.get(numbers[id(follow(child))])
            if to is not None:
                words.append(f"{field}={to}")
    print(" ".join(words))
