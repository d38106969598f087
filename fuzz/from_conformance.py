#!/usr/bin/env python3
"""Fills fuzz/corpus with inputs from the conformance data, which is in the folder WINDLASS_GOLDENS.

What comes from there stays out of the repository; without it the targets begin with fuzz/seeds alone.
"""

import hashlib
import json
import os
import re
from pathlib import Path

DATA = Path(os.environ["WINDLASS_GOLDENS"])
CORPUS = Path(__file__).parent / "corpus"
BYTES_MAX = 4096


def lines(name):
    with open(DATA / f"{name}.jsonl") as file:
        return [json.loads(line) for line in file]


def put(target, *parts, kind=""):
    data = (kind + "\f".join(parts)).encode()
    if len(data) > BYTES_MAX:
        return
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def three(*values):
    values = list(values) + [None] * 3
    put("structured", json.dumps(values[:3], separators=(",", ":")))
    put("merge", json.dumps(values[:3], separators=(",", ":")))


for row in lines("helm/vectors"):
    put("helm_template", row["template"], json.dumps(row.get("values", {})))

for args in (DATA / "helm/cases").glob("*/args.json"):
    for text in json.loads(args.read_text()).get("set", []):
        put("helm_chart", text, kind="00")

# Kustomizations of one folder, with the files called as the target calls them.
for case in (DATA / "kustomize").glob("*/in"):
    files = [path for path in case.rglob("*") if path.is_file()]
    if any(path.parent != case for path in files) or not (case / "kustomization.yaml").exists():
        continue
    others = sorted(path for path in files if path.name != "kustomization.yaml")
    names = ["a.yaml", "b.yaml", "patch.yaml", "base/kustomization.yaml", "base/c.yaml", "values.env"]
    try:
        text = (case / "kustomization.yaml").read_text()
        for path, name in zip(others, names):
            text = re.sub(rf"(?<![\w.-]){re.escape(path.name)}\b", name, text)
        put("kustomize", text, *[path.read_text() for path in others[: len(names)]])
    except UnicodeDecodeError:
        continue

for row in lines("diff/strategic"):
    three(row.get("original"), row.get("modified"), row.get("current"))
for row in lines("diff/json_merge_three_way"):
    three(row["original"], row["modified"], row["current"])
for row in lines("diff/rfc6902"):
    three(row.get("doc"), row.get("expected"), row.get("patch"))
for row in lines("diff/smd_typed"):
    three(row.get("lhs", row.get("object")), row.get("rhs", row.get("set")), row.get("out"))
for row in lines("diff/argo_diff"):
    three(row.get("config"), row.get("live"), row.get("predicted_live"))

for row in lines("source/semver"):
    texts = [row.get("constraint") or row.get("input") or "", row.get("version") or row.get("v1") or "", row.get("v2") or ""]
    if all(isinstance(text, str) for text in texts):
        put("small_grammars", *texts, kind="0")
for row in lines("source/gitignore"):
    patterns = "\n".join(pattern["pattern"] for pattern in row["patterns"])
    put("small_grammars", patterns, "/".join(row["path"]), kind="1")
for row in lines("envsubst/eval"):
    put("small_grammars", row["input"], " ".join(row["env"].values()), kind="3")

for row in lines("source/git_signatures"):
    put("signatures", row["raw"], kind="1" if row["object"] == "tag" else "0")
    put("signatures", row["public_key"], kind="6" if row["scheme"] == "ssh" else "4")
for row in lines("source/receivers"):
    if isinstance(row.get("body"), str):
        event = next((value for name, value in row["headers"].items() if "Event" in name), "")
        put("remote_documents", json.dumps(row["receiver"]), event, row["body"], json.dumps((row["resources"] or [{}])[0]), kind="6")
for row in lines("source/webhook_payloads"):
    for kind in "0123456789:;<=":
        put("remote_documents", "push", row["body"], kind="5" + kind)
