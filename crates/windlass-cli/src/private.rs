//! Sources with what files hold, read anew at each pass: credentials, authorities, a certificate.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use windlass_bucket::{BucketSource, Credentials as Pass};
use windlass_core::{
    Artifact, Context, Error, ErrorKind, Paths, Resolved, Result, Revision, Source, async_trait,
};
use windlass_git::{GitSource, SignedPart, Verification};
use windlass_oci::{OciSource, Verification as Signed};
use windlass_verify::Keys;
use windlass_web::{ArchiveSource, ChartSource, Credentials as Login};
use windlass_yaml::Options;

use crate::credentials::{Pair, bytes, pair, parse, proxy_address, shown};
use crate::signing;
use crate::spec::ServerFiles;

/// A source with what files hold: credentials, authorities, a certificate. `Debug` shows the files, never what is in them.
pub(crate) struct Private<S> {
    source: S,
    files: PrivateFiles,
    dress: Dress<S>,
    /// What the files held last and the source with that, which keeps its connections while it stays the same.
    last: Mutex<Option<(Held, Arc<S>)>>,
}

/// The files that a unit names.
#[derive(Debug, Clone, Default)]
pub(crate) struct PrivateFiles {
    pub(crate) server: ServerFiles,
    pub(crate) keys: Option<PathBuf>,
    pub(crate) known_hosts: Option<PathBuf>,
    pub(crate) root: Option<PathBuf>,
}

/// Gives a source what the files hold.
type Dress<S> = Box<dyn Fn(S, &Held) -> Result<S> + Send + Sync>;

/// What the files hold.
#[derive(PartialEq)]
pub(crate) struct Held {
    credentials: Option<Vec<u8>>,
    authority: Option<Vec<u8>>,
    certificate: Option<Vec<u8>>,
    /// The address, with the user and the password in it.
    proxy: Option<String>,
    keys: Option<Vec<u8>>,
    known_hosts: Option<Vec<u8>>,
    root: Option<Vec<u8>>,
}

impl<S: Clone> Private<S> {
    fn new(source: S, files: PrivateFiles, dress: Dress<S>) -> Self {
        Self { source, files, dress, last: Mutex::default() }
    }

    fn now(&self) -> Result<Arc<S>> {
        let read = |key: &'static str, what: &str, file: &Option<PathBuf>| {
            let bytes =
                file.as_ref().map(|file| bytes(file, what).map_err(|error| error.with(key, file.display())));
            bytes.transpose()
        };
        let server = &self.files.server;
        let proxy = read("proxyFile", "proxy", &server.proxy)?;
        let proxy = proxy.as_deref().map(proxy_address).transpose();
        let proxy = proxy.map_err(|error| match &server.proxy {
            Some(file) => error.with("proxyFile", file.display()),
            None => error,
        })?;
        let held = Held {
            credentials: read("credentialsFile", "credentials", &server.credentials)?,
            authority: read("authorityFile", "authorities", &server.authority)?,
            certificate: read("certificateFile", "certificate", &server.certificate)?,
            proxy,
            keys: read("keysFile", "keys", &self.files.keys)?,
            known_hosts: read("knownHostsFile", "known hosts", &self.files.known_hosts)?,
            root: read("trustedRootFile", "trusted root", &self.files.root)?,
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, source)) = last.as_ref().filter(|(known, _)| *known == held) {
            return Ok(Arc::clone(source));
        }
        let named = |error: Error| match &server.credentials {
            Some(file) => error.with("credentialsFile", file.display()),
            None => error,
        };
        let source = Arc::new((self.dress)(self.source.clone(), &held).map_err(named)?);
        *last = Some((held, Arc::clone(&source)));
        Ok(source)
    }
}

impl<S: fmt::Debug> fmt::Debug for Private<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Private").field("source", &self.source).field("files", &self.files).finish()
    }
}

#[async_trait]
impl<S: Source + Clone> Source for Private<S> {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        self.now()?.resolve(cx).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        self.now()?.fetch(cx, revision, paths).await
    }
}

/// Gives a source of any kind what files hold of how its server is reached.
macro_rules! reached {
    ($source:expr, $held:expr) => {{
        let source =
            $held.authority.iter().cloned().fold($source, |source, pem| source.with_authorities(pem));
        let both = $held.certificate.iter().cloned();
        let source = both.fold(source, |source, both| source.with_client_certificate(both.clone(), both));
        $held.proxy.iter().fold(source, |source, url| source.with_proxy(url))
    }};
}

