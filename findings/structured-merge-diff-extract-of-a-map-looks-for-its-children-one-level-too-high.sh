#!/usr/bin/env bash
# structured-merge-diff 6.4.2: ExtractItems with a set that has a map and one of its children loses
# the child, or gives another child that is not in the set.
#
# Behaviour: for {"m":{"a":"1","b":"2"}} the set of m and m.a gives {"m":null}. If the object also
# has a field b at the top and the set names that, m gets its own b, which the set does not have,
# and not its a, which the set has. So the children of a map that is itself in the set are chosen
# by the names at the level of the map. With FieldSet.Leaves() first, or with m.a alone, the
# result is right.
#
# A good guess is otherwise: more paths in the set give more of the object, and m.a is in all of
# these sets. Such sets are common: managedFields write the map itself as "." beside its children
# (`f:m: {".": {}, f:a: {}}`), and a list item with "." and a child does give the child.
#
# Output seen (for {"b":"0","k":[{"id":"1","v":"2"}],"m":{"a":"1","b":"2"}}):
#   m.a                 {"m":{"a":"1"}}
#   m, m.a              {"m":null}
#   m, m.a, leaves      {"m":{"a":"1"}}
#   b, m, m.a           {"b":"0","m":{"b":"2"}}
#   b, m, m.a, leaves   {"b":"0","m":{"a":"1"}}
#   item, item.v        {"k":[{"v":"2"}]}
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
	"strings"

	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

const types = `types:
- name: object
  map:
    fields:
    - name: b
      type: {scalar: string}
    - name: m
      type: {map: {elementType: {scalar: string}}}
    - name: k
      type: {list: {elementRelationship: associative, keys: [id], elementType: {namedType: item}}}
- name: item
  map:
    fields: [{name: id, type: {scalar: string}}, {name: v, type: {scalar: string}}]
`

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() { // set as in managedFields, "all" or "leaves"
	object := must(must(typed.NewParser(types)).Type("object").FromYAML(
		`{b: "0", k: [{id: "1", v: "2"}], m: {a: "1", b: "2"}}`))
	set := fieldpath.NewSet()
	if err := set.FromJSON(strings.NewReader(os.Args[1])); err != nil {
		panic(err)
	}
	if os.Args[2] == "leaves" {
		set = set.Leaves()
	}
	fmt.Println(string(must(json.Marshal(object.ExtractItems(set).AsValue().Unstructured()))))
}
GO
printf 'module finding\n\ngo 1.23\n' >go.mod
nice go get sigs.k8s.io/structured-merge-diff/v6/typed@v6.4.2
nice go build -o extract .

status=0
check() { # name, set, all or leaves, expected
  got=$(./extract "$2" "$3")
  echo "$1: $got"
  if [ "$got" != "$4" ]; then
    echo "behaviour changed: $1 gave '$got', recorded '$4'" >&2
    status=1
  fi
}
map='"f:m":{".":{},"f:a":{}}'
check 'm.a' '{"f:m":{"f:a":{}}}' all '{"m":{"a":"1"}}'
check 'm, m.a' "{$map}" all '{"m":null}'
check 'm, m.a, leaves' "{$map}" leaves '{"m":{"a":"1"}}'
check 'b, m, m.a' "{\"f:b\":{},$map}" all '{"b":"0","m":{"b":"2"}}'
check 'b, m, m.a, leaves' "{\"f:b\":{},$map}" leaves '{"b":"0","m":{"a":"1"}}'
check 'item, item.v' '{"f:k":{"k:{\"id\":\"1\"}":{".":{},"f:v":{}}}}' all '{"k":[{"v":"2"}]}'
exit $status
