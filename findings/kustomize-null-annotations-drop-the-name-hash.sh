#!/usr/bin/env bash
# kustomize 5.8.2: a strategic merge patch with `annotations: null` takes the hash off a generated
# name and cuts the references to a name that prefixes have changed.
#
# Behaviour: (1) a configMapGenerator makes `settings`; a patch sets `metadata.annotations: null`
# on it. The generated name loses its content hash. (2) A base with `namePrefix: a-` has a
# ConfigMap and a Pod that uses it; an overlay patches the ConfigMap with `annotations: null` and
# adds `namePrefix: b-`. The ConfigMap becomes b-a-settings, while the Pod asks for `settings` as
# its file has it, so that it refers to an object that does not exist.
#
# A good guess is otherwise: the objects have no annotations that a user could see, so the patch
# should change nothing. kustomize keeps its own notes (needs a hash, earlier names) as annotations
# on the object during the build, and the patch removes them with the rest.
#
# Output seen:
#   hash, no null:      settings-HASH
#   hash, null:         settings
#   reference, no null: b-a-settings, the Pod uses b-a-settings
#   reference, null:    b-a-settings, the Pod uses settings
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
GOBIN="$tmp" nice go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.2
cd "$tmp"
mkdir hash base overlay

patch() { # the value of metadata
  cat <<YAML
patches:
- patch: |
    apiVersion: v1
    kind: ConfigMap
    metadata: $1
    data: {extra: "x"}
YAML
}
pod='{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: settings}}]}]}}'

hash() {
  {
    echo 'configMapGenerator: [{name: settings, literals: [a=b]}]'
    patch "$1"
  } >hash/kustomization.yaml
  ./kustomize build hash | awk '$1 == "name:" {print $2}' | sed -E 's/-[a-z0-9]{10}$/-HASH/'
}

printf 'namePrefix: a-\nresources: [settings.yaml, pod.yaml]\n' >base/kustomization.yaml
echo '{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: b}}' >base/settings.yaml
echo "$pod" >base/pod.yaml
reference() {
  {
    printf 'namePrefix: b-\nresources: [../base]\n'
    patch "$1"
  } >overlay/kustomization.yaml
  ./kustomize build overlay >out.yaml
  defined=$(awk '$1 == "name:" && $2 ~ /settings/ {print $2; exit}' out.yaml)
  used=$(awk '/configMapRef/ {getline; print $2}' out.yaml)
  echo "$defined, the Pod uses $used"
}

status=0
check() { # what, got, expected
  echo "$1: $2"
  if [ "$2" != "$3" ]; then
    echo "behaviour changed: $1 gave '$2', recorded '$3'" >&2
    status=1
  fi
}
check 'hash, no null' "$(hash '{name: settings}')" 'settings-HASH'
check 'hash, null' "$(hash '{name: settings, annotations: null}')" 'settings'
check 'reference, no null' "$(reference '{name: a-settings}')" 'b-a-settings, the Pod uses b-a-settings'
check 'reference, null' "$(reference '{name: a-settings, annotations: null}')" 'b-a-settings, the Pod uses settings'
exit $status
