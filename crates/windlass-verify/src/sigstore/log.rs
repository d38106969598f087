//! What a log of signatures says: that it has an entry, and since when.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Refusal;
use super::body::Body;
use super::bundle::{Entry, Promise, Proof};
use super::key::Hash;
use super::root::Log;

/// The most hashes of one proof: a log has no more than 2⁶⁴ entries.
const HASHES_MAX: usize = 64;
/// The most signatures of one checkpoint.
const SIGNATURES_MAX: usize = 32;

/// What must be in a log: a signature, over what, and by whom.
pub(super) struct Logged<'a> {
    pub(super) signature: &'a [u8],
    /// The SHA-256 of what is signed: of an envelope its payload, and the whole with its type.
    pub(super) digests: Digests,
    pub(super) certificate: &'a [u8],
}

/// By which digest a log may name what was signed.
pub(super) enum Digests {
    Envelope { payload: Vec<u8>, message: Vec<u8> },
    Message(Vec<u8>),
}

/// Verifies what logs say of a signature. Gives the times that they vouch for behind those that others do, `stamps`, each in
/// seconds; there may be none.
pub(super) fn verify(
    entries: &[Entry],
    logs: &[Log],
    logged: &Logged<'_>,
    stamps: Vec<u64>,
) -> Result<Vec<u64>, Refusal> {
    let (mut times, mut is_logged) = (stamps.clone(), false);
    let mut why = Refusal::NotLogged("it brings no entry of a trusted log");
    for entry in entries {
        match one(entry, logs, logged, &stamps) {
            Ok(time) => {
                is_logged = true;
                times.extend(time);
            }
            Err(refused) => why = refused,
        }
    }
    if is_logged { Ok(times) } else { Err(why) }
}

fn one(entry: &Entry, logs: &[Log], logged: &Logged<'_>, stamps: &[u64]) -> Result<Option<u64>, Refusal> {
    let not = |why| Err(Refusal::NotLogged(why));
    let time = Some(entry.integrated_time.0).filter(|time| *time > 0);
    let is_valid = |log: &Log| time.iter().chain(stamps).all(|time| log.valid.has(*time));
    let Some(log) = logs.iter().find(|log| log.id == entry.log_id.key_id.0 && is_valid(log)) else {
        return not("its log is not trusted, or was not at that time");
    };
    if entry.inclusion_promise.is_none() && entry.inclusion_proof.is_none() {
        return not("the entry has neither a promise nor a proof");
    }
    if let Some(promise) = &entry.inclusion_promise {
        promised(entry, promise, log)?;
    }
    if let Some(proof) = &entry.inclusion_proof {
        proved(entry, proof, log)?;
    }
    Body::read(&entry.canonicalized_body.0)?.is_of(logged)?;
    // Only the promise is about the time.
    Ok(time.filter(|_| entry.inclusion_promise.is_some()))
}

/// What a promise is over, with its names in the order of the alphabet.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Promised<'a> {
    body: String,
    integrated_time: u64,
    #[serde(rename = "logID")]
    log_id: &'a str,
    log_index: u64,
}

fn promised(entry: &Entry, promise: &Promise, log: &Log) -> Result<(), Refusal> {
    let message = Promised {
        body: STANDARD.encode(&entry.canonicalized_body.0),
        integrated_time: entry.integrated_time.0,
        log_id: &super::hex(&entry.log_id.key_id.0),
        log_index: entry.log_index.0,
    };
    let message = serde_json::to_vec(&message).map_err(|_| Refusal::Malformed("entry of a log"))?;
    match log.key.made_with(Hash::Sha256, &promise.signed_entry_timestamp.0, &message) {
        true => Ok(()),
        false => Err(Refusal::NotLogged("the log did not sign the promise")),
    }
}

/// Follows the hashes from the entry to the root of the tree ([RFC 9162](https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2)),
/// and verifies that the log signed that root.
fn proved(entry: &Entry, proof: &Proof, log: &Log) -> Result<(), Refusal> {
    if proof.hashes.len() > HASHES_MAX {
        return Err(Refusal::TooLarge(HASHES_MAX));
    }
    let hashes: Vec<&[u8]> = proof.hashes.iter().map(|hash| &hash.0[..]).collect();
    let leaf = hash(&[&[0], &entry.canonicalized_body.0]);
    let root = root(leaf, proof.log_index.0, proof.tree_size.0, &hashes);
    if root.is_none_or(|root| root != proof.root_hash.0) {
        return Err(Refusal::NotLogged("the proof does not lead to the root of the log"));
    }
    let checkpoint = Checkpoint::read(&proof.checkpoint.envelope).ok_or(Refusal::Malformed("checkpoint"))?;
    if checkpoint.size != proof.tree_size.0 || checkpoint.root != proof.root_hash.0 {
        return Err(Refusal::NotLogged("the checkpoint is of another tree"));
    }
    let is_signed =
        |signature: &Vec<u8>| log.key.made_with(Hash::Sha256, signature, checkpoint.text.as_bytes());
    match checkpoint.signatures.iter().any(is_signed) {
        true => Ok(()),
        false => Err(Refusal::NotLogged("the log did not sign the checkpoint")),
    }
}

