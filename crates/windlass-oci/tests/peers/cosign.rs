//! cosign, which `go` installs once, into the cache.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::go::run;
use crate::programs::Registry;

const PACKAGE: &str = "github.com/sigstore/cosign/v3/cmd/cosign";
const VERSION: &str = "v3.1.3";

/// Whoever signs: a folder with a key that is not protected.
pub(crate) struct Signer {
    folder: tempfile::TempDir,
}

impl Signer {
    pub(crate) fn new() -> Self {
        let signer = Self { folder: tempfile::tempdir().unwrap() };
        signer.cosign(&["generate-key-pair"]);
        signer
    }

    pub(crate) fn public_key(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("cosign.pub")).unwrap()
    }

    /// Signs an artifact, in the newer form or in the older one.
    pub(crate) fn sign(&self, artifact: &str, is_bundle: bool) {
        let form = format!("--new-bundle-format={is_bundle}");
        self.cosign(&[
            "sign",
            "--yes",
            "--key=cosign.key",
            "--use-signing-config=false",
            "--tlog-upload=false",
            "--allow-http-registry",
            &form,
            artifact,
        ]);
    }

    /// Whether cosign itself finds a signature of this key.
    pub(crate) fn verifies(&self, artifact: &str) -> bool {
        let done = self
            .command()
            .args([
                "verify",
                "--key=cosign.pub",
                "--insecure-ignore-tlog=true",
                "--allow-http-registry",
                artifact,
            ])
            .output();
        done.unwrap().status.success()
    }

    /// Whether cosign finds a bundle by a certificate for this subject of this issuer, against a trusted root.
    pub(crate) fn verifies_by(&self, root: &str, (subject, issuer): (&str, &str), artifact: &str) -> bool {
        std::fs::write(self.folder.path().join("root.json"), root).unwrap();
        let (subject, issuer) =
            (format!("--certificate-identity={subject}"), format!("--certificate-oidc-issuer={issuer}"));
        let done = self
            .command()
            .args([
                "verify",
                "--trusted-root=root.json",
                "--allow-http-registry",
                &subject,
                &issuer,
                artifact,
            ])
            .output();
        done.unwrap().status.success()
    }

    fn cosign(&self, args: &[&str]) {
        run(self.command().args(args));
    }

    fn command(&self) -> Command {
        let mut command = Command::new(program());
        command.current_dir(self.folder.path()).env("HOME", self.folder.path()).env("COSIGN_PASSWORD", "");
        command
    }
}

impl Registry {
    /// Names an artifact by its digest, as cosign wants it.
    pub(crate) fn artifact(&self, repository: &str, digest: &impl std::fmt::Display) -> String {
        format!("{}/{repository}@{digest}", self.host)
    }
}

fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
        let cache = cache.join("windlass");
        let done = cache.join(format!("cosign-{VERSION}"));
        if !done.is_dir() {
            install(&cache, &done);
        }
        done.join("cosign")
    })
}

/// Installs beside the place, so that it appears at once and complete.
fn install(cache: &Path, done: &Path) {
    std::fs::create_dir_all(cache).unwrap();
    let work = tempfile::tempdir_in(cache).unwrap();
    let mut go = Command::new("go");
    go.args(["install", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"])
        .arg(format!("{PACKAGE}@{VERSION}"));
    go.env("GOBIN", work.path().join("bin")).env("CGO_ENABLED", "0").env("GOTOOLCHAIN", "local");
    go.env("GOFLAGS", "").env("GOWORK", "off");
    run(go.current_dir(work.path()));
    if let Err(error) = std::fs::rename(work.path().join("bin"), done) {
        assert!(done.is_dir(), "{error}: another build must have come first");
    }
}
