#!/usr/bin/env python3
"""Makes src/scopes.txt: which built-in kinds have namespaces (`n`) and which have none (`c`).

usage: scopes.py FOLDER > src/scopes.txt

FOLDER is the `openapi` folder of sigs.k8s.io/kustomize/kyaml.
"""
import re
import sys

source = open(f"{sys.argv[1]}/openapi.go").read()
for version, kind, namespaced in re.findall(r'\{APIVersion: "([^"]+)", Kind: "([^"]+)"\}:\s+(true|false)', source):
    print("n" if namespaced == "true" else "c", version, kind)
