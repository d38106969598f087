#!/usr/bin/env bash
# Masterminds/semver 3.5.0: the constraint `^*` accepts 0.0.0 and no other version.
#
# Behaviour: NewConstraint takes `^*` (and `^x`) without an error. Check is true for 0.0.0 and false
# for 0.0.1, 0.1.0 and 1.0.0. Validate gives as reason for 1.0.0 that it "does not have same major
# version as" the star.
#
# A good guess is otherwise: a star is any number, so the range of `^*` is everything, as it is for
# `*`, `=*`, `~*`, `~>*` and `>=*`, and a comment in the source lists `^*` as any. The star is
# stored as 0.0.0, and the caret goes on to read those zeros as written ones: it means exactly what
# `^0.0.0` means. (Open in the issues of the library as number 317.)
#
# Output seen (the accepted ones of 0.0.0, 0.0.1, 0.1.0, 1.0.0):
#   *, =*, ~*, ~>*, >=*   0.0.0 0.0.1 0.1.0 1.0.0
#   ^*, ^x, ^0.0.0        0.0.0
#   reason of ^* for 1.0.0: "1.0.0" does not have same major version as "*"
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

	"github.com/Masterminds/semver/v3"
)

func main() { // constraint; or constraint, version
	constraint, err := semver.NewConstraint(os.Args[1])
	if err != nil {
		panic(err)
	}
	if len(os.Args) > 2 {
		_, reasons := constraint.Validate(semver.MustParse(os.Args[2]))
		for _, reason := range reasons {
			fmt.Println(reason)
		}
		return
	}
	var accepted []string
	for _, version := range []string{"0.0.0", "0.0.1", "0.1.0", "1.0.0"} {
		if constraint.Check(semver.MustParse(version)) {
			accepted = append(accepted, version)
		}
	}
	fmt.Println(strings.Join(accepted, " "))
}
GO
printf 'module finding\n\ngo 1.23\n' >go.mod
nice go get github.com/Masterminds/semver/v3@v3.5.0
nice go build -o accepted .

status=0
check() { # expected, arguments
  want=$1
  shift
  got=$(./accepted "$@")
  echo "$*: $got"
  if [ "$got" != "$want" ]; then
    echo "behaviour changed: '$*' gave '$got', recorded '$want'" >&2
    status=1
  fi
}
for constraint in '*' '=*' '~*' '~>*' '>=*'; do
  check '0.0.0 0.0.1 0.1.0 1.0.0' "$constraint"
done
for constraint in '^*' '^x' '^0.0.0'; do
  check '0.0.0' "$constraint"
done
check '"1.0.0" does not have same major version as "*"' '^*' 1.0.0
exit $status
