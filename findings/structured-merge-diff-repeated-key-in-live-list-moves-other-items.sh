#!/usr/bin/env bash
# structured-merge-diff 6.4.2: a key that is repeated in the live list moves items that have
# nothing to do with it behind the newly applied ones.
#
# Behaviour: TypedValue.Merge of a list that is a map keyed by `id`. With the live items a, b, the
# applied items a, c give a, b, c. With the live items a, a, b the same applied items give a, c, b:
# the two a become one, as meant for repeated keys, but b and all behind it lose their place to c.
# What stands before the second a keeps its place (a, b, a or b, a, a); what stands behind it does
# not. A list of scalars that is a set behaves alike.
#
# A good guess is otherwise: repeated keys in the live object are allowed (AllowDuplicates), the
# applied object replaces them with its one item, and after that there is nothing left of the
# repetition. The result should be that of the live list without it, a, b, c: b is neither repeated
# nor applied, and behind a shared item the live items otherwise come before the applied ones.
#
# Output seen (live + applied = merged):
#   keyed a,b + a,c = a,b,c
#   keyed a,a,b + a,c = a,c,b
#   keyed a,b,d + a,c = a,b,d,c
#   keyed a,a,b,d + a,c = a,c,b,d
#   keyed a,b,a,d + a,c = a,b,c,d
#   keyed a,b,a + a,c = a,b,c
#   keyed b,a,a + a,c = b,a,c
#   set a,b + a,c = a,b,c
#   set a,a,b + a,c = a,c,b
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

const types = `types:
- name: object
  map:
    fields:
    - name: keyed
      type: {list: {elementRelationship: associative, keys: [id], elementType: {namedType: item}}}
    - name: set
      type: {list: {elementRelationship: associative, elementType: {scalar: string}}}
- name: item
  map: {fields: [{name: id, type: {scalar: string}}]}
`

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// list writes an object with one list of the given kind.
func list(kind, items string) typed.YAMLObject {
	if kind == "keyed" {
		items = "{id: " + strings.ReplaceAll(items, ",", "}, {id: ") + "}"
	}
	return typed.YAMLObject(kind + ": [" + items + "]")
}

func main() { // kind, live items, applied items
	kind := os.Args[1]
	object := must(typed.NewParser(types)).Type("object")
	live := must(object.FromYAML(list(kind, os.Args[2]), typed.AllowDuplicates))
	applied := must(object.FromYAML(list(kind, os.Args[3])))
	merged := must(live.Merge(applied)).AsValue().Unstructured().(map[string]any)
	var names []string
	for _, item := range merged[kind].([]any) {
		if keyed, ok := item.(map[string]any); ok {
			item = keyed["id"]
		}
		names = append(names, item.(string))
	}
	fmt.Println(strings.Join(names, ","))
}
GO
printf 'module finding\n\ngo 1.23\n' >go.mod
nice go get sigs.k8s.io/structured-merge-diff/v6/typed@v6.4.2
nice go build -o merge .

status=0
check() { # kind, live, applied, expected
  got=$(./merge "$1" "$2" "$3")
  echo "$1 $2 + $3 = $got"
  if [ "$got" != "$4" ]; then
    echo "behaviour changed: $1 $2 + $3 gave '$got', recorded '$4'" >&2
    status=1
  fi
}
check keyed a,b a,c a,b,c
check keyed a,a,b a,c a,c,b
check keyed a,b,d a,c a,b,d,c
check keyed a,a,b,d a,c a,c,b,d
check keyed a,b,a,d a,c a,b,c,d
check keyed a,b,a a,c a,b,c
check keyed b,a,a a,c b,a,c
check set a,b a,c a,b,c
check set a,a,b a,c a,c,b
exit $status