/// A repository, with what files hold: credentials, and the keys by one of which `part` of a revision must be signed.
pub(crate) fn private_git(source: GitSource, files: PrivateFiles, part: SignedPart) -> Private<GitSource> {
    let (credentials, keys) = (files.server.credentials.clone(), files.keys.clone());
    let dress = move |mut source: GitSource, held: &Held| {
        // Lines that are no text are told as lines that are wrong.
        let mut hosts = held.known_hosts.as_deref().map(|lines| String::from_utf8_lossy(lines).into_owned());
        if let (Some(bytes), Some(file)) = (&held.credentials, &credentials) {
            // Who names the file is given its token, so all tokens that are put there may share one cache.
            let file = file.canonicalize().unwrap_or_else(|_| file.clone());
            let pass = parse(bytes)?;
            let identity = format!("file {}", file.display());
            source = source.with_credentials(pass.credentials.with_identity(identity));
            if let Some(beside) = pass.known_hosts {
                hosts = Some(hosts.map_or(beside.clone(), |lines| format!("{lines}\n{beside}")));
            }
        }
        source = hosts.into_iter().fold(source, GitSource::with_known_hosts);
        source = reached!(source, held);
        if let (Some(bytes), Some(file)) = (&held.keys, &keys) {
            let keys = trusted(bytes).map_err(|error| error.with("keysFile", file.display()))?;
            source = source.with_verification(Verification::new(keys).of(part));
        }
        Ok(source)
    };
    Private::new(source, files, Box::new(dress))
}

/// Reads the keys that are trusted, in whichever form they are written.
fn trusted(bytes: &[u8]) -> Result<Keys> {
    let wrong = |why: &dyn fmt::Display| {
        Error::new(ErrorKind::Invalid, "the keys cannot be used").with("because", why).with_help(
            "write OpenPGP keys in armor, lines of authorized_keys, or allowed signers of Git, one form in one file",
        )
    };
    let text = std::str::from_utf8(bytes).map_err(|error| wrong(&error))?;
    let is_key = |line: &str| ["ssh-", "ecdsa-", "sk-"].iter().any(|kind| line.starts_with(kind));
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys = match lines().next() {
        None => return Err(wrong(&"there is none")),
        Some(line) if line.starts_with("-----BEGIN PGP") => Keys::new().with_openpgp(text),
        Some(_) if lines().all(is_key) => Keys::new().with_authorized_keys(text),
        Some(_) => Keys::new().with_allowed_signers(text),
    };
    keys.map_err(|why| wrong(&why))
}

/// An artifact, with what files hold: besides credentials the keys or the root by which it must be signed, by one of
/// `identities`.
pub(crate) fn private_artifact(
    source: OciSource,
    url: &str,
    files: PrivateFiles,
    identities: Vec<(String, String)>,
) -> Private<OciSource> {
    let (url, keys, root) = (url.to_owned(), files.keys.clone(), files.root.clone());
    let dress = move |mut source: OciSource, held: &Held| {
        if let Some(bytes) = &held.credentials {
            source = shown(bytes, &url)?.into_iter().fold(source, OciSource::with_credentials);
        }
        if let (Some(bytes), Some(file)) = (&held.keys, &keys) {
            let signers = signing::keys(bytes).map_err(|error| error.with("keysFile", file.display()))?;
            source = source.with_verification(Signed::new(signers));
        }
        if let (Some(bytes), Some(file)) = (&held.root, &root) {
            let signers = signing::root(bytes, &identities);
            let signers = signers.map_err(|error| error.with("trustedRootFile", file.display()))?;
            source = source.with_verification(Signed::new(signers));
        }
        Ok(reached!(source, held))
    };
    Private::new(source, files, Box::new(dress))
}

/// A bucket, with what files hold.
pub(crate) fn private_bucket(source: BucketSource, files: PrivateFiles) -> Private<BucketSource> {
    let dress = |mut source: BucketSource, held: &Held| {
        if let Some(bytes) = &held.credentials {
            source = source.with_credentials(keys(bytes)?);
        }
        Ok(reached!(source, held))
    };
    Private::new(source, files, Box::new(dress))
}

/// An archive at an address, with what files hold.
pub(crate) fn private_archive(source: ArchiveSource, files: PrivateFiles) -> Private<ArchiveSource> {
    let dress = |mut source: ArchiveSource, held: &Held| {
        if let Some(bytes) = &held.credentials {
            source = source.with_credentials(login(bytes)?);
        }
        Ok(reached!(source, held))
    };
    Private::new(source, files, Box::new(dress))
}

/// A chart of a repository, with what files hold.
pub(crate) fn private_chart(source: ChartSource, files: PrivateFiles) -> Private<ChartSource> {
    let dress = |mut source: ChartSource, held: &Held| {
        if let Some(bytes) = &held.credentials {
            source = source.with_credentials(login(bytes)?);
        }
        Ok(reached!(source, held))
    };
    Private::new(source, files, Box::new(dress))
}

fn login(held: &[u8]) -> Result<Login> {
    Ok(match pair(held)? {
        Pair::Token(token) => Login::bearer(token),
        Pair::User(user, password) => Login::basic(user, password),
    })
}

const KEYS_HELP: &str = "write `accesskey: …` and `secretkey: …` on two lines, and `sessiontoken: …` on a third where the keys \
                         are for a limited time; or the file of AWS's tools, with a profile called default";

