#!/usr/bin/env bash
# Makes the pack beside it, with git 2.39: two versions of a file, one a delta of the other, as `git gc` leaves them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_AUTHOR_DATE='1700000000 +0000'
export GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org GIT_COMMITTER_DATE='1700000000 +0000'
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
git init -q -b main "$work"
cd "$work"
mkdir apps
for line in $(seq 200); do echo "line-$line: \"$line\""; done > apps/web.yaml
git add . && git commit -qm one
echo 'last: "201"' >> apps/web.yaml
git add . && git commit -qm two
git gc -q --prune=now
rm -f "$here"/*.pack "$here"/*.idx
cp .git/objects/pack/*.pack "$here/fleet.pack"
cp .git/objects/pack/*.idx "$here/fleet.idx"
git log --format='%H %s'
git verify-pack -v .git/objects/pack/*.idx
