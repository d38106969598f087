#!/usr/bin/env bash
# Makes the files beside it: an artifact that Flux's library 0.68.1 pushed, and signatures of it that cosign 3.1.3 made with keys
# of five kinds, in both forms. It needs docker-registry, openssl, oras, and the programs `flux` (windlass-oci's
# tests/peers/go) and `cosign` on PATH.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'kill $registry 2>/dev/null; rm -rf "$work"' EXIT
printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s/data}}\nhttp: {addr: "127.0.0.1:5056"}\nlog: {level: error}\n' "$work" >"$work/config.yml"
docker-registry serve "$work/config.yml" >/dev/null 2>&1 &
registry=$!
sleep 1
export HOME=$work COSIGN_PASSWORD=
mkdir "$work/files" && printf 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: web}\n' >"$work/files/web.yaml"
shop=127.0.0.1:5056/fleet/shop
flux push $shop:v1 "$work/files" >/dev/null
digest=$(oras resolve --plain-http $shop:v1)
mkdir -p artifact
oras manifest fetch --plain-http $shop:v1 >artifact/manifest.json
part() { python3 -c "import json,sys; m = json.load(open('$1')); print($2)"; }
oras blob fetch --plain-http -o artifact/config.json "$shop@$(part artifact/manifest.json 'm["config"]["digest"]')"
oras blob fetch --plain-http -o artifact/layer.tgz "$shop@$(part artifact/manifest.json 'm["layers"][0]["digest"]')"

key() {
  case $1 in
  ed25519) openssl genpkey -algorithm ed25519 ;;
  rsa) openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 ;;
  *) openssl genpkey -algorithm ec -pkeyopt "ec_paramgen_curve:P-${1#p}" ;;
  esac
}

for kind in p256 p384 p521 ed25519 rsa; do
  mkdir -p $kind
  repository=127.0.0.1:5056/fleet/$kind
  oras copy --from-plain-http --to-plain-http $shop:v1 $repository:v1 >/dev/null
  key $kind >"$work/$kind.pem"
  cosign import-key-pair --key "$work/$kind.pem" --output-key-prefix "$work/$kind" 2>/dev/null
  cp "$work/$kind.pub" $kind/key.pub
  sign() {
    cosign sign -y --key "$work/$kind.key" --use-signing-config=false --tlog-upload=false --allow-http-registry "$@" $repository@$digest 2>"$work/said" || cat "$work/said"
  }
  sign --new-bundle-format=false
  sign --new-bundle-format=true
  tag=${digest/:/-}
  oras manifest fetch --plain-http $repository:$tag.sig >$kind/simple.json
  oras blob fetch --plain-http -o $kind/payload.json "$repository@$(part $kind/simple.json 'm["layers"][0]["digest"]')"
  oras manifest fetch --plain-http $repository:$tag >$kind/referrers.json
  oras manifest fetch --plain-http $repository@$(part $kind/referrers.json 'm["manifests"][0]["digest"]') >$kind/manifest.json
  oras blob fetch --plain-http -o $kind/bundle.json "$repository@$(part $kind/manifest.json 'm["layers"][0]["digest"]')"
done
