#!/usr/bin/env bash
# kustomize 5.8.2 (go.yaml.in/yaml/v3 3.0.5): a plain build changes the value of a folded text that
# has an indented line: an empty line appears in front of the indented one.
#
# Behaviour: `>-` with the lines "b" and " c" means "b\n c" by YAML 1.2 (section 8.1.3: breaks
# around more indented lines are kept, not doubled). kustomize prints "b\n\n c". The same text as a
# literal block (`|-`) passes unchanged.
#
# A good guess is otherwise: a build without any transformer should not change the data of a
# ConfigMap. The text is read correctly; the library writes it again inside the build in the folded
# style of the source, puts one break too many, and the result is read back.
#
# Output seen (the value's lines joined by "|"):
#   folded:  b|| c
#   literal: b| c
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
GOBIN="$tmp" nice go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.2
cd "$tmp"
mkdir app
echo 'resources: [settings.yaml]' >app/kustomization.yaml

status=0
check() { # what, block header, expected
  cat >app/settings.yaml <<YAML
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  text: $2
    b
     c
YAML
  got=$(./kustomize build app | sed -n '/^  text: |-$/,/^kind:/{/text:/d;/^kind:/d;s/^    //;p}' | paste -sd'|')
  echo "$1: $got"
  if [ "$got" != "$3" ]; then
    echo "behaviour changed: $1 gave '$got', recorded '$3'" >&2
    status=1
  fi
}
check folded '>-' 'b|| c'
check literal '|-' 'b| c'
exit $status
