#!/usr/bin/env bash
# Helm 3.22.0 and 4.3.2: a subchart's own default below a table of a table of `global` shows up in
# the parent chart and in the other subcharts; one level higher it does not.
#
# Behaviour: the parent sets `global: {db: {pool: {max: 10}}}`. Subchart `one` has the default
# `global: {db: {pool: {debug: true}}}`. All three charts then see debug: true. With both values
# directly in `db`, only `one` sees debug.
#
# A good guess is otherwise: the chart guide says that globals flow from the parent down, and that
# a subchart cannot influence its parent's values. The merge copies only the first level of each
# global table, and writes into deeper tables that parent and siblings share. A default of one
# dependency can so switch something on in another.
#
# Output seen (both versions; who sees debug):
#   global.db.pool: one parent two
#   global.db:      one
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/3" "$tmp/4"
GOBIN="$tmp/3" nice go install helm.sh/helm/v3/cmd/helm@v3.22.0
GOBIN="$tmp/4" nice go install helm.sh/helm/v4/cmd/helm@v4.3.2
cd "$tmp"
export HELM_CACHE_HOME="$tmp/cache" HELM_CONFIG_HOME="$tmp/config" HELM_DATA_HOME="$tmp/data"

chart() { # directory, name
  mkdir -p "$1/templates"
  printf 'apiVersion: v2\nname: %s\nversion: 1.0.0\n' "$2" >"$1/Chart.yaml"
  echo "$2: {{ .Values.global | toJson }}" >"$1/templates/out.yaml"
}
chart parent parent
chart parent/charts/one one
chart parent/charts/two two

status=0
check() { # helm, what, expected
  got=$("./$1/helm" template r parent | awk -F: '/debug/ {print $1}' | sort | paste -sd' ')
  echo "helm $1, $2: $got"
  if [ "$got" != "$3" ]; then
    echo "behaviour changed: helm $1, $2: debug seen by '$got', recorded '$3'" >&2
    status=1
  fi
}
echo 'global: {db: {pool: {max: 10}}}' >parent/values.yaml
echo 'global: {db: {pool: {debug: true}}}' >parent/charts/one/values.yaml
check 3 global.db.pool 'one parent two'
check 4 global.db.pool 'one parent two'
echo 'global: {db: {max: 10}}' >parent/values.yaml
echo 'global: {db: {debug: true}}' >parent/charts/one/values.yaml
check 3 global.db one
check 4 global.db one
exit $status
