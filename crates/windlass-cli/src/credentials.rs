//! Credentials for repositories and registries from files, read anew at each pass, so that whoever renews them needs to tell nobody.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use windlass_core::{Error, ErrorKind, Result, Value};
use windlass_git::Credentials;
use windlass_oci::Credentials as Shown;
use windlass_yaml::Options;

/// The largest file of credentials, in bytes.
const BYTES_MAX: u64 = 64 * 1024;
/// The user beside a bare token: servers that take a token for a password take any user.
const USER: &str = "git";

const HELP: &str = "write a token alone, or `username: …` and `password: …` on two lines";
/// What Secrets of Flux hold for Git, each a file where one is mounted.
const SECRET: [&str; 6] = ["identity", "identity.pub", "known_hosts", "password", "username", "bearerToken"];
/// What Secrets of Flux hold for a proxy.
const PROXY: [&str; 3] = ["address", "username", "password"];
const SECRET_HELP: &str = "write a private key alone, or as Flux's Secret has it: `identity`, `known_hosts`, and `password` where \
                           the key has a passphrase";

/// Reads what is shown a registry: the entry of a Docker configuration, or a user with a password, or a token.
pub(crate) fn shown(held: &[u8], url: &str) -> Result<Option<Shown>> {
    let json = held.trim_ascii_start().starts_with(b"{").then_some(held);
    let has = |json: &[u8], name: &str| {
        let read: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(json).ok();
        read.is_some_and(|fields| fields.contains_key(name))
    };
    let docker = ["auths", "credHelpers", "credsStore"];
    if let Some(json) = json.filter(|json| docker.iter().any(|name| has(json, name))) {
        return Shown::from_docker_config(json, url);
    }
    match pair(held)? {
        Pair::Token(token) => Ok(Some(Shown::bearer(token))),
        Pair::User(user, password) => Ok(Some(Shown::basic(user, password))),
    }
}

/// Reads a file of credentials, certificates or keys, which is never large.
pub(crate) fn bytes(file: &Path, what: &str) -> Result<Vec<u8>> {
    let unreadable = |error: std::io::Error| {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, format!("the {what} cannot be read")).caused_by(error)
    };
    if file.is_dir() {
        return folder(file, what);
    }
    let mut bytes = Vec::new();
    File::open(file).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > BYTES_MAX {
        let message = format!("the file of {what} is too large");
        return Err(Error::new(ErrorKind::Limit, message).with("max", BYTES_MAX));
    }
    Ok(bytes)
}

/// Reads a Secret that is mounted as a folder, as the map that it is.
fn folder(folder: &Path, what: &str) -> Result<Vec<u8>> {
    let mut fields = serde_json::Map::new();
    let (names, help): (&[&str], _) =
        if what == "proxy" { (&PROXY, PROXY_HELP) } else { (&SECRET, SECRET_HELP) };
    for name in names.iter().map(|name| (*name, folder.join(name))).filter(|(_, file)| file.is_file()) {
        let text = String::from_utf8(bytes(&name.1, what)?);
        let text = text.map_err(|_| Error::new(ErrorKind::Invalid, format!("the {what} are not UTF-8")))?;
        fields.insert(name.0.to_owned(), text.into());
    }
    if fields.is_empty() {
        let message = format!("the folder of {what} holds none of the files of a Secret");
        return Err(Error::new(ErrorKind::NotFound, message).with_help(help));
    }
    Ok(serde_json::Value::Object(fields).to_string().into_bytes())
}

const PROXY_HELP: &str = "write the address alone, such as http://proxy.example:3128, or `address: …`, `username: …` and \
                          `password: …` on three lines";

/// Reads the address of a proxy, with the user and the password in it. What is wrong is said without a word of what is there.
pub(crate) fn proxy_address(held: &[u8]) -> Result<String> {
    let wrong = |message: &'static str| Error::new(ErrorKind::Invalid, message).with_help(PROXY_HELP);
    let text = std::str::from_utf8(held).map_err(|_| wrong("the proxy is not UTF-8"))?.trim();
    if text.contains("://") && !text.contains(char::is_whitespace) && !text.starts_with('{') {
        return Ok(text.to_owned());
    }
    let documents = windlass_yaml::read(text.as_bytes(), &Options::default());
    let documents = documents.map_err(|_| wrong("the proxy is neither an address nor YAML"))?;
    let [document] = documents.as_slice() else { return Err(wrong("the proxy is not one document")) };
    let fields = document.value.as_map().ok_or_else(|| wrong("the proxy is neither an address nor a map"))?;
    if fields.iter().any(|(name, _)| !PROXY.contains(&name.as_str())) {
        return Err(wrong("the proxy has a field that is none of address, username and password"));
    }
    let field = |name| {
        document.value.get(name).and_then(Value::as_text).map(str::trim).filter(|text| !text.is_empty())
    };
    let address = field("address").ok_or_else(|| wrong("the proxy has no address that is a text"))?;
    let (scheme, place) =
        address.split_once("://").ok_or_else(|| wrong("the address of the proxy has no scheme"))?;
    match (field("username"), field("password")) {
        (None, None) => Ok(address.to_owned()),
        (Some(user), password) => {
            let password = password.map_or_else(String::new, |password| format!(":{}", escaped(password)));
            Ok(format!("{scheme}://{}{password}@{place}", escaped(user)))
        }
        (None, Some(_)) => Err(wrong("the proxy has a password without a username")),
    }
}

