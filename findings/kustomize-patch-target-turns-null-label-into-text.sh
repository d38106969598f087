#!/usr/bin/env bash
# kustomize 5.8.2: whether a strategic merge patch deletes a label or sets it to the text "null"
# depends on whether the patch entry has a `target`.
#
# Behaviour: the same patch, `metadata: {labels: {team: null}}`, is listed twice: once alone, so
# that its own kind and name select the object, and once with `target: {kind: ConfigMap}`. Alone it
# deletes the label. With a target the label stays, and its value is the four letters "null".
# A null under `data` in the same patch deletes in both cases.
#
# A good guess is otherwise: `target` only selects objects, and null deletes a map entry in every
# strategic merge patch. With a target, kustomize copies the patch for each object and rewrites the
# labels and annotations of the copy from a map of texts, where null is no longer null.
#
# Output seen (label `team`, then data key `gone`; "-" when absent):
#   without target: - -
#   with target:    "null" -
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
GOBIN="$tmp" nice go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.2
cd "$tmp"
mkdir alone target

cat >alone/settings.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {team: old, keep: me}}
data: {gone: x, stays: x}
YAML
cp alone/settings.yaml target/
patch='  patch: |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, labels: {team: null}}
    data: {gone: null}'
printf 'resources: [settings.yaml]\npatches:\n-%s\n' "${patch# }" >alone/kustomization.yaml
printf 'resources: [settings.yaml]\npatches:\n- target: {kind: ConfigMap}\n%s\n' "$patch" >target/kustomization.yaml

status=0
check() { # directory, expected
  ./kustomize build "$1" >out.yaml
  got=$(awk '$1 == "team:" {t = $2} $1 == "gone:" {g = $2}
    END {print (t == "" ? "-" : t), (g == "" ? "-" : g)}' out.yaml)
  echo "$1: $got"
  if [ "$got" != "$2" ]; then
    echo "behaviour changed: $1 gave '$got', recorded '$2'" >&2
    status=1
  fi
}
check alone '- -'
check target '"null" -'
exit $status
