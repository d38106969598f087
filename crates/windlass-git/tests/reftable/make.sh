#!/usr/bin/env bash
# Makes the repository beside it, with git 2.47.3 (`GIT=…` names another): references in several tables, one of which
# has more blocks than one, and what is deleted, symbolic and tagged among them. Prints what each name stands for.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)/fleet.git git=${GIT:-git}
export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_AUTHOR_DATE='1700000000 +0000'
export GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org GIT_COMMITTER_DATE='1700000000 +0000'
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
rm -rf "$here"
"$git" init -q --bare --template= --ref-format=reftable -b main "$here"
cd "$here"
tree() { printf '100644 blob %s\tweb.yaml\n' "$(echo "replicas: $1" | "$git" hash-object -w --stdin)" | "$git" mktree; }
one=$("$git" commit-tree -m one "$(tree 1)")
two=$("$git" commit-tree -m two -p "$one" "$(tree 2)")
for n in $(seq 100 299); do echo "create refs/heads/team/$n $one"; done | "$git" update-ref --stdin
"$git" update-ref refs/heads/main "$one"
"$git" tag -a -m 'first' v1 "$one"
"$git" pack-refs --all
"$git" -c reftable.autoCompaction=false update-ref refs/heads/main "$two"
"$git" symbolic-ref refs/heads/current refs/heads/main
"$git" update-ref -d refs/heads/team/150
rm -rf hooks info description branches
cat reftable/tables.list
"$git" for-each-ref --format='%(refname) %(objectname) %(symref)' 'refs/heads/[cm]*' refs/tags