/// Writes what may hold anything as a part of an address: RFC 3986, 2.1.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

/// What a file of credentials holds for a repository.
pub(crate) struct Pass {
    pub(crate) credentials: Credentials,
    /// Lines of known hosts that are beside a private key.
    pub(crate) known_hosts: Option<String>,
}

/// What a file of credentials holds.
pub(crate) enum Pair {
    Token(String),
    User(String, String),
}

/// Reads what is shown a Git server: a token, a user with a password, or a private key.
pub(crate) fn parse(bytes: &[u8]) -> Result<Pass> {
    if bytes.trim_ascii_start().starts_with(b"-----BEGIN ") {
        let wrong = |_| Error::new(ErrorKind::Invalid, "the private key is not UTF-8").with_help(SECRET_HELP);
        let key = std::str::from_utf8(bytes).map_err(wrong)?;
        return Ok(Pass { credentials: Credentials::key(key), known_hosts: None });
    }
    if let Some(pass) = secret(bytes)? {
        return Ok(pass);
    }
    let credentials = match pair(bytes)? {
        Pair::Token(token) => Credentials::basic(USER, token),
        Pair::User(user, password) => Credentials::basic(user, password),
    };
    Ok(Pass { credentials, known_hosts: None })
}

/// Reads the fields of a Secret of Flux for SSH, or with a bearer token; `None` for whatever is none.
fn secret(bytes: &[u8]) -> Result<Option<Pass>> {
    let documents = windlass_yaml::read(bytes, &Options::default()).unwrap_or_default();
    let [document] = documents.as_slice() else { return Ok(None) };
    let Some(fields) = document.value.as_map() else { return Ok(None) };
    let wrong = |message: &'static str| Error::new(ErrorKind::Invalid, message).with_help(SECRET_HELP);
    let text = |name: &str| match document.value.get(name) {
        None => Ok(None),
        Some(value) => match value.as_text() {
            Some(text) => Ok(Some(text)),
            None => Err(wrong("the Secret has a field that is not a text")),
        },
    };
    if let (Some(token), 1) = (text("bearerToken")?, fields.len()) {
        return Ok(Some(Pass { credentials: Credentials::bearer(token), known_hosts: None }));
    }
    let Some(identity) = text("identity")? else { return Ok(None) };
    if fields.iter().any(|(name, _)| !SECRET[..5].contains(&name.as_str())) {
        return Err(wrong("the Secret has a field that is none of Flux's for SSH"));
    }
    let key = Credentials::key(identity);
    let credentials = text("password")?.into_iter().fold(key, Credentials::with_passphrase);
    Ok(Some(Pass { credentials, known_hosts: text("known_hosts")?.map(str::to_owned) }))
}

