#!/usr/bin/env python3
"""Makes src/config/defaults.txt: the field specs that kustomize brings.

usage: defaults.py FOLDER > src/config/defaults.txt

FOLDER is `api/internal/konfig/builtinpluginconsts` of sigs.k8s.io/kustomize. A line that begins with `[` opens a field
of the configuration, one that begins with `>` a kind that is referred to: `> group version kind`. The others are field
specs: `path group version kind create`, with `-` for what is empty.
"""
import re
import sys

folder = sys.argv[1]
texts = {}
for name in ["nameprefix", "namesuffix", "metadatalabels", "volumeclaimmetadatalabels", "commonlabels", "templatelabels",
             "commonannotations", "namespace", "varreference", "namereference", "images", "replicas"]:
    source = open(f"{folder}/{name}.go").read()
    for const, value in re.findall(r"(\w+) = ((?:`[^`]*`|\w+)(?:\s*\+\s*(?:`[^`]*`|\w+))*)", source):
        texts[const] = value


def text(value):
    parts = re.findall(r"`([^`]*)`|(\w+)", value)
    return "".join(literal if not const else text(texts[const]) for literal, const in parts)


def entry(lines):
    fields = dict(line.strip().lstrip("- ").split(": ", 1) for line in lines)
    get = lambda key: fields.get(key, "-").strip() or "-"
    return " ".join([get("path"), get("group"), get("version"), get("kind"), get("create") if get("create") == "true" else "-"])


for const in ["namePrefixFieldSpecs", "nameSuffixFieldSpecs", "commonLabelFieldSpecs", "templateLabelFieldSpecs",
              "volumeClaimTemplateLabelFieldSpecs", "commonAnnotationFieldSpecs", "namespaceFieldSpecs",
              "varReferenceFieldSpecs", "nameReferenceFieldSpecs", "imagesFieldSpecs", "replicasFieldSpecs"]:
    body = [line for line in text(texts[const]).split("\n") if line.strip()]
    print("[" + body[0].strip().rstrip(":"))
    groups, indents = [], []
    for line in body[1:]:
        if line.lstrip().startswith("- "):
            groups.append([line])
            indents.append(len(line) - len(line.lstrip()))
        else:
            groups[-1].append(line)
    for group, indent in zip(groups, indents):
        if any("fieldSpecs:" in line for line in group):
            fields = dict(line.strip().lstrip("- ").split(": ", 1) for line in group if "fieldSpecs:" not in line)
            print(">", fields.get("group", "-"), fields.get("version", "-"), fields["kind"])
        else:
            print(entry(group))
