#!/usr/bin/env bash
# kustomize 5.8.2: a JSON patch may add an annotation to an object that has no annotations, but not
# a label to one without labels, and the older field patchesJson6902 refuses the annotation too.
#
# Behaviour: the object has neither labels nor annotations. `add /metadata/annotations/x` under
# `patches` succeeds. `add /metadata/labels/x` under `patches` fails with "doc is missing path", as
# RFC 6902 demands of a missing parent. `add /metadata/annotations/x` under `patchesJson6902`
# fails as well, although the tool's own advice is to replace that field by `patches`.
#
# A good guess is otherwise: RFC 6902 treats all parents alike, and `kustomize edit fix` treats the
# two fields as equal. The `patches` transformer notes the earlier name of the object in an
# annotation before it runs the patch, so that the parent happens to exist.
#
# Output seen:
#   patches annotations:          x: v
#   patches labels:               doc is missing path: "/metadata/labels/x"
#   patchesJson6902 annotations:  doc is missing path: "/metadata/annotations/x"
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
GOBIN="$tmp" nice go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.2
cd "$tmp"
mkdir app
echo '{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: b}}' >app/settings.yaml

status=0
check() { # field of the kustomization, map in metadata, expected
  cat >app/kustomization.yaml <<YAML
resources: [settings.yaml]
$1:
- target: {version: v1, kind: ConfigMap, name: settings}
  patch: |
    [{"op": "add", "path": "/metadata/$2/x", "value": "v"}]
YAML
  got=$(./kustomize build app 2>&1 | grep -oE 'x: v$|doc is missing path: "[^"]*"' || true)
  echo "$1 $2: $got"
  if [ "$got" != "$3" ]; then
    echo "behaviour changed: $1 $2 gave '$got', recorded '$3'" >&2
    status=1
  fi
}
check patches annotations 'x: v'
check patches labels 'doc is missing path: "/metadata/labels/x"'
check patchesJson6902 annotations 'doc is missing path: "/metadata/annotations/x"'
exit $status