/// Reads credentials. What is wrong is said without a word of what is there.
pub(crate) fn pair(bytes: &[u8]) -> Result<Pair> {
    let wrong = |message: &'static str| Error::new(ErrorKind::Invalid, message).with_help(HELP);
    let text = std::str::from_utf8(bytes).map_err(|_| wrong("the credentials are not UTF-8"))?.trim();
    if text.is_empty() {
        return Err(wrong("the file of credentials is empty"));
    }
    if !text.starts_with('{') && !text.contains(char::is_whitespace) {
        return Ok(Pair::Token(text.to_owned()));
    }
    let documents = windlass_yaml::read(text.as_bytes(), &Options::default());
    let documents = documents.map_err(|_| wrong("the credentials are neither a token nor YAML"))?;
    let [document] = documents.as_slice() else { return Err(wrong("the credentials are several documents")) };
    let fields =
        document.value.as_map().ok_or_else(|| wrong("the credentials are neither a token nor a map"))?;
    if fields.iter().any(|(name, _)| !matches!(name.as_str(), "username" | "password")) {
        return Err(wrong("the credentials have a field that is neither username nor password"));
    }
    let field = |name| document.value.get(name).and_then(Value::as_text).filter(|text| !text.is_empty());
    match (field("username"), field("password")) {
        (Some(user), Some(password)) => Ok(Pair::User(user.to_owned(), password.to_owned())),
        (None, _) => Err(wrong("the credentials have no username that is a text")),
        (_, None) => Err(wrong("the credentials have no password that is a text")
            .with_help("write `password: …`, in quotes where it looks like a number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_a_token_or_a_user_with_a_password() {
        let token = Credentials::basic("git", "ghp_secret");
        let basic = Credentials::basic("ada", "se cret");
        for (text, expected) in [
            ("ghp_secret\n", &token),
            ("  ghp_secret  ", &token),
            ("username: ada\npassword: se cret\n", &basic),
            ("{\"username\":\"ada\",\"password\":\"se cret\"}", &basic),
        ] {
            assert_eq!(&parse(text.as_bytes()).unwrap().credentials, expected, "{text}");
        }
    }

    #[test]
    fn a_private_key_is_alone_or_in_a_secret_of_flux() {
        let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n-----END OPENSSH PRIVATE KEY-----\n";
        let block = key.replace('\n', "\n  ");
        let plain = Credentials::key(key);
        let locked = Credentials::key(key).with_passphrase("phrase");
        let hosts = Some("host ssh-ed25519 AAAA".to_owned());
        for (text, expected, known) in [
            (key.to_owned(), &plain, &None),
            (format!("identity: |\n  {block}\nknown_hosts: host ssh-ed25519 AAAA\n"), &plain, &hosts),
            (format!("identity.pub: x\npassword: phrase\nidentity: |\n  {block}\n"), &locked, &None),
        ] {
            let pass = parse(text.as_bytes()).unwrap();
            assert_eq!((&pass.credentials, &pass.known_hosts), (expected, known), "{text}");
        }
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("identity", key), ("known_hosts", "host ssh-ed25519 AAAA"), ("..data", "x")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let pass = parse(&bytes(folder.path(), "credentials").unwrap()).unwrap();
        assert_eq!((&pass.credentials, &pass.known_hosts), (&plain, &hosts));
        let empty = tempfile::tempdir().unwrap();
        assert!(bytes(empty.path(), "credentials").unwrap_err().help().is_some());
    }

    #[test]
    fn a_proxy_is_an_address_alone_or_a_secret_of_flux() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in
            [("address", "http://proxy.example:3128"), ("username", "ada"), ("password", "p@ss\n")]
        {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mounted = bytes(folder.path(), "proxy").unwrap();
        for (held, expected) in [
            (b"http://proxy.example:3128\n".as_slice(), "http://proxy.example:3128"),
            (b"address: socks5://proxy.example:1080\n", "socks5://proxy.example:1080"),
            (
                b"address: http://proxy.example\nusername: a/b\npassword: c:d\n",
                "http://a%2Fb:c%3Ad@proxy.example",
            ),
            (&mounted, "http://ada:p%40ss@proxy.example:3128"),
        ] {
            assert_eq!(proxy_address(held).unwrap(), expected);
        }
        for text in [
            "",
            "secret",
            "address: secret",
            "address: http://secret\npassword: secret",
            "secret: secret",
            "- secret",
        ] {
            let error = proxy_address(text.as_bytes()).unwrap_err();
            assert!(!format!("{error:?} {}", error.explain()).contains("secret"), "{text}: {error:?}");
            assert!(error.help().is_some(), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_wrong_with_credentials_is_said_without_them() {
        for text in [
            "",
            "two secrets",
            "username: secret",
            "username: secret\npassword: 1234567",
            "username: ada\npassword: secret\nsecret: secret",
            "username: ada\nusername: secret",
            "- secret\n- secret",
            "username: {secret\n",
            "username: secret\n---\npassword: secret\n",
            "identity: 1234567\npassword: secret",
            "identity: secret\ntoken: secret",
        ] {
            let error = parse(text.as_bytes()).map(|_| ()).unwrap_err();
            assert!(!format!("{error:?} {}", error.explain()).contains("secret"), "{text}: {error:?}");
            assert!(error.help().is_some(), "{text}: {error}");
        }
    }

    #[test]
    fn a_registry_is_shown_what_a_file_holds_for_it() {
        let ada = Some(Shown::basic("ada", "secret"));
        for (text, expected) in [
            ("username: ada\npassword: secret\n", &ada),
            (r#"{"username": "ada", "password": "secret"}"#, &ada),
            (r#"{"auths": {"registry.example": {"auth": "YWRhOnNlY3JldA=="}}}"#, &ada),
            (r#"{"auths": {"other.example": {"auth": "YWRhOnNlY3JldA=="}}}"#, &None),
            ("secret\n", &Some(Shown::bearer("secret"))),
        ] {
            assert_eq!(
                shown(text.as_bytes(), "oci://registry.example/fleet/shop").as_ref().unwrap(),
                expected,
                "{text}"
            );
        }
    }
}
