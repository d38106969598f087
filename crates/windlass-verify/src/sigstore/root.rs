//! What is trusted from the start: the file `trusted_root.json` of Sigstore.

use std::str::FromStr;

use serde::Deserialize;
use x509_cert::der::DateTime;

use super::Refusal;
use super::authority::Authority;
use super::bundle::Raw;
use super::bytes::Bytes;
use super::key::PublicKey;

/// The most bytes of a trusted root.
pub const ROOT_BYTES_MAX: usize = 4 << 20;
/// The most logs and authorities of one root, of each kind.
const TRUSTED_MAX: usize = 256;
const TYPE: &str = "application/vnd.dev.sigstore.trustedroot";

/// The authorities and logs that are trusted, as `trusted_root.json` names them.
///
/// Nothing is fetched: the file is that of `cosign trusted-root create`, of `sigstore/root-signing`, or of an installation of
/// one's own.
#[derive(Debug, Clone)]
pub struct TrustedRoot {
    pub(super) authorities: Vec<Authority>,
    pub(super) timestamping: Vec<Authority>,
    pub(super) logs: Vec<Log>,
    pub(super) certificate_logs: Vec<Log>,
}

/// A log, and from when to when its key counts.
#[derive(Debug, Clone)]
pub(super) struct Log {
    pub(super) id: Vec<u8>,
    pub(super) key: PublicKey,
    pub(super) valid: Period,
}

/// A time from and to which something counts, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    start: u64,
    end: u64,
}

impl Period {
    pub(super) fn has(self, time: u64) -> bool {
        (self.start..=self.end).contains(&time)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    media_type: String,
    #[serde(default)]
    tlogs: Vec<WrittenLog>,
    #[serde(default)]
    ctlogs: Vec<WrittenLog>,
    #[serde(default)]
    certificate_authorities: Vec<WrittenAuthority>,
    #[serde(default)]
    timestamp_authorities: Vec<WrittenAuthority>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenLog {
    public_key: WrittenKey,
    log_id: WrittenId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenKey {
    raw_bytes: Bytes,
    #[serde(default)]
    valid_for: WrittenPeriod,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenId {
    key_id: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenAuthority {
    cert_chain: WrittenChain,
    #[serde(default)]
    valid_for: WrittenPeriod,
}

#[derive(Deserialize)]
struct WrittenChain {
    certificates: Vec<Raw>,
}

#[derive(Deserialize, Default)]
struct WrittenPeriod {
    start: Option<String>,
    end: Option<String>,
}

impl TrustedRoot {
    /// Reads a trusted root.
    ///
    /// # Errors
    /// [`Refusal::Root`] for what is none, or has no authority and no log; [`Refusal::TooLarge`].
    pub fn read(json: &[u8]) -> Result<Self, Refusal> {
        if json.len() > ROOT_BYTES_MAX {
            return Err(Refusal::TooLarge(ROOT_BYTES_MAX));
        }
        let written: Written = serde_json::from_slice(json).map_err(|_| Refusal::Root("not its JSON"))?;
        if !written.media_type.starts_with(TYPE) {
            return Err(Refusal::Root("another media type"));
        }
        let Written { tlogs, ctlogs, certificate_authorities, timestamp_authorities, .. } = written;
        let lengths = [tlogs.len(), ctlogs.len(), certificate_authorities.len(), timestamp_authorities.len()];
        if lengths.iter().any(|length| *length > TRUSTED_MAX) {
            return Err(Refusal::TooLarge(TRUSTED_MAX));
        }
        let root = Self {
            logs: logs(tlogs)?,
            certificate_logs: logs(ctlogs)?,
            authorities: authorities(certificate_authorities)?,
            timestamping: authorities(timestamp_authorities)?,
        };
        if root.authorities.is_empty() || root.logs.is_empty() {
            return Err(Refusal::Root("it has no authority or no log"));
        }
        Ok(root)
    }
}

/// Reads logs. One whose key is of a kind that is not verified is left out, so that nothing that it says counts.
fn logs(written: Vec<WrittenLog>) -> Result<Vec<Log>, Refusal> {
    let read = |log: WrittenLog| {
        let valid = period(&log.public_key.valid_for);
        let key = PublicKey::read(&log.public_key.raw_bytes.0)?;
        Some(valid.map(|valid| Log { id: log.log_id.key_id.0, key, valid }))
    };
    written.into_iter().filter_map(read).collect()
}

fn authorities(written: Vec<WrittenAuthority>) -> Result<Vec<Authority>, Refusal> {
    let read = |authority: WrittenAuthority| {
        let chain: Vec<Vec<u8>> =
            authority.cert_chain.certificates.into_iter().map(|raw| raw.raw_bytes.0).collect();
        Authority::read(&chain, period(&authority.valid_for)?)
    };
    written.into_iter().map(read).collect()
}

fn period(written: &WrittenPeriod) -> Result<Period, Refusal> {
    let time = |text: &Option<String>, unless_said: u64| match text {
        Some(text) => seconds(text).ok_or(Refusal::Root("a time cannot be read")),
        None => Ok(unless_said),
    };
    Ok(Period { start: time(&written.start, 0)?, end: time(&written.end, u64::MAX)? })
}

/// Reads a time as `2022-10-20T00:00:00Z`, with fractions of a second or without.
fn seconds(text: &str) -> Option<u64> {
    let whole = text.strip_suffix('Z')?;
    let whole = whole.split_once('.').map_or(whole, |(whole, _)| whole);
    DateTime::from_str(&format!("{whole}Z")).ok().map(|time| time.unix_duration().as_secs())
}
