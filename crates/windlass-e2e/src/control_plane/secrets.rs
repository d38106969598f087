//! Keys, certificates, tokens and kubeconfigs, made anew for each start and readable by the owner alone.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use super::error::Error;

/// The names by which the API server is reached, from outside and as the Service `kubernetes`.
const NAMES: &[&str] = &[
    "127.0.0.1",
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "127.96.0.1",
];

/// The kubeconfig of the administrator.
pub(crate) const ADMIN_KUBECONFIG: &str = "admin.kubeconfig";
/// The kubeconfig of the user without rights.
pub(crate) const GUEST_KUBECONFIG: &str = "guest.kubeconfig";

/// Writes everything that the parts and their clients need to trust each other.
pub(crate) fn write_all(folder: &Path, server: &str) -> Result<(), Error> {
    let (authority, certificate, key) = certificates().map_err(|error| Error::Keys(error.to_string()))?;
    let accounts = KeyPair::generate().map_err(|error| Error::Keys(error.to_string()))?;
    let (admin, guest) = (token()?, token()?);
    let tokens = format!("{admin},admin,admin,system:masters\n{guest},guest,guest\n");
    let files = [
        ("ca.crt", authority),
        ("apiserver.crt", certificate),
        ("apiserver.key", key),
        ("accounts.key", accounts.serialize_pem()),
        ("accounts.pub", accounts.public_key_pem()),
        ("tokens.csv", tokens),
        (ADMIN_KUBECONFIG, kubeconfig(folder, server, "admin", &admin)),
        (GUEST_KUBECONFIG, kubeconfig(folder, server, "guest", &guest)),
    ];
    files.iter().try_for_each(|(name, text)| write_private(&folder.join(name), text))
}

/// Writes a file that only its owner may read.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(Error::io("create", path))?;
    file.write_all(text.as_bytes()).map_err(Error::io("write", path))
}

/// An authority and what it signed: its certificate, then the certificate and the key of the API server.
fn certificates() -> Result<(String, String, String), rcgen::Error> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params.distinguished_name.push(DnType::CommonName, "windlass-e2e");
    let key = KeyPair::generate()?;
    let authority = params.self_signed(&key)?;
    let issuer = Issuer::new(params, key);

    let names: Vec<String> = NAMES.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names)?;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    let key = KeyPair::generate()?;
    Ok((authority.pem(), params.signed_by(&key, &issuer)?.pem(), key.serialize_pem()))
}

fn token() -> Result<String, Error> {
    let mut bytes = [0; 16];
    let source = Path::new("/dev/urandom");
    File::open(source).and_then(|mut file| file.read_exact(&mut bytes)).map_err(Error::io("read", source))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// The path is quoted as `Debug` does, which is how YAML reads it.
fn kubeconfig(folder: &Path, server: &str, user: &str, token: &str) -> String {
    let authority = folder.join("ca.crt");
    format!(
        r#"apiVersion: v1
kind: Config
clusters:
- name: windlass
  cluster:
    certificate-authority: {authority:?}
    server: {server}
users:
- name: {user}
  user:
    token: {token}
contexts:
- name: windlass
  context:
    cluster: windlass
    user: {user}
current-context: windlass
"#
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secrets_are_readable_by_the_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        write_all(folder.path(), "https://127.0.0.1:1").expect("secrets");
        for entry in fs::read_dir(folder.path()).expect("a folder") {
            let entry = entry.expect("a file");
            let mode = entry.metadata().expect("its mode").permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "mode of {:?}", entry.file_name());
        }
    }

    #[test]
    fn each_start_has_tokens_of_its_own() {
        let (one, other) = (token().expect("a token"), token().expect("a token"));
        assert_eq!(one.len(), 32, "128 bits in hexadecimal");
        assert_ne!(one, other, "tokens are random");
    }

    #[test]
    fn only_the_administrator_is_in_a_group() {
        let folder = tempfile::tempdir().expect("a folder");
        write_all(folder.path(), "https://127.0.0.1:1").expect("secrets");
        let tokens = fs::read_to_string(folder.path().join("tokens.csv")).expect("tokens");
        let rest: Vec<_> =
            tokens.lines().filter_map(|line| line.split_once(',')).map(|(_, rest)| rest).collect();
        assert_eq!(rest, ["admin,admin,system:masters", "guest,guest"]);
    }
}
