//! The laws of [`Transform`].

mod changing;
mod given;
mod problems;
mod reading;

use std::sync::Arc;

pub use changing::*;
pub use given::Given;
pub use problems::*;
pub use reading::*;
use windlass_core::{Artifact, Context, Need, RenderInput, Rendered, Result, Transform, TreePath};

use crate::renderer::Place;
use crate::suite::{Check, Findings, Harness, lacking, not_applicable, ok, run_all};

/// A transform, and what renders gave it: right, and wrong in each way.
pub trait TransformHarness: Harness {
    /// Gives the transform.
    fn transform(&self) -> Arc<dyn Transform>;

    /// Gives the transform with each option that can change the output changed, one at a time; none where it has no option.
    fn variants(&self) -> Vec<Arc<dyn Transform>>;

    /// Gives the name that it adds to the origin of what it changes.
    fn name(&self) -> String;

    /// Gives the folder that was rendered.
    fn path(&self) -> TreePath {
        TreePath::root()
    }

    /// Gives items, each from a place of its own, of which it changes one or more and, where it can, leaves one as it is.
    /// Each file that it reads beside them may end in one line end more without any other effect.
    fn good(&self) -> Given;

    /// Gives what has several mistakes, and the places of all of them.
    fn wrong(&self) -> (Given, Vec<Place>);

    /// Gives items of which it would give two one identity, and their two places.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`](crate::suite::Unmet::NotApplicable) where it changes and adds no identity.
    fn twice(&self) -> Check<(Given, [Place; 2])> {
        not_applicable("the harness knows nothing of which it would make one identity")
    }

    /// Gives what needs something that is not there, and what.
    ///
    /// # Errors
    /// [`Unmet::Lacking`](crate::suite::Unmet::Lacking) where it never needs anything.
    fn missing(&self) -> Check<(Given, Vec<Need>)> {
        lacking("missing")
    }

    /// Gives what is wrong at a place with a secret in it, and the secret.
    fn indiscreet(&self) -> (Given, String);
}

crate::__transform_laws!(__law_table(TransformHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: TransformHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn TransformHarness>(LAWS, || Box::new(make()))
}

fn transform(harness: &dyn TransformHarness, given: &Given) -> Result<Rendered> {
    transform_in(harness, &harness.context(), &given.files.artifact(), given)
}

fn transform_in(
    harness: &dyn TransformHarness,
    cx: &Context,
    artifact: &Artifact,
    given: &Given,
) -> Result<Rendered> {
    let path = harness.path();
    let input = RenderInput::new(artifact, &path).with_provided(&given.provided);
    harness.transform().transform(cx, &input, given.rendered.clone())
}

/// Transforms what must be transformed.
fn good(harness: &dyn TransformHarness) -> Check<Rendered> {
    ok(transform(harness, &harness.good()), "transforming good items")
}
