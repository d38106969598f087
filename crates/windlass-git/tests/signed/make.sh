#!/usr/bin/env bash
# Makes the repository beside it, with git 2.39 and OpenSSH 9.2: commits and tags that the team signed, another signed, and
# nobody signed, and a signed tag under another name. The private keys are thrown away.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) work=$(mktemp -d)
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org
for who in team other; do ssh-keygen -q -t ed25519 -N '' -C "$who@example.org" -f "$work/$who"; done
cp "$work/team.pub" "$here/team.pub"
rm -rf "$here/fleet.git" && git init -q --bare --template= -b main "$here/fleet.git"
git clone -q "$here/fleet.git" "$work/repo" 2>/dev/null && cd "$work/repo" && git checkout -q -b main
as() { local who=$1; shift; git -c gpg.format=ssh -c "user.signingKey=$work/$who.pub" "$@"; }
echo 'replicas: 1' >web.yaml && git add . && git commit -q -m unsigned && git branch unsigned
as other tag -s -m other v1.0.0
git commit -q --allow-empty -m plain && git tag v1.1.0
as other commit -q -S --allow-empty -m other && git branch other
as team tag -s -m team v1.2.0
echo 'replicas: 2' >web.yaml && as team commit -q -S -a -m team
as team tag -s -m team v1.3.0
git update-ref refs/tags/v9.0.0 "$(git rev-parse refs/tags/v1.2.0)"
git push -q origin 'refs/heads/*:refs/heads/*' 'refs/tags/*:refs/tags/*'
rm -rf "$work" "$here"/fleet.git/{hooks,info,description,branches}
