//! Where other artifacts come from that a render needs.

use std::sync::Arc;

use crate::{Address, Result, Source};

/// Gives the sources of other artifacts that renders [need](crate::Need::Base): remote bases of a kustomization, dependencies
/// of a chart.
///
/// What is rendered is written by others. So the caller decides which addresses may be asked, and with which credentials.
///
/// For an implementor:
/// - [`source`](Bases::source) asks nobody: it reads the address, and is quick. Only the source asks, when it is resolved.
/// - An address is as the renderer wrote it. The doc of each renderer says which it writes.
/// - Whoever gives one address twice gets sources of the same artifact, with equal revisions while nothing moves. An address
///   may mean something that moves, such as a branch: it is resolved again for each pass. To give the *same* source is best,
///   so that several units share what it keeps.
/// - What is not allowed is [`Denied`](crate::ErrorKind::Denied), also where it could not be read. No part of the address that
///   its author chooses freely, such as a user, `..` or an escaped letter, makes it look like one that is allowed.
/// - What is allowed and is no address of an artifact is [`Invalid`](crate::ErrorKind::Invalid), or
///   [`Unsupported`](crate::ErrorKind::Unsupported) for one that nothing here can bring.
/// - No secret of an address is in an error, or in `Debug` of a source.
///
/// A function of an address is one, such as this, which allows nothing:
///
/// ```
/// use std::sync::Arc;
/// use windlass_core::{Address, Bases, Error, ErrorKind, Result, Source};
///
/// let bases = |address: &Address| -> Result<Arc<dyn Source>> {
///     Err(Error::new(ErrorKind::Denied, "the address is not allowed").with("base", address))
/// };
/// let error = bases.source(&"git::https://example.org/base.git".into()).unwrap_err();
/// assert_eq!(error.to_string(), "the address is not allowed (base=git::https://example.org/base.git)");
/// ```
///
/// [Smaller parts](https://github.com/windlass-dev/windlass/blob/main/docs/smaller-parts.md) has one in a whole crate, with its tests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no bases",
    label = "this does not give the sources of addresses",
    note = "a function is, if it says its types: `|address: &Address| -> Result<Arc<dyn Source>> {{ … }}`",
    note = "how to write them: https://github.com/windlass-dev/windlass/blob/main/docs/smaller-parts.md"
)]
pub trait Bases: Send + Sync + 'static {
    /// Gives the source of an address.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied), [`Invalid`](crate::ErrorKind::Invalid),
    /// [`Unsupported`](crate::ErrorKind::Unsupported).
    fn source(&self, address: &Address) -> Result<Arc<dyn Source>>;
}

impl<F: Fn(&Address) -> Result<Arc<dyn Source>> + Send + Sync + 'static> Bases for F {
    fn source(&self, address: &Address) -> Result<Arc<dyn Source>> {
        self(address)
    }
}
