#!/usr/bin/env bash
# kustomize 5.8.2 with Helm 4.3.2: `--helm-kube-version` and `--helm-api-versions` count only where
# an entry of `helmCharts` says nothing of its own.
#
# Behaviour: an entry with `kubeVersion: 1.29.3` is rendered for 1.29.3, whatever the command line
# says; one without it is rendered for the version of the flag. The same holds for `apiVersions`:
# the entry's list is taken alone, and that of the flag is neither added nor put in its place.
#
# A good guess is otherwise: a flag on the command line is meant for this one build and goes before
# what the file says, as in Helm itself and as the comment in kustomize's own source has it.
#
# Output seen:
#   kubeVersion 1.29.3, flag 1.27.1: v1.29.3
#   no kubeVersion, flag 1.27.1: v1.27.1
#   apiVersions [a.example/v1], flag b.example/v1: a true, b false
#   no apiVersions, flag b.example/v1: a false, b true
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
GOBIN="$tmp" nice go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.2
GOBIN="$tmp" nice go install helm.sh/helm/v4/cmd/helm@v4.3.2
cd "$tmp"
export HELM_CACHE_HOME="$tmp/cache" HELM_CONFIG_HOME="$tmp/config" HELM_DATA_HOME="$tmp/data"
mkdir -p charts/app/templates
printf 'apiVersion: v2\nname: app\nversion: 1.0.0\n' >charts/app/Chart.yaml
printf 'x: 1\n' >charts/app/values.yaml
cat >charts/app/templates/out.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: out}
data:
  version: {{ .Capabilities.KubeVersion.Version }}
  apis: a {{ .Capabilities.APIVersions.Has "a.example/v1" }}, b {{ .Capabilities.APIVersions.Has "b.example/v1" }}
YAML

status=0
check() { # what, field of the output, expected, fields of the entry, flags
  printf 'helmCharts:\n- name: app\n  releaseName: r\n%s\n' "$4" >kustomization.yaml
  got=$(./kustomize build --enable-helm --helm-command ./helm "${@:5}" . | sed -n "s/^  $2: //p")
  echo "$1: $got"
  if [ "$got" != "$3" ]; then
    echo "behaviour changed: $1 gave '$got', recorded '$3'" >&2
    status=1
  fi
}
check 'kubeVersion 1.29.3, flag 1.27.1' version v1.29.3 '  kubeVersion: 1.29.3' --helm-kube-version 1.27.1
check 'no kubeVersion, flag 1.27.1' version v1.27.1 '' --helm-kube-version 1.27.1
check 'apiVersions [a.example/v1], flag b.example/v1' apis 'a true, b false' \
  '  apiVersions: [a.example/v1]' --helm-api-versions b.example/v1
check 'no apiVersions, flag b.example/v1' apis 'a false, b true' '' --helm-api-versions b.example/v1
exit $status
