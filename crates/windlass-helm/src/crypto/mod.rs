//! Randomness, passwords, keys and certificates, all from a source of randomness that is given.

mod der;
mod keys;
mod passwords;
mod random;
mod x509;

pub(crate) use keys::PrivateKey;
pub(crate) use passwords::{bcrypt, decrypt, derive, encrypt};
pub(crate) use random::Stream;
pub(crate) use x509::{Certificate, Request, Subject, issue, unpem};