fn root(leaf: Vec<u8>, index: u64, size: u64, hashes: &[&[u8]]) -> Option<Vec<u8>> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut root) = (index, size - 1, leaf);
    for beside in hashes {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            root = hash(&[&[1], beside, &root]);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            root = hash(&[&[1], &root, beside]);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    (last == 0).then_some(root)
}

fn hash(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize().to_vec()
}

/// A [note](https://pkg.go.dev/golang.org/x/mod/sumdb/note) of a log about its tree.
struct Checkpoint<'t> {
    /// What is signed.
    text: &'t str,
    size: u64,
    root: Vec<u8>,
    signatures: Vec<Vec<u8>>,
}

impl<'t> Checkpoint<'t> {
    fn read(note: &'t str) -> Option<Self> {
        let at = note.find("\n\n")? + 1;
        let (text, signatures) = note.split_at(at);
        let mut lines = text.lines().skip(1);
        let size = lines.next()?.parse().ok()?;
        let root = STANDARD.decode(lines.next()?).ok()?;
        let signatures = signatures.lines().filter_map(|line| {
            let (_, signature) = line.strip_prefix("\u{2014} ")?.rsplit_once(' ')?;
            // Four bytes say by whom, which the key decides.
            STANDARD.decode(signature).ok()?.get(4..).map(<[u8]>::to_vec)
        });
        Some(Self { text, size, root, signatures: signatures.take(SIGNATURES_MAX).collect() })
    }
}

/// What a log says in the older form of a signature.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OldBundle {
    signed_entry_timestamp: super::bytes::Bytes,
    payload: OldPayload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldPayload {
    body: super::bytes::Bytes,
    integrated_time: u64,
    log_index: u64,
    #[serde(rename = "logID")]
    log_id: String,
}

/// Reads what a log says in the older form.
pub(super) fn old_entry(json: &str) -> Result<Entry, Refusal> {
    if json.len() > super::BUNDLE_BYTES_MAX {
        return Err(Refusal::TooLarge(super::BUNDLE_BYTES_MAX));
    }
    let wrong = || Refusal::Malformed("entry of a log");
    let OldBundle { signed_entry_timestamp, payload } = serde_json::from_str(json).map_err(|_| wrong())?;
    let id = super::unhex(&payload.log_id).ok_or_else(wrong)?;
    Ok(Entry::promised(id, payload.log_index, payload.integrated_time, payload.body, signed_entry_timestamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root of a tree, built from its leaves as RFC 6962 defines it.
    fn tree(leaves: &[Vec<u8>]) -> Vec<u8> {
        match leaves {
            [one] => one.clone(),
            _ => {
                let half = leaves.len().next_power_of_two() / 2;
                hash(&[&[1], &tree(&leaves[..half]), &tree(&leaves[half..])])
            }
        }
    }

    fn path(index: usize, leaves: &[Vec<u8>]) -> Vec<Vec<u8>> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let half = leaves.len().next_power_of_two() / 2;
        let (near, other) = match index < half {
            true => (path(index, &leaves[..half]), tree(&leaves[half..])),
            false => (path(index - half, &leaves[half..]), tree(&leaves[..half])),
        };
        near.into_iter().chain([other]).collect()
    }

    #[test]
    fn a_path_leads_from_each_leaf_of_each_tree_to_its_root_and_from_no_other() {
        for size in 1..20 {
            let leaves: Vec<Vec<u8>> = (0..size).map(|leaf| hash(&[&[0], &[leaf as u8]])).collect();
            for index in 0..size {
                let hashes = path(index, &leaves);
                let hashes: Vec<&[u8]> = hashes.iter().map(|hash| &hash[..]).collect();
                let found =
                    |leaf: usize, size: usize| root(leaves[leaf].clone(), index as u64, size as u64, &hashes);
                assert_eq!(found(index, size), Some(tree(&leaves)), "{index} of {size}");
                let other = (index + 1) % size;
                assert!(other == index || found(other, size) != Some(tree(&leaves)), "{other} for {index}");
                assert_ne!(
                    root(leaves[index].clone(), size as u64, size as u64, &hashes),
                    Some(tree(&leaves))
                );
            }
        }
    }

    #[test]
    fn a_checkpoint_is_read_line_by_line() {
        let note = "log - 1\n7\nAQID\n\n\u{2014} log AAAAAAEC\n\u{2014} witness AAAAAAM=\n";
        let read = Checkpoint::read(note).unwrap();
        assert_eq!((read.text, read.size, read.root), ("log - 1\n7\nAQID\n", 7, vec![1, 2, 3]));
        assert_eq!(read.signatures, [vec![1, 2], vec![3]]);
        for wrong in ["", "log\n7\nAQID\n", "log\n\n", "log\nseven\nAQID\n\n", "log\n7\n!\n\n"] {
            assert!(Checkpoint::read(wrong).is_none(), "{wrong:?}");
        }
    }
}
