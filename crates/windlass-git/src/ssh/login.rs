//! Shows a server the private key, by no hash that is broken.

use std::sync::Arc;

use russh::client::{AuthResult, Handle};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg};
use windlass_core::{Error, ErrorKind, Result};

use super::key;
use super::watcher::{Stopped, Watcher};
use crate::location::SshAddress;

/// What came of showing the key.
pub(super) enum Login {
    Done,
    Refused { methods: String, is_part: bool },
    OnlySha1,
}

/// Shows the key. One of RSA is shown by both good hashes, since a server may say that it takes one of them and then not do so:
/// `sshd` of OpenSSH 9.2 announces both, whatever its configuration allows.
pub(super) async fn log_in(
    handle: &mut Handle<Watcher>,
    user: &str,
    key: &Arc<PrivateKey>,
) -> std::result::Result<Login, Stopped> {
    let hashes = match key.algorithm().is_rsa() {
        false => vec![None],
        true => match handle.best_supported_rsa_hash().await? {
            Some(None) => return Ok(Login::OnlySha1),
            Some(Some(HashAlg::Sha256)) => vec![Some(HashAlg::Sha256), Some(HashAlg::Sha512)],
            _ => vec![Some(HashAlg::Sha512), Some(HashAlg::Sha256)],
        },
    };
    let mut login = Login::OnlySha1;
    for hash in hashes {
        let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
        login = match handle.authenticate_publickey(user, key).await? {
            AuthResult::Success => return Ok(Login::Done),
            AuthResult::Failure { remaining_methods, partial_success } => {
                let methods: Vec<&str> = remaining_methods.iter().map(Into::into).collect();
                Login::Refused { methods: methods.join(" "), is_part: partial_success }
            }
        };
    }
    Ok(login)
}

impl Login {
    /// The error of a key that was not taken.
    pub(super) fn told(self, address: &SshAddress, key: &PrivateKey) -> Result<()> {
        let (error, help) = match self {
            Self::Done => return Ok(()),
            Self::Refused { methods, is_part: true } => (
                Error::new(ErrorKind::Denied, "the server wants more than a key").with("wants", methods),
                "Let this user come in by its key alone.",
            ),
            Self::Refused { .. } => (
                Error::new(ErrorKind::Denied, "the server does not accept the key"),
                "Add the public key to the account or to the deploy keys of the repository, or correct the user in the address.",
            ),
            Self::OnlySha1 => (
                Error::new(ErrorKind::Unsupported, "the server takes keys of RSA with SHA-1 alone"),
                "Use a key of Ed25519: `ssh-keygen -t ed25519`.",
            ),
        };
        Err(error.with("user", &address.user).with("key", key::shown(key)).with_help(help))
    }
}
