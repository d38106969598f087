//! The annotations of Flux' kustomize-controller.

use windlass_core::{Dialect, Directives, Mode, Object, Result};

use super::{Said, all};

const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
const SSA: &str = "kustomize.toolkit.fluxcd.io/ssa";

/// The annotations of [Flux](https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources).
///
/// | annotation | value |
/// | --- | --- |
/// | `kustomize.toolkit.fluxcd.io/prune` | `enabled`, `disabled`; upper case as well, as Flux reads it |
/// | `kustomize.toolkit.fluxcd.io/ssa` | `Override`, `Merge`: applied; `IfNotPresent`: created and then left alone |
///
/// `ssa: Ignore`, an object that is listed and not applied, is an error: there is no directive for it, and applying it
/// would be the opposite of what was asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct FluxDialect;

impl Dialect for FluxDialect {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        let keep = Said::read(object, PRUNE, |said| {
            let value = said.value.to_ascii_lowercase();
            Said { value: &value, ..said }.one_of(&[("disabled", true), ("enabled", false)])
        });
        let mode = Said::read(object, SSA, |said| {
            said.one_of(&[
                ("Override", Mode::Apply),
                ("Merge", Mode::Apply),
                ("IfNotPresent", Mode::CreateOnly),
            ])
        });
        all([
            // `enabled` is how it is without the annotation; another tool's `keep` stands.
            keep.map(|found| into.keep |= found.unwrap_or(false)),
            mode.map(|found| into.mode = found.or(into.mode)),
        ])
    }
}
