//! The file in which Docker and its kin keep credentials: `config.json`, or the data of a Kubernetes Secret of the type
//! `kubernetes.io/dockerconfigjson`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use windlass_core::{Error, ErrorKind, Result};

use crate::Credentials;
use crate::address::is_docker_hub;

/// The largest file, in bytes.
const BYTES_MAX: usize = 1 << 20;

/// As programs write it, with padding and without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(default)]
    auths: BTreeMap<String, Auth>,
    #[serde(default)]
    creds_store: String,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Auth {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

impl Credentials {
    /// Finds the credentials for the address of an artifact in a Docker configuration; `None` where it has none.
    ///
    /// The entry whose name is the longest part of the address is taken: `registry.example/fleet` before `registry.example`. No program is
    /// started: an entry of a credential helper is an error.
    ///
    /// ```
    /// use windlass_oci::Credentials;
    ///
    /// let config = br#"{"auths": {"registry.example": {"username": "ada", "password": "secret"}}}"#;
    /// let found = Credentials::from_docker_config(config, "oci://registry.example/fleet/shop")?;
    /// assert_eq!(found, Some(Credentials::basic("ada", "secret")));
    /// # Ok::<(), windlass_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is no such file, [`ErrorKind::Unsupported`] where a credential helper would have
    /// to be started, [`ErrorKind::Limit`] for a file that is too large. No error shows what is in the file.
    pub fn from_docker_config(config: &[u8], url: &str) -> Result<Option<Self>> {
        let address = crate::address::Address::parse(url)?.address;
        if config.len() > BYTES_MAX {
            return Err(Error::new(ErrorKind::Limit, "the Docker configuration is too large")
                .with("bytes_max", BYTES_MAX));
        }
        // What serde says may hold a word of the file.
        let config: Config = serde_json::from_slice(config)
            .map_err(|_| Error::new(ErrorKind::Invalid, "not a Docker configuration"))?;
        let name = address.to_string();
        let entries = config.auths.iter().filter(|(key, _)| names(key, address.host(), &name));
        match entries.max_by_key(|(key, _)| place(key).len()).map(|(_, auth)| read(auth)) {
            Some(found) if !matches!(found, Ok(None)) => found,
            _ if config.cred_helpers.keys().any(|key| names(key, address.host(), &name)) => {
                Err(helper(address.host()))
            }
            // The store of a desktop knows no more of a registry than an entry says that is there.
            Some(_) if !config.creds_store.is_empty() => Err(helper(address.host())),
            _ => Ok(None),
        }
    }
}

/// An entry as a place: without a scheme, and without the path of the first version of the interface.
fn place(key: &str) -> &str {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let key = key.trim_end_matches('/');
    key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key)
}

/// Whether an entry is about a repository.
fn names(key: &str, host: &str, name: &str) -> bool {
    let place = place(key);
    let is_above =
        |whole: &str| whole.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    !place.is_empty() && is_above(name) || is_docker_hub(host) && is_docker_hub(place)
}

fn read(auth: &Auth) -> Result<Option<Credentials>> {
    let wrong =
        || Error::new(ErrorKind::Invalid, "the Docker configuration has an entry that is no credential");
    if !auth.registrytoken.is_empty() {
        return Ok(Some(Credentials::bearer(&auth.registrytoken)));
    }
    if !auth.identitytoken.is_empty() {
        return Ok(Some(Credentials::identity(&auth.identitytoken)));
    }
    if !auth.username.is_empty() {
        return Ok(Some(Credentials::basic(&auth.username, &auth.password)));
    }
    if auth.auth.is_empty() {
        return Ok(None);
    }
    let pair = BASE64.decode(auth.auth.trim()).map_err(|_| wrong())?;
    let pair = String::from_utf8(pair).map_err(|_| wrong())?;
    let (user, password) = pair.split_once(':').ok_or_else(wrong)?;
    Ok(Some(Credentials::basic(user, password.trim_end_matches('\0'))))
}

fn helper(host: &str) -> Error {
    Error::new(ErrorKind::Unsupported, "the Docker configuration leaves the credentials to a helper program")
        .with("registry", host)
        .with_help("no program is started: give the credentials themselves")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"{
        "auths": {
            "registry.example": {"auth": "YWRhOnNlY3JldDE="},
            "registry.example/fleet": {"auth": "ZmxlZXQ6c2VjcmV0Mg"},
            "https://index.docker.io/v1/": {"username": "hub", "password": "secret3"},
            "acr.example": {"identitytoken": "secret4"},
            "store.example": {}
        },
        "credsStore": "desktop",
        "credHelpers": {"ecr.example": "ecr-login"}
    }"#;

    fn check(url: &str, expected: &str) {
        let shown = match Credentials::from_docker_config(CONFIG.as_bytes(), url) {
            Ok(found) => {
                let known = [
                    ("ada", Credentials::basic("ada", "secret1")),
                    ("fleet", Credentials::basic("fleet", "secret2")),
                    ("hub", Credentials::basic("hub", "secret3")),
                    ("acr", Credentials::identity("secret4")),
                ];
                let name = |found| known.iter().find(|(_, known)| *known == found).map(|(name, _)| *name);
                found.map_or("none", |found| name(found).unwrap_or("other")).to_owned()
            }
            Err(error) => error.kind().name().to_owned(),
        };
        assert_eq!(shown, expected, "{url}");
    }

    #[test]
    fn the_entry_that_names_most_of_the_address_is_taken() {
        check("oci://registry.example/other/shop", "ada");
        check("oci://registry.example/fleet/shop", "fleet");
        check("oci://registry.example/fleets", "ada");
        check("oci://docker.io/shop", "hub");
        check("oci://acr.example/shop", "acr");
        check("oci://other.example/shop", "none");
        check("oci://registry.example.evil.example/fleet/shop", "none");
    }

    #[test]
    fn no_helper_is_started() {
        check("oci://ecr.example/shop", "unsupported");
        check("oci://store.example/shop", "unsupported");
    }

    #[test]
    fn what_is_wrong_is_said_without_a_secret() {
        for config in [
            "secret",
            "{\"auths\": \"secret\"}",
            "{\"auths\": {\"registry.example\": {\"auth\": \"secret\"}}}",
        ] {
            let error =
                Credentials::from_docker_config(config.as_bytes(), "oci://registry.example/a").unwrap_err();
            assert!(!format!("{error:?} {}", error.explain()).contains("secret"), "{config}: {error:?}");
        }
    }
}
