#!/usr/bin/env bash
# structured-merge-diff 6.4.2: an applied null replaces a scalar, an atomic map, an atomic list and
# an empty map, but is dropped for a granular map or list with something in it.
#
# Behaviour: TypedValue.Merge of a live object with an applied object whose field is null. For a
# scalar and for atomic containers the result has the null. For a map or a list that is merged item
# by item the live content stays and the null is lost, without an error. An empty granular map does
# become null, so whether the null counts depends on the live content as well as on the schema.
#
# A good guess is otherwise: where both objects have a field, the applied one wins, and null is a
# value like any other; within the very same map, `{m: {a: null}}` does set a to null. In a merge
# patch null empties every kind of field. The comment on Merge says that it removes no fields, which
# fits the granular map, but then not the atomic and the empty one.
#
# Output seen (live + applied = merged):
#   {"scalar":"1"} + {"scalar":null} = {"scalar":null}
#   {"atomicMap":{"a":"1"}} + {"atomicMap":null} = {"atomicMap":null}
#   {"atomicList":["a"]} + {"atomicList":null} = {"atomicList":null}
#   {"map":{"a":"1"}} + {"map":null} = {"map":{"a":"1"}}
#   {"map":{"a":"1"}} + {"map":{"a":null}} = {"map":{"a":null}}
#   {"map":{}} + {"map":null} = {"map":null}
#   {"struct":{"a":"1"}} + {"struct":null} = {"struct":{"a":"1"}}
#   {"set":["a"]} + {"set":null} = {"set":["a"]}
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

const types = `types:
- name: object
  map:
    fields:
    - name: scalar
      type: {scalar: string}
    - name: atomicMap
      type: {map: {elementRelationship: atomic, elementType: {scalar: string}}}
    - name: atomicList
      type: {list: {elementRelationship: atomic, elementType: {scalar: string}}}
    - name: map
      type: {map: {elementType: {scalar: string}}}
    - name: struct
      type: {map: {fields: [{name: a, type: {scalar: string}}]}}
    - name: set
      type: {list: {elementRelationship: associative, elementType: {scalar: string}}}
`

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() { // live, applied
	object := must(typed.NewParser(types)).Type("object")
	live := must(object.FromYAML(typed.YAMLObject(os.Args[1])))
	applied := must(object.FromYAML(typed.YAMLObject(os.Args[2])))
	fmt.Println(string(must(json.Marshal(must(live.Merge(applied)).AsValue().Unstructured()))))
}
GO
printf 'module finding\n\ngo 1.23\n' >go.mod
nice go get sigs.k8s.io/structured-merge-diff/v6/typed@v6.4.2
nice go build -o merge .

status=0
check() { # live, applied, expected
  got=$(./merge "$1" "$2")
  echo "$1 + $2 = $got"
  if [ "$got" != "$3" ]; then
    echo "behaviour changed: $1 + $2 gave '$got', recorded '$3'" >&2
    status=1
  fi
}
check '{"scalar":"1"}' '{"scalar":null}' '{"scalar":null}'
check '{"atomicMap":{"a":"1"}}' '{"atomicMap":null}' '{"atomicMap":null}'
check '{"atomicList":["a"]}' '{"atomicList":null}' '{"atomicList":null}'
check '{"map":{"a":"1"}}' '{"map":null}' '{"map":{"a":"1"}}'
check '{"map":{"a":"1"}}' '{"map":{"a":null}}' '{"map":{"a":null}}'
check '{"map":{}}' '{"map":null}' '{"map":null}'
check '{"struct":{"a":"1"}}' '{"struct":null}' '{"struct":{"a":"1"}}'
check '{"set":["a"]}' '{"set":null}' '{"set":["a"]}'
exit $status
