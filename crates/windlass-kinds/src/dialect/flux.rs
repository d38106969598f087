//! The annotations of Flux' kustomize-controller.

use windlass_core::{Dialect, Directives, Mode, Object, Result};

use super::{Said, all};

const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
const SSA: &str = "kustomize.toolkit.fluxcd.io/ssa";
const RECONCILE: &str = "kustomize.toolkit.fluxcd.io/reconcile";

/// The annotations of [Flux](https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources).
///
/// | annotation | value |
/// | --- | --- |
/// | `kustomize.toolkit.fluxcd.io/prune` | `enabled`, `disabled`; upper case as well, as Flux reads it |
/// | `kustomize.toolkit.fluxcd.io/ssa` | `Override`, `Merge`: applied; `IfNotPresent`: created and then left alone |
/// | `kustomize.toolkit.fluxcd.io/reconcile` | `enabled` |
///
/// `ssa: Ignore` and `reconcile: disabled`, an object that is listed and not applied, are errors: there is no directive
/// for it, and applying it would be the opposite of what was asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct FluxDialect;

impl Dialect for FluxDialect {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        let keep = Said::read(object, PRUNE, |said| {
            let value = said.value.to_ascii_lowercase();
            Said { value: &value, ..said }.one_of(&[("disabled", true), ("enabled", false)])
        });
        let mode = Said::read(object, SSA, |said| {
            if said.value.eq_ignore_ascii_case("Ignore") {
                return Err(said.not_applied());
            }
            said.one_of(&[
                ("Override", Mode::Apply),
                ("Merge", Mode::Apply),
                ("IfNotPresent", Mode::CreateOnly),
            ])
        });
        let reconcile = Said::read(object, RECONCILE, |said| {
            let value = said.value.to_ascii_lowercase();
            if value == "disabled" {
                return Err(said.not_applied());
            }
            Said { value: &value, ..said }.one_of(&[("enabled", ())])
        });
        all([
            // `enabled` is how it is without the annotation; another tool's `keep` stands.
            keep.map(|found| into.keep |= found.unwrap_or(false)),
            mode.map(|found| into.mode = found.or(into.mode)),
            reconcile.map(|_| ()),
        ])
    }
}
