#!/usr/bin/env bash
# kustomize 5.8.2 with Helm 4.3.2: null in `valuesInline` does not take a default of the chart away,
# though null in a values file given to Helm does.
#
# Behaviour: the chart's values.yaml has `limits: {cpu: 1, memory: 2}`. `helm template` with a file
# `limits: {cpu: null}` gives the template limits without cpu, as Helm documents it. The same as
# `valuesInline` of a kustomization leaves cpu: 1 in place: the null is lost while kustomize merges,
# and Helm fills the default in again. With `valuesMerge: replace` the null gets through.
#
# A good guess is otherwise: inline values should mean what the same values in a file mean.
#
# Output seen (.Values.limits):
#   helm, a file:            {"memory":2}
#   kustomize, inline:       {"cpu":1,"memory":2}
#   kustomize, replace:      {"memory":2}
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
GOBIN="$tmp" nice go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.2
GOBIN="$tmp" nice go install helm.sh/helm/v4/cmd/helm@v4.3.2
cd "$tmp"
export HELM_CACHE_HOME="$tmp/cache" HELM_CONFIG_HOME="$tmp/config" HELM_DATA_HOME="$tmp/data"
mkdir -p charts/app/templates
printf 'apiVersion: v2\nname: app\nversion: 1.0.0\n' >charts/app/Chart.yaml
printf 'limits: {cpu: 1, memory: 2}\n' >charts/app/values.yaml
cat >charts/app/templates/out.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: out}
data:
  got: {{ .Values.limits | toJson | squote }}
YAML
printf 'limits: {cpu: null}\n' >values.yaml

value() { sed -n "s/^  got: '\(.*\)'$/\1/p"; }
kustomize() { # more fields of the chart
  printf 'helmCharts:\n- name: app\n  releaseName: r\n  valuesInline: {limits: {cpu: null}}\n%s\n' "$1" >kustomization.yaml
  ./kustomize build --enable-helm --helm-command ./helm . | value
}

status=0
check() { # what, got, expected
  echo "$1: $2"
  if [ "$2" != "$3" ]; then
    echo "behaviour changed: $1 gave '$2', recorded '$3'" >&2
    status=1
  fi
}
check 'helm, a file' "$(./helm template r charts/app -f values.yaml | value)" '{"memory":2}'
check 'kustomize, inline' "$(kustomize '')" '{"cpu":1,"memory":2}'
check 'kustomize, replace' "$(kustomize '  valuesMerge: replace')" '{"memory":2}'
exit $status
