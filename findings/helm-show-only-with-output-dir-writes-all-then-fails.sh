#!/usr/bin/env bash
# Helm 3.22.0 and 4.3.2: `helm template --show-only FILE --output-dir DIR` writes every template of
# the chart and then fails, because it could not find FILE, which it has just written.
#
# Behaviour: a chart with templates/a.yaml and templates/b.yaml. With --show-only templates/a.yaml
# alone, the output is a.yaml. With --output-dir besides, the folder has a.yaml and b.yaml, and the
# exit code is 1 with "could not find template templates/a.yaml in chart".
#
# A good guess is otherwise: one option chooses the templates and the other says where they go, and
# the help of neither excludes the other. The files are written while rendering; what is searched
# for FILE afterwards is the text for the standard output, which is then empty. (Reported
# as helm/helm issue 9722, which is closed.)
#
# Output seen (both versions):
#   --show-only: printed c/templates/a.yaml, wrote -, exit code 0
#   --output-dir: printed -, wrote c/templates/a.yaml c/templates/b.yaml, exit code 0
#   both: printed -, wrote c/templates/a.yaml c/templates/b.yaml, exit code 1
#   both, error: Error: could not find template templates/a.yaml in chart
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/3" "$tmp/4"
GOBIN="$tmp/3" nice go install helm.sh/helm/v3/cmd/helm@v3.22.0
GOBIN="$tmp/4" nice go install helm.sh/helm/v4/cmd/helm@v4.3.2
cd "$tmp"
export HELM_CACHE_HOME="$tmp/cache" HELM_CONFIG_HOME="$tmp/config" HELM_DATA_HOME="$tmp/data"
mkdir -p c/templates
printf 'apiVersion: v2\nname: c\nversion: 1.0.0\n' >c/Chart.yaml
for name in a b; do
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n' "$name" >"c/templates/$name.yaml"
done

run() { # version, options
  "./$1/helm" template r c "${@:2}" >printed 2>error && code=0 || code=$?
  sources=$(sed -n 's/^# Source: //p' printed | sort | paste -sd' ')
  written=$(cd out && find . -type f | sed 's|^\./||' | sort | paste -sd' ')
  echo "printed ${sources:--}, wrote ${written:--}, exit code $code"
}
status=0
check() { # name, got, expected
  echo "$1: $2"
  if [ "$2" != "$3" ]; then
    echo "behaviour changed: $1: '$2', recorded '$3'" >&2
    status=1
  fi
}
all='c/templates/a.yaml c/templates/b.yaml'
for version in 3 4; do
  rm -rf out && mkdir out
  check "helm $version, --show-only" "$(run $version --show-only templates/a.yaml)" \
    'printed c/templates/a.yaml, wrote -, exit code 0'
  check "helm $version, --output-dir" "$(run $version --output-dir out)" \
    "printed -, wrote $all, exit code 0"
  rm -rf out && mkdir out
  check "helm $version, both" "$(run $version --show-only templates/a.yaml --output-dir out)" \
    "printed -, wrote $all, exit code 1"
  check "helm $version, both, error" "$(cat error)" \
    'Error: could not find template templates/a.yaml in chart'
done
exit $status
