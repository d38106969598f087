#!/usr/bin/env bash
# Helm 3.22.0 and 4.3.2: `--set 'env[0].value='` sets `env: []`, without an item and without an
# error; with another assignment of the same argument before or behind it, the item is there.
#
# Behaviour: an empty value is the empty text in `--set value=` and `--set 'env[0]='`. As a field
# of a new list item it is too, but only if the argument goes on behind it. At the end of the
# argument the new item is lost, be it the first of the list or the second.
#
# A good guess is otherwise: the same path with any other value, `env[0].value=1`, makes the item,
# and `value=` shows that empty means the empty text. A variable that happens to be empty on a build
# server is enough to hit it: `--set "env[0].value=$UNSET"`.
#
# Output seen (both versions, .Values as JSON):
#   value=                          {"value":""}
#   env[0]=                         {"env":[""]}
#   env[0].value=1                  {"env":[{"value":1}]}
#   env[0].value=                   {"env":[]}
#   env[0].value=,env[0].name=n     {"env":[{"name":"n","value":""}]}
#   env[0].name=n,env[0].value=     {"env":[{"name":"n","value":""}]}
#   env[0].name=n,env[1].value=     {"env":[{"name":"n"}]}
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/3" "$tmp/4"
GOBIN="$tmp/3" nice go install helm.sh/helm/v3/cmd/helm@v3.22.0
GOBIN="$tmp/4" nice go install helm.sh/helm/v4/cmd/helm@v4.3.2
cd "$tmp"
export HELM_CACHE_HOME="$tmp/cache" HELM_CONFIG_HOME="$tmp/config" HELM_DATA_HOME="$tmp/data"
mkdir -p app/templates
printf 'apiVersion: v2\nname: app\nversion: 1.0.0\n' >app/Chart.yaml
echo 'values: {{ .Values | toJson }}' >app/templates/out.yaml

status=0
check() { # argument of --set, expected
  for version in 3 4; do
    got=$("./$version/helm" template r app --set "$1" | sed -n 's/^values: //p')
    echo "helm $version, $1: $got"
    if [ "$got" != "$2" ]; then
      echo "behaviour changed: helm $version --set '$1' gave '$got', recorded '$2'" >&2
      status=1
    fi
  done
}
check 'value=' '{"value":""}'
check 'env[0]=' '{"env":[""]}'
check 'env[0].value=1' '{"env":[{"value":1}]}'
check 'env[0].value=' '{"env":[]}'
check 'env[0].value=,env[0].name=n' '{"env":[{"name":"n","value":""}]}'
check 'env[0].name=n,env[0].value=' '{"env":[{"name":"n","value":""}]}'
check 'env[0].name=n,env[1].value=' '{"env":[{"name":"n"}]}'
exit $status
