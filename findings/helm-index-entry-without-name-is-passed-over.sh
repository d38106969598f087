#!/usr/bin/env bash
# Helm 4.3.2: a version in the index of a repository that does not repeat the name of its chart is not there
# for Helm.
#
# Behaviour: index.yaml lists charts by name (`entries: {shop: [...]}`). An entry below `shop` with version
# and urls but without `name: shop` is passed over, and a lower version that has its name is chosen. An
# entry that has its name and no `urls` at all is chosen, and fails only when it is to be fetched.
#
# A good guess is otherwise: the name is the key that the entry lies below, and what cannot be fetched for
# lack of an address would be the one to pass over.
#
# Output seen (the version that `helm show chart` gives for a range):
#   without a name: 1.0.0
#   without urls:   error: chart "shop" version ">=1.0.0" has no downloadable URLs
set -euo pipefail
tmp=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$tmp"' EXIT
GOBIN="$tmp" nice go install helm.sh/helm/v4/cmd/helm@v4.3.2
cd "$tmp"
export HELM_CACHE_HOME="$tmp/cache" HELM_CONFIG_HOME="$tmp/config" HELM_DATA_HOME="$tmp/data"
mkdir -p charts/shop/templates
for version in 1.0.0 2.0.0; do
  printf 'apiVersion: v2\nname: shop\nversion: %s\n' "$version" >charts/shop/Chart.yaml
  (cd charts && ../helm package shop >/dev/null)
done
python3 -u -m http.server --bind 127.0.0.1 --directory charts 0 >log 2>&1 &
server=$!
until grep -q 'port [0-9]' log; do sleep 0.1; done
url="http://127.0.0.1:$(sed -n 's/.*port \([0-9]*\).*/\1/p' log | head -n 1)"

status=0
check() { # what, the entry of version 2.0.0, expected
  cat >charts/index.yaml <<YAML
apiVersion: v1
entries:
  shop:
  - {name: shop, version: 1.0.0, urls: [shop-1.0.0.tgz]}
  - $2
YAML
  got=$(./helm show chart shop --repo "$url" --version '>=1.0.0' 2>&1 |
    sed -n 's/^version: //p; s/.*\(has no downloadable URLs\).*/\1/p') || true
  echo "$1: $got"
  if [ "$got" != "$3" ]; then
    echo "behaviour changed: $1 gave '$got', recorded '$3'" >&2
    status=1
  fi
}
check 'with both' '{name: shop, version: 2.0.0, urls: [shop-2.0.0.tgz]}' 2.0.0
check 'without a name' '{version: 2.0.0, urls: [shop-2.0.0.tgz]}' 1.0.0
check 'without urls' '{name: shop, version: 2.0.0}' 'has no downloadable URLs'
exit $status
