#!/usr/bin/env bash
# kustomize 5.8.2 (api 0.21.2): with `buildMetadata: [originAnnotations]`, an object from the root folder of
# a remote base is said to come from a folder that does not exist.
#
# Behaviour: the annotation config.kubernetes.io/origin has `path: notCloned/base.yaml`. `notCloned` is
# the name that kustomize uses inside for "the repository is not cloned yet". From a folder of the same
# repository (`//deploy`) the path is right: `deploy/base.yaml`.
#
# A good guess is otherwise: the annotation is there to lead back to the file, and the root of a repository
# is the usual place of a base.
#
# Output seen (the line `path:` of each):
#   root:   notCloned/base.yaml
#   folder: deploy/base.yaml
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
GOBIN="$tmp" nice go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.2
cd "$tmp"
mkdir -p base/deploy app
for folder in base base/deploy; do
  echo 'resources: [base.yaml]' >"$folder/kustomization.yaml"
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n' >"$folder/base.yaml"
done
git -C base init -q -b main
git -C base add .
git -C base -c user.name=a -c user.email=a@example.org commit -qm start

status=0
check() { # what, the end of the address, expected
  printf 'resources: ["file://%s%s"]\nbuildMetadata: [originAnnotations]\n' "$tmp/base" "$2" >app/kustomization.yaml
  got=$(./kustomize build app | sed -n 's/^ *path: //p')
  echo "$1: $got"
  if [ "$got" != "$3" ]; then
    echo "behaviour changed: $1 gave '$got', recorded '$3'" >&2
    status=1
  fi
}
check root '' notCloned/base.yaml
check folder //deploy deploy/base.yaml
exit $status
