#!/usr/bin/env bash
# Helm 4.3.2 (Sprig 3.3.0): the template function `slice` with an end beyond the list may succeed
# and add nulls that were never in the list.
#
# Behaviour: for a list of three items from a values file, `slice .Values.three 0 4` is the three
# items and a null. For a list of five items, `slice .Values.five 0 7` is the five and two nulls.
# `len` of the lists is 3 and 5, and a slice up to `len` is the list itself.
#
# A good guess is otherwise: "take the first n" either refuses an end beyond the list or stops at
# the end. Sprig hands the indices to Go's slice expression, which is bounded by the capacity of
# the array behind the list and not by its length; the reader of the values file leaves room behind
# three and five items. The manifest then has nulls in a list, without a warning.
#
# Output seen:
#   three items, 0 to len: ["p","q","r"]
#   three items, 0 to 4:   ["p","q","r",null]
#   five items, 0 to len:  ["p","q","r","s","t"]
#   five items, 0 to 7:    ["p","q","r","s","t",null,null]
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
GOBIN="$tmp" nice go install helm.sh/helm/v4/cmd/helm@v4.3.2
cd "$tmp"
export HELM_CACHE_HOME="$tmp/cache" HELM_CONFIG_HOME="$tmp/config" HELM_DATA_HOME="$tmp/data"
mkdir -p app/templates
printf 'apiVersion: v2\nname: app\nversion: 1.0.0\n' >app/Chart.yaml
printf 'three: [p, q, r]\nfive: [p, q, r, s, t]\n' >app/values.yaml

status=0
check() { # what, list, end, expected
  echo "out: {{ slice $2 0 $3 | toJson }}" >app/templates/out.yaml
  got=$(./helm template r app | sed -n 's/^out: //p')
  echo "$1: $got"
  if [ "$got" != "$4" ]; then
    echo "behaviour changed: $1 gave '$got', recorded '$4'" >&2
    status=1
  fi
}
check 'three items, 0 to len' .Values.three '(len .Values.three)' '["p","q","r"]'
check 'three items, 0 to 4' .Values.three 4 '["p","q","r",null]'
check 'five items, 0 to len' .Values.five '(len .Values.five)' '["p","q","r","s","t"]'
check 'five items, 0 to 7' .Values.five 7 '["p","q","r","s","t",null,null]'
exit $status
