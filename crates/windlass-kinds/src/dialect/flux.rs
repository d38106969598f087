//! The annotations of Flux' kustomize-controller.

use windlass_core::{Dialect, Directives, Mode, Object, Result};

use super::{Said, Sort, all};

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
/// Labels of these names say the same; where a label and an annotation differ, the one that does less counts. `ssa: Ignore` and
/// `reconcile: disabled`, an object that is listed and not applied, are errors of kind
/// [`Unsupported`](windlass_core::ErrorKind::Unsupported): there is no directive for it, and applying it would be the opposite
/// of what was asked. Such an object is never deleted either, as Flux does it.
#[derive(Debug, Clone, Copy, Default)]
pub struct FluxDialect;

impl Dialect for FluxDialect {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        // As Flux: a label says the same as an annotation, and it is enough that one of them says it.
        let sorts = [Sort::Label, Sort::Annotation];
        let modes = sorts.map(|sort| mode(object, sort, into));
        let said = || modes.iter().flatten().copied().flatten();
        let mode = said().find(|mode| *mode == Mode::CreateOnly).or_else(|| said().next());
        into.mode = mode.or(into.mode);
        let others = sorts.map(|sort| all([prune(object, sort, into), reconcile(object, sort, into)]));
        all([all(modes.map(|mode| mode.map(drop))), all(others)])
    }
}

fn prune(object: &Object, sort: Sort, into: &mut Directives) -> Result<()> {
    let Some(said) = Said::find(object, sort, PRUNE)? else { return Ok(()) };
    let value = said.value.to_ascii_lowercase();
    // `enabled` is how it is without the annotation; another tool's `keep` stands.
    into.keep |= Said { value: &value, ..said }.one_of(&[("disabled", true), ("enabled", false)])?;
    Ok(())
}

fn mode(object: &Object, sort: Sort, into: &mut Directives) -> Result<Option<Mode>> {
    let Some(said) = Said::find(object, sort, SSA)? else { return Ok(None) };
    if said.value.eq_ignore_ascii_case("Ignore") {
        into.keep = true;
        return Err(said.not_applied());
    }
    let table = [("Override", Mode::Apply), ("Merge", Mode::Apply), ("IfNotPresent", Mode::CreateOnly)];
    said.one_of(&table).map(Some)
}

fn reconcile(object: &Object, sort: Sort, into: &mut Directives) -> Result<()> {
    let Some(said) = Said::find(object, sort, RECONCILE)? else { return Ok(()) };
    let value = said.value.to_ascii_lowercase();
    if value == "disabled" {
        into.keep = true;
        return Err(said.not_applied());
    }
    Said { value: &value, ..said }.one_of(&[("enabled", ())])
}
