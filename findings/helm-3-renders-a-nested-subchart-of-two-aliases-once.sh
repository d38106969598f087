#!/usr/bin/env bash
# Helm 3.22.0: a chart used under two aliases shares its bundled subchart, which is rendered once,
# with the values of the last alias; Helm 4.3.2 renders it once for each alias.
#
# Behaviour: `app` depends on chart `db` twice, as `first` and `second`. `db` carries `exporter` in
# its charts/ folder without naming it in its Chart.yaml, which Helm allows. Both aliases set a
# value for their exporter. Helm 3 prints db's own template twice but exporter's only once, with the
# value of `second`, under the path of the name without alias (app/charts/db/charts/exporter).
# Without error or warning one exporter is missing.
#
# A good guess is otherwise: an alias is a full instance of the chart, with all that is inside, as
# db's own templates show. Helm 3 copies the aliased chart, but the subcharts stay shared.
#
# Output seen:
#   3: db first | db second | exporter second
#   4: db first | db second | exporter first | exporter second
#   paths of exporter in 3: app/charts/db/charts/exporter/templates/out.yaml
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
}
chart app app
cat >>app/Chart.yaml <<'YAML'
dependencies:
- {name: db, version: 1.0.0, alias: first}
- {name: db, version: 1.0.0, alias: second}
YAML
cat >app/values.yaml <<'YAML'
first: {of: first, exporter: {of: first}}
second: {of: second, exporter: {of: second}}
YAML
chart app/charts/db db
echo 'made: db {{ .Values.of }}' >app/charts/db/templates/out.yaml
chart app/charts/db/charts/exporter exporter
echo 'made: exporter {{ .Values.of }}' >app/charts/db/charts/exporter/templates/out.yaml

status=0
check() { # what, got, expected
  echo "$1: $2"
  if [ "$2" != "$3" ]; then
    echo "behaviour changed: $1: '$2', recorded '$3'" >&2
    status=1
  fi
}
for version in 3 4; do
  "./$version/helm" template r app >"out.$version"
done
made() { sed -n 's/^made: //p' "$1" | sort | paste -sd'|' | sed 's/|/ | /g'; }
check 'helm 3' "$(made out.3)" 'db first | db second | exporter second'
check 'helm 4' "$(made out.4)" 'db first | db second | exporter first | exporter second'
check 'path in helm 3' "$(sed -n 's/^# Source: \(.*exporter.*\)/\1/p' out.3)" \
  'app/charts/db/charts/exporter/templates/out.yaml'
exit $status
