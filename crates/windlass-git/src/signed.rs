//! Whose signature a revision bears.

use gix::{ObjectId, Repository};
use windlass_core::{Error, ErrorKind, Result};
use windlass_verify::{Keys, Refusal, Signed, Signer};

use crate::disk;
use crate::range::TAGS;

/// What of a revision must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SignedPart {
    /// The commit.
    #[default]
    Head,
    /// The tag that was followed.
    Tag,
    /// Both, each by one of the keys.
    TagAndHead,
}

/// Which signatures a revision must bear before its files are given out.
///
/// ```
/// use windlass_git::{GitSource, SignedPart, Verification};
/// use windlass_verify::Keys;
///
/// # let team = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
/// let keys = Keys::new().with_authorized_keys(team)?;
/// let source = GitSource::new("https://example.org/fleet")
///     .tag("v1.0.0")
///     .with_verification(Verification::new(keys).of(SignedPart::Tag));
/// # Ok::<(), windlass_verify::Refusal>(())
/// ```
#[derive(Debug, Clone)]
pub struct Verification {
    keys: Keys,
    part: SignedPart,
}

impl Verification {
    /// One of these keys must have signed the commit.
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self { keys, part: SignedPart::Head }
    }

    /// Says what must be signed.
    #[must_use]
    pub fn of(mut self, part: SignedPart) -> Self {
        self.part = part;
        self
    }

    pub(crate) fn wants_tag(&self) -> bool {
        self.part != SignedPart::Head
    }

    /// Verifies what is wanted, and says who signed. `tag` is the name that was followed, with its object.
    pub(crate) fn check(
        &self,
        repository: &Repository,
        commit: ObjectId,
        tag: Option<(&str, &[u8])>,
    ) -> Result<String> {
        let mut signers: Vec<String> = Vec::new();
        if self.wants_tag() {
            let (name, raw) = tag.ok_or_else(|| no_tag(commit))?;
            names(raw, name, commit)?;
            let signer = self.signer(Signed::tag(raw)).map_err(|why| refused(&why).with("tag", name))?;
            signers.push(signer.to_string());
        }
        if self.part != SignedPart::Tag {
            let unread = |error| disk::unreadable("unreadable commit", error).with("commit", commit);
            let raw = repository.find_object(commit).map_err(unread)?;
            let signer = self.signer(Signed::commit(&raw.data));
            let signer = signer.map_err(|why| refused(&why).with("commit", commit))?.to_string();
            if !signers.contains(&signer) {
                signers.push(signer);
            }
        }
        Ok(signers.join(", "))
    }

    fn signer(
        &self,
        signed: std::result::Result<Signed<'_>, Refusal>,
    ) -> std::result::Result<Signer, Refusal> {
        signed.and_then(|signed| self.keys.verify(&signed))
    }
}

/// Checks that a tag is of this commit and was made under this name: an old tag may not be passed off as another.
fn names(raw: &[u8], name: &str, commit: ObjectId) -> Result<()> {
    let tag = gix::objs::TagRef::from_bytes(raw, commit.kind());
    let tag = tag.map_err(|error| {
        Error::new(ErrorKind::Corrupt, "unreadable tag").with("tag", name).caused_by(error)
    })?;
    let short = name.strip_prefix(TAGS).unwrap_or(name);
    if tag.target() != commit || tag.name != short {
        return Err(Error::new(ErrorKind::Denied, "the tag was signed as another")
            .with("tag", short)
            .with("signedAs", tag.name)
            .with_help("sign it under its own name, at its own commit"));
    }
    Ok(())
}

fn no_tag(commit: ObjectId) -> Error {
    Error::new(ErrorKind::Denied, "there is no signed tag to verify")
        .with("commit", commit)
        .with_help("follow an annotated tag, or a range of versions")
}

fn refused(why: &Refusal) -> Error {
    Error::new(ErrorKind::Denied, "no trusted signature")
        .with("why", why)
        .with_help("sign it with one of the keys that are trusted, or trust the key that signed it")
}
