#!/usr/bin/env bash
# Helm 3.22.0 and 4.3.2: `helm template --generate-name CHART` generates no name; the release is
# called "release-name", as without the option.
#
# Behaviour: the option is taken without a warning and changes nothing in the output. It is not
# without meaning, though: beside a NAME it is refused, as it is in `helm install`. The related
# option --name-template does set the name in `helm template`, and in Helm 4 a dry run of
# `helm install --generate-name`, which needs no cluster either, makes a name with a number.
#
# A good guess is otherwise: the help of `helm template` says of the option that it generates the
# name. Two renderings meant for two releases of a generated name get the same names.
#
# Output seen (both versions, but the last line 4 only):
#   template c: release-name
#   template --generate-name c: release-name
#   template --name-template x-{{ "y" }} c: x-y
#   template --generate-name r c: Error: cannot set --generate-name and also specify a name
#   install --dry-run=client --generate-name c: c-NUMBER
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
  release: {{ .Release.Name }}
YAML

status=0
check() { # version, expected, arguments
  got=$("./$1/helm" "${@:3}" 2>&1 | sed -n 's/^  release: //p; /^Error: /p' |
    sed -E 's/^c-[0-9]+$/c-NUMBER/') || true
  echo "helm $1, ${*:3}: $got"
  if [ "$got" != "$2" ]; then
    echo "behaviour changed: helm $1 ${*:3} gave '$got', recorded '$2'" >&2
    status=1
  fi
}
for version in 3 4; do
  check $version release-name template c
  check $version release-name template --generate-name c
  check $version x-y template --name-template 'x-{{ "y" }}' c
  check $version 'Error: cannot set --generate-name and also specify a name' \
    template --generate-name r c
done
check 4 c-NUMBER install --dry-run=client --generate-name c
exit $status
