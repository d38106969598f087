#!/usr/bin/env bash
# kustomize 5.8.2 with Helm 4.3.2: a chart that has no values.yaml, which Helm takes, cannot be an
# entry of `helmCharts`; and one whose values.yaml holds only comments cannot have `valuesInline`.
#
# Behaviour: kustomize takes the chart's values.yaml for a values file that is always there. Without
# it the build ends in an error of the file system; with one that is empty but for a comment it
# builds, until the entry has inline values: then merging them into nothing is an error.
#
# A good guess is otherwise: values.yaml is optional in a chart, and library-like charts and small
# charts of one's own often have none, or one that only explains.
#
# Output seen:
#   helm, no values.yaml: out
#   kustomize, no values.yaml: no such file or directory
#   kustomize, only a comment: out
#   kustomize, only a comment, inline values: could not parse values file into rnode: EOF
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
GOBIN="$tmp" nice go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.2
GOBIN="$tmp" nice go install helm.sh/helm/v4/cmd/helm@v4.3.2
cd "$tmp"
export HELM_CACHE_HOME="$tmp/cache" HELM_CONFIG_HOME="$tmp/config" HELM_DATA_HOME="$tmp/data"
mkdir -p charts/app/templates
printf 'apiVersion: v2\nname: app\nversion: 1.0.0\n' >charts/app/Chart.yaml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: out}\n' >charts/app/templates/out.yaml

said() { sed -nE 's/^ *(metadata: \{)?name: (out)\}?$/\2/p; s/.*(no such file or directory).*/\1/p; s/.*(could not parse values file into rnode: EOF).*/\1/p' | head -1; }
kustomize() { # more fields of the entry
  printf 'helmCharts:\n- name: app\n  releaseName: r\n%s\n' "$1" >kustomization.yaml
  { ./kustomize build --enable-helm --helm-command ./helm . 2>&1 || true; } | said
}

status=0
check() { # what, got, expected
  echo "$1: $2"
  if [ "$2" != "$3" ]; then
    echo "behaviour changed: $1 gave '$2', recorded '$3'" >&2
    status=1
  fi
}
check 'helm, no values.yaml' "$(./helm template r charts/app | said)" out
check 'kustomize, no values.yaml' "$(kustomize '')" 'no such file or directory'
printf '# nothing to set\n' >charts/app/values.yaml
check 'kustomize, only a comment' "$(kustomize '')" out
check 'kustomize, only a comment, inline values' "$(kustomize '  valuesInline: {a: 1}')" \
  'could not parse values file into rnode: EOF'
exit $status
