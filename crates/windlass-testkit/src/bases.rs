//! The laws of [`Bases`].

use std::sync::Arc;

use windlass_core::{Address, Artifact, Bases, ErrorKind, Paths};

use crate::suite::{
    Check, Findings, Harness, ensure, exposed, fails, hides, lacking, not_applicable, ok, run, run_all,
};

/// What gives sources of bases, with addresses that it knows and others that it does not.
pub trait BasesHarness: Harness {
    /// Gives what is tested; the same each time.
    fn bases(&self) -> Arc<dyn Bases>;

    /// Gives an address that is allowed, and at which there is something.
    fn allowed(&self) -> Address;

    /// Gives addresses that are not allowed, some of which look like one that is.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`](crate::suite::Unmet::NotApplicable) where all are allowed.
    fn denied(&self) -> Check<Vec<Address>> {
        not_applicable("the harness knows no address that is not allowed")
    }

    /// Gives addresses that would be allowed, and from which nothing can be brought.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`](crate::suite::Unmet::NotApplicable) where there are none.
    fn unreadable(&self) -> Check<Vec<Address>> {
        not_applicable("the harness knows no address that cannot be read")
    }

    /// Gives addresses with a secret in them, and the secret.
    ///
    /// # Errors
    /// [`Unmet::Lacking`](crate::suite::Unmet::Lacking) where no address has one.
    fn secret(&self) -> Check<(Vec<Address>, String)> {
        lacking("the harness knows no address with a secret")
    }
}

crate::__bases_laws!(__law_table(BasesHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: BasesHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn BasesHarness>(LAWS, || Box::new(make()))
}

fn brought(harness: &dyn BasesHarness, address: &Address) -> Check<Artifact> {
    let source = ok(harness.bases().source(address), "giving the source of an address that is allowed")?;
    let cx = harness.context();
    let fetched = run(harness, async {
        let resolved = source.resolve(&cx).await?;
        source.fetch(&cx, &resolved.revision, &Paths::All).await
    });
    ok(fetched, "bringing what is at an address that is allowed")
}

/// What is at an address that is allowed can be brought.
///
/// # Errors
/// Where it does not hold.
pub fn what_is_allowed_can_be_brought(harness: &dyn BasesHarness) -> Check {
    brought(harness, &harness.allowed()).map(drop)
}

/// One address means one artifact: given twice, it leads to the same revision.
///
/// # Errors
/// Where it does not hold.
pub fn an_address_means_one_artifact(harness: &dyn BasesHarness) -> Check {
    let address = harness.allowed();
    let (Ok(one), Ok(two)) = (brought(harness, &address), brought(harness, &address)) else {
        return not_applicable("nothing can be brought, as another law says");
    };
    ensure!(one.revision().id == two.revision().id, "{address} is at two revisions at once");
    ensure!(one.digest() == two.digest(), "{address} has two contents at once");
    Ok(())
}

/// What is not allowed is denied, however it is written.
///
/// # Errors
/// Where it does not hold.
pub fn what_is_not_allowed_is_denied(harness: &dyn BasesHarness) -> Check {
    for address in harness.denied()? {
        let what = format!("giving the source of {address}, which is not allowed,");
        fails(harness.bases().source(&address), &[ErrorKind::Denied], &what)?;
    }
    Ok(())
}

/// What is allowed and cannot be read is an error that says so, and no source.
///
/// # Errors
/// Where it does not hold.
pub fn what_cannot_be_read_is_invalid(harness: &dyn BasesHarness) -> Check {
    for address in harness.unreadable()? {
        let what = format!("giving the source of {address}, which cannot be read,");
        let kinds = [ErrorKind::Invalid, ErrorKind::Unsupported];
        fails(harness.bases().source(&address), &kinds, &what)?;
    }
    Ok(())
}

/// No secret of an address is in an error, or in `Debug` of a source.
///
/// # Errors
/// Where it does not hold.
pub fn no_secret_of_an_address_is_shown(harness: &dyn BasesHarness) -> Check {
    let (addresses, secret) = harness.secret()?;
    for address in addresses {
        let given = harness.bases().source(&address);
        let source = given.as_ref().map(|source| format!("{source:?}")).unwrap_or_default();
        hides(&secret, &[("error", exposed(&given)), ("source's Debug", source)])?;
    }
    Ok(())
}
