#!/usr/bin/env bash
# Makes the objects and keys beside it, with git 2.39, ssh-keygen of OpenSSH 9.2 and gpg 2.2: a commit and a tag for each
# kind of key. The private keys are thrown away.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) work=$(mktemp -d)
export GNUPGHOME=$work/gnupg GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org
mkdir -m 700 "$GNUPGHOME" && git init -q -b main "$work/repo" && cd "$work/repo" && git commit -q --allow-empty -m start
sign() { # sign NAME FORMAT KEY
  git -c gpg.format="$2" -c user.signingKey="$3" commit -q -S --allow-empty -m "signed by $1"
  git -c gpg.format="$2" -c user.signingKey="$3" tag -s -m "signed by $1" "$1"
  git cat-file commit HEAD >"$here/$1.commit" && git cat-file tag "$1" >"$here/$1.tag"
}
for kind in ed25519 ecdsa rsa; do
  ssh-keygen -q -t $kind -N '' -C ada@example.org -f "$work/$kind"
  cp "$work/$kind.pub" "$here/ssh-$kind.pub"
  sign "ssh-$kind" ssh "$work/$kind.pub"
done
ssh-keygen -l -f "$work/ed25519.pub" | cut -d' ' -f2 >"$here/ssh-ed25519.fingerprint"
gpg -q --batch --passphrase '' --quick-generate-key 'Ada <ada@example.org>' ed25519 cert never
key=$(gpg -q --list-keys --with-colons | awk -F: '$1=="fpr"{print $10; exit}')
gpg -q --batch --passphrase '' --quick-add-key "$key" ed25519 sign never
gpg -q --armor --export "$key" >"$here/gpg-subkey.pub" && sign gpg-subkey openpgp "$key"
echo "$key" >"$here/gpg-subkey.fingerprint"
gpg -q --batch --yes --command-fd 0 --status-fd 1 --pinentry-mode loopback --edit-key "$key" 'key 1' revkey save <<<$'y\n0\n\ny\n' >/dev/null
gpg -q --armor --export "$key" >"$here/gpg-revoked.pub"
# A key on the curves of Brainpool, of which a smaller one signs the larger one that signs.
gpg -q --batch --passphrase '' --quick-generate-key 'Bea <bea@example.org>' brainpoolP384r1/ecdsa cert never
key=$(gpg -q --list-keys --with-colons bea@example.org | awk -F: '$1=="fpr"{print $10; exit}')
gpg -q --batch --passphrase '' --quick-add-key "$key" brainpoolP512r1/ecdsa sign never
gpg -q --armor --export "$key" >"$here/gpg-brainpool.pub" && sign gpg-brainpool openpgp "$key"
gpg -q --batch --passphrase '' --quick-generate-key 'Cid <cid@example.org>' brainpoolP256r1/ecdsa sign never
key=$(gpg -q --list-keys --with-colons cid@example.org | awk -F: '$1=="fpr"{print $10; exit}')
gpg -q --armor --export "$key" >"$here/gpg-brainpool-256.pub" && sign gpg-brainpool-256 openpgp "$key"
gpgconf --kill gpg-agent; rm -rf "$work"