/// Reads the keys of a bucket: a map as Flux's Secret has it, or the profile `default` of a file of AWS's tools. What is
/// wrong is said without a word of what is there.
fn keys(bytes: &[u8]) -> Result<Pass> {
    let wrong = |message: &'static str| Error::new(ErrorKind::Invalid, message).with_help(KEYS_HELP);
    let text = std::str::from_utf8(bytes).map_err(|_| wrong("the credentials are not UTF-8"))?.trim();
    let is_profile = text.lines().any(|line| line.trim_start().starts_with("aws_access_key_id"));
    let fields: BTreeMap<String, String> = match is_profile {
        true => profile(text),
        false => {
            let documents = windlass_yaml::read(text.as_bytes(), &Options::default());
            let documents = documents.map_err(|_| wrong("the credentials are not a map"))?;
            let [document] = documents.as_slice() else {
                return Err(wrong("the credentials are not one document"));
            };
            let fields = document.value.as_map().ok_or_else(|| wrong("the credentials are not a map"))?;
            if fields
                .iter()
                .any(|(name, _)| !matches!(name.as_str(), "accesskey" | "secretkey" | "sessiontoken"))
            {
                return Err(wrong("the credentials have a field that is none of theirs"));
            }
            let texts = fields.iter().filter_map(|(name, value)| Some((name, value.as_text()?)));
            texts.map(|(name, value)| (name.to_string(), value.to_owned())).collect()
        }
    };
    let field = |name| fields.get(name).filter(|text| !text.is_empty());
    let (Some(access), Some(secret)) = (field("accesskey"), field("secretkey")) else {
        return Err(wrong("the credentials have no access key or no secret key that is a text"));
    };
    let keys = Pass::new(access, secret);
    Ok(field("sessiontoken").into_iter().fold(keys, Pass::with_session_token))
}

/// The fields of the profile `default`, by our names for them.
fn profile(text: &str) -> BTreeMap<String, String> {
    let (mut is_default, mut fields) = (true, BTreeMap::new());
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            is_default = name.trim() == "default";
        } else if let Some((name, value)) = line.split_once('=').filter(|_| is_default) {
            let name = match name.trim().to_ascii_lowercase().as_str() {
                "aws_access_key_id" => "accesskey",
                "aws_secret_access_key" => "secretkey",
                "aws_session_token" => "sessiontoken",
                _ => continue,
            };
            fields.insert(name.to_owned(), value.trim().to_owned());
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_bucket_are_read_as_flux_and_aws_keep_them() {
        let plain = Pass::new("ada", "secret");
        let token = Pass::new("ada", "secret").with_session_token("canary");
        for (text, expected) in [
            ("accesskey: ada\nsecretkey: secret\n", &plain),
            ("{\"accesskey\": \"ada\", \"secretkey\": \"secret\", \"sessiontoken\": \"canary\"}", &token),
            ("[default]\naws_access_key_id = ada\naws_secret_access_key=secret\nregion = x\n", &plain),
            (
                "# mine\n[default]\naws_access_key_id=ada\naws_secret_access_key=secret\naws_session_token=canary\n\
                 [prod]\naws_access_key_id=eve\n",
                &token,
            ),
        ] {
            assert_eq!(keys(text.as_bytes()).as_ref().unwrap(), expected, "{text}");
        }
        for text in [
            "",
            "secret",
            "accesskey: secret",
            "accesskey: a\nsecretkey: 1",
            "secret: secret",
            "[prod]\naws_access_key_id=secret",
        ] {
            let error = keys(text.as_bytes()).unwrap_err();
            assert!(!format!("{error:?} {}", error.explain()).contains("secret:"), "{text}: {error:?}");
            assert!(error.help().is_some(), "{text}: {error}");
        }
    }

    #[test]
    fn credentials_are_read_anew_and_a_source_is_made_anew_only_for_others() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "one").unwrap();
        let server = ServerFiles { credentials: Some(file.clone()), ..ServerFiles::default() };
        let files = PrivateFiles { server, ..PrivateFiles::default() };
        let source = private_git(GitSource::new("https://example.org/fleet.git"), files, SignedPart::Head);
        let first = source.now().unwrap();
        assert!(Arc::ptr_eq(&first, &source.now().unwrap()));
        std::fs::write(&file, "two").unwrap();
        assert!(!Arc::ptr_eq(&first, &source.now().unwrap()));
        assert!(!format!("{source:?}").contains("two"));
        std::fs::remove_file(&file).unwrap();
        assert_eq!(source.now().unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn keys_are_read_in_each_form_that_git_and_gpg_write() {
        const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
        let signers = format!("# the team\nada@example.org,eve@example.org {KEY}\n");
        for text in [&format!("\n# the team\n{KEY} ada\n"), &signers] {
            assert_eq!(trusted(text.as_bytes()).unwrap().fingerprints().len(), 1, "{text}");
        }
        for text in ["", "# nobody\n", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "ssh-ed25519 AAAA", "ada"] {
            let error = trusted(text.as_bytes()).map(|_| ()).unwrap_err();
            assert_eq!((error.kind(), error.help().is_some()), (ErrorKind::Invalid, true), "{text}: {error}");
        }
    }
}
