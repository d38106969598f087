#!/usr/bin/env bash
# Helm 3.22.0 and 4.3.2: a values file of several YAML documents. Helm 3 reads the first and passes
# over the rest without a word; Helm 4 merges all of them, one over the other.
#
# Behaviour: the same is true of a file given with -f and of the chart's own values.yaml. A file
# that was harmless for years, with a second document that nobody reads, changes the output with
# the new version. Neither version warns.
#
# A good guess is otherwise: values are one document. Either the rest is an error, or the new
# version reads what the old one read.
#
# Output seen (.Values, with `a: 1` in the chart, and `b: 2`, `---`, `a: 9` in the file):
#   helm 3, -f of two documents: {"a":1,"b":2}
#   helm 4, -f of two documents: {"a":9,"b":2}
#   helm 3, values.yaml of two documents: {"b":2}
#   helm 4, values.yaml of two documents: {"a":9,"b":2}
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/3" "$tmp/4"
GOBIN="$tmp/3" nice go install helm.sh/helm/v3/cmd/helm@v3.22.0
GOBIN="$tmp/4" nice go install helm.sh/helm/v4/cmd/helm@v4.3.2
cd "$tmp"
export HELM_CACHE_HOME="$tmp/cache" HELM_CONFIG_HOME="$tmp/config" HELM_DATA_HOME="$tmp/data"
export KUBECONFIG="$tmp/none"
mkdir -p c/templates
printf 'apiVersion: v2\nname: c\nversion: 1.0.0\n' >c/Chart.yaml
cat >c/templates/out.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: out}
data:
  got: {{ .Values | toJson | squote }}
YAML
printf 'b: 2\n---\na: 9\n' >two.yaml

status=0
check() { # version, what, expected, arguments
  got=$("./$1/helm" template r c "${@:4}" 2>/dev/null | sed -n "s/^  got: '\(.*\)'$/\1/p")
  echo "helm $1, $2: $got"
  if [ "$got" != "$3" ]; then
    echo "behaviour changed: helm $1, $2 gave '$got', recorded '$3'" >&2
    status=1
  fi
}
printf 'a: 1\n' >c/values.yaml
check 3 '-f of two documents' '{"a":1,"b":2}' -f two.yaml
check 4 '-f of two documents' '{"a":9,"b":2}' -f two.yaml
cp two.yaml c/values.yaml
check 3 'values.yaml of two documents' '{"b":2}'
check 4 'values.yaml of two documents' '{"a":9,"b":2}'
exit $status
