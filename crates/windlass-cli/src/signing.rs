//! Who is trusted to sign artifacts, from files: keys, or a root with identities.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use windlass_core::{Error, ErrorKind, Result, Value};
use windlass_verify::sigstore::{Identity, PublicKeys, Signers, TrustedRoot};
use windlass_yaml::Options;

/// The entry of a Secret of Flux that holds a root.
const ROOT: &str = "trusted_root.json";

/// Reads public keys: in PEM, or as a Secret of Flux has them, of which every entry `*.pub` counts.
pub(crate) fn keys(bytes: &[u8]) -> Result<Signers> {
    let wrong = |why: &dyn fmt::Display| {
        Error::new(ErrorKind::Invalid, "the keys cannot be used").with("because", why).with_help(
            "write public keys in PEM, as cosign.pub has one, or a Secret with entries like cosign.pub",
        )
    };
    let texts = match entries(bytes, |name| name.ends_with(".pub")).map_err(|why| wrong(&why))? {
        Some(entries) if entries.is_empty() => return Err(wrong(&"the Secret has no entry *.pub")),
        Some(entries) => entries,
        None => vec![bytes.to_vec()],
    };
    let mut keys = PublicKeys::new();
    for text in &texts {
        let text = std::str::from_utf8(text).map_err(|error| wrong(&error))?;
        keys = keys.with_pem(text).map_err(|why| wrong(&why))?;
    }
    Ok(Signers::keys(keys))
}

/// Reads a trusted root: the file, or a Secret of Flux that holds it.
pub(crate) fn root(bytes: &[u8], identities: &[(String, String)]) -> Result<Signers> {
    let wrong = |why: &dyn fmt::Display| {
        Error::new(ErrorKind::Invalid, "the trusted root cannot be used")
            .with("because", why)
            .with_help("name a trusted_root.json of Sigstore, or a Secret with that entry")
    };
    let held = entries(bytes, |name| name == ROOT).map_err(|why| wrong(&why))?;
    let json = match &held {
        Some(entries) => {
            entries.first().ok_or_else(|| wrong(&"the Secret has no entry trusted_root.json"))?
        }
        None => bytes,
    };
    let root = TrustedRoot::read(json).map_err(|why| wrong(&why))?;
    let identities = identities.iter().map(|(issuer, subject)| Identity::matching(issuer, subject));
    let identities = identities.collect::<std::result::Result<_, _>>().map_err(|why| wrong(&why))?;
    Ok(Signers::identities(root, identities))
}

/// The entries of a Secret whose names fit, in the order of their names; `None` for what is no Secret.
fn entries(
    bytes: &[u8],
    fits: impl Fn(&str) -> bool,
) -> std::result::Result<Option<Vec<Vec<u8>>>, &'static str> {
    let first = bytes.trim_ascii_start();
    if first.starts_with(b"-----") {
        return Ok(None);
    }
    let documents = windlass_yaml::read(bytes, &Options::default()).unwrap_or_default();
    let secret = documents.iter().find(|document| document.value.text_at(&["kind"]) == Some("Secret"));
    let Some(secret) = secret else { return Ok(None) };
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    for (field, is_packed) in [("data", true), ("stringData", false)] {
        let entries =
            secret.value.get(field).and_then(Value::as_map).into_iter().flat_map(windlass_core::Map::iter);
        for (name, value) in entries.filter(|(name, _)| fits(name)) {
            let text = value.as_text().ok_or("an entry of the Secret is not a text")?;
            let bytes = match is_packed {
                true => {
                    let letters: String = text.chars().filter(|c| !c.is_whitespace()).collect();
                    STANDARD.decode(letters).map_err(|_| "an entry of the Secret is not base64")?
                }
                false => text.as_bytes().to_vec(),
            };
            // What is plain counts for more, as the API server has it.
            found.retain(|(have, _)| have != name.as_str());
            found.push((name.to_string(), bytes));
        }
    }
    found.sort();
    Ok(Some(found.into_iter().map(|(_, bytes)| bytes).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAER8mt3EEILW6qv6kGxpPr20W+VrkH\n\
        vZpV3piAupy5IARPQyOq7FI3q6m++41u6cNp7Td4rN6SdTwo/VbdR8ScKg==\n\
        -----END PUBLIC KEY-----\n";

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let said = match keys(text.as_bytes()) {
            Ok(signers) => format!("{} keys", format!("{signers:?}").matches("PublicKey(").count()),
            Err(error) => error.context("because").unwrap_or_default().to_owned(),
        };
        assert_eq!(said, expected, "{text}");
    }

    #[test]
    fn keys_are_read_from_pem_and_from_a_secret_as_flux_has_it() {
        let secret =
            |entries: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: keys}}\n{entries}");
        let packed = STANDARD.encode(KEY);
        check(KEY, "1 keys");
        check(&format!("# the team\n{KEY}{KEY}"), "2 keys");
        check(&secret(&format!("data: {{b.pub: {packed}, a.pub: {packed}, note: '?'}}")), "2 keys");
        check(&secret(&format!("stringData:\n  a.pub: {KEY:?}\n")), "1 keys");
        check(
            &secret(&format!("data: {{a.pub: '?'}}\nstringData:\n  b.pub: {KEY:?}\n")),
            "an entry of the Secret is not base64",
        );
        check(&secret("data: {note: eA==}"), "the Secret has no entry *.pub");
        check(&secret("data: {a.pub: 1}"), "an entry of the Secret is not a text");
        check("", "not a public key (there is none in it)");
        check("kind: ConfigMap\n", "not a public key (there is none in it)");
    }

    #[test]
    fn a_root_that_is_none_is_refused() {
        for text in ["", "{}", "kind: Secret\ndata: {other: eA==}\n"] {
            let error = root(text.as_bytes(), &[]).unwrap_err();
            assert_eq!((error.kind(), error.help().is_some()), (ErrorKind::Invalid, true), "{text}: {error}");
        }
    }
}
