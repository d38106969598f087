#!/usr/bin/env bash
# kustomize 5.8.2 with Helm 4.3.2: the same values.yaml of a chart means something else once the
# kustomization adds `valuesInline`, also for values that it does not name.
#
# Behaviour: without `valuesInline` Helm reads the chart's values.yaml itself, by YAML 1.1: `on: yes`
# is the boolean true, a date stays the text that it is. With any `valuesInline`, kustomize reads the
# file first, by the rules of go-yaml v3, merges and writes it again: `yes` is now the text "yes", and
# the date has become a time of day.
#
# A good guess is otherwise: adding one value should leave all others as they are. A template with
# `{{ if eq .Values.flag true }}`, or one that prints the date, changes its output.
#
# Output seen (kind and value of .Values.flag, then .Values.date):
#   alone:       bool true, 2020-01-02
#   with inline: string yes, 2020-01-02T00:00:00Z
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
GOBIN="$tmp" nice go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.2
GOBIN="$tmp" nice go install helm.sh/helm/v4/cmd/helm@v4.3.2
cd "$tmp"
export HELM_CACHE_HOME="$tmp/cache" HELM_CONFIG_HOME="$tmp/config" HELM_DATA_HOME="$tmp/data"
mkdir -p charts/app/templates
printf 'apiVersion: v2\nname: app\nversion: 1.0.0\n' >charts/app/Chart.yaml
printf 'flag: yes\ndate: 2020-01-02\n' >charts/app/values.yaml
cat >charts/app/templates/out.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: out}
data:
  got: {{ printf "%s %v, %v" (kindOf .Values.flag) .Values.flag .Values.date | quote }}
YAML

got() { # more fields of the chart
  printf 'helmCharts:\n- name: app\n  releaseName: r\n%s\n' "$1" >kustomization.yaml
  ./kustomize build --enable-helm --helm-command ./helm . | awk -F': ' '$1 == "  got" {print $2}'
}

status=0
check() { # what, got, expected
  echo "$1: $2"
  if [ "$2" != "$3" ]; then
    echo "behaviour changed: $1 gave '$2', recorded '$3'" >&2
    status=1
  fi
}
check 'alone' "$(got '')" 'bool true, 2020-01-02'
check 'with inline' "$(got '  valuesInline: {other: 1}')" 'string yes, 2020-01-02T00:00:00Z'
exit $status
