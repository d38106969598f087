//! Who signs without a key of their own.

use regex::{Regex, RegexBuilder};

use super::Refusal;

/// The most bytes that an expression may take in memory.
const EXPRESSION_BYTES_MAX: usize = 1 << 20;

/// Whose certificates count, as an entry of Flux's `matchOIDCIdentity` says it.
///
/// ```
/// use windlass_verify::sigstore::Identity;
///
/// let releases = Identity::matching(
///     "^https://token\\.actions\\.githubusercontent\\.com$",
///     "^https://github\\.com/example/fleet/\\.github/workflows/release\\.yml@refs/tags/v.*$",
/// )?;
/// # Ok::<(), windlass_verify::sigstore::Refusal>(())
/// ```
#[derive(Debug, Clone)]
pub struct Identity {
    issuer: Regex,
    subject: Regex,
}

impl Identity {
    /// Takes certificates whose issuer and whose subject each match an expression. An expression may match anywhere in the
    /// text, as in Flux: `^` and `$` bind it to the whole.
    ///
    /// # Errors
    /// [`Refusal::Expression`] for what is none.
    pub fn matching(issuer: &str, subject: &str) -> Result<Self, Refusal> {
        let expression = |text: &str| {
            let built = RegexBuilder::new(text).size_limit(EXPRESSION_BYTES_MAX).build();
            built.map_err(|error| Refusal::Expression(format!("{text:?}: {error}")))
        };
        Ok(Self { issuer: expression(issuer)?, subject: expression(subject)? })
    }

    pub(super) fn fits(&self, subject: &str, issuer: &str) -> bool {
        self.issuer.is_match(issuer) && self.subject.is_match(subject)
    }
}
