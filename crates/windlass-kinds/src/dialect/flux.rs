//! The annotations of Flux' kustomize-controller.

use windlass_core::{Dialect, Directives, Mode, Object, Result};

use super::{Said, Sort, all, is_silent};

const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
const SSA: &str = "kustomize.toolkit.fluxcd.io/ssa";
const FORCE: &str = "kustomize.toolkit.fluxcd.io/force";
const RECONCILE: &str = "kustomize.toolkit.fluxcd.io/reconcile";

/// The annotations of [Flux](https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources).
///
/// | annotation | value |
/// | --- | --- |
/// | `kustomize.toolkit.fluxcd.io/prune` | `enabled`, `disabled`; upper case as well, as Flux reads it |
/// | `kustomize.toolkit.fluxcd.io/ssa` | `Override`, `Merge`: applied; `IfNotPresent`: created and then left alone; `Ignore`: left alone |
/// | `kustomize.toolkit.fluxcd.io/reconcile` | `enabled`; `disabled`: left alone |
/// | `kustomize.toolkit.fluxcd.io/force` | `enabled`: deleted and created anew where it cannot be changed in place; `disabled` |
///
/// Labels of these names say the same; where a label and an annotation differ, the one that does less counts. An object that
/// is left alone is neither written nor deleted, as Flux does it, whether the source says so or the live object.
#[derive(Debug, Clone, Copy, Default)]
pub struct FluxDialect;

impl Dialect for FluxDialect {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        if is_silent(object) {
            return Ok(());
        }
        // As Flux: a label says the same as an annotation, and it is enough that one of them says it.
        let sorts = [Sort::Label, Sort::Annotation];
        let modes = sorts.map(|sort| mode(object, sort, into));
        let said = || modes.iter().flatten().copied().flatten();
        let mode = said().find(|mode| *mode == Mode::CreateOnly).or_else(|| said().next());
        into.mode = mode.or(into.mode);
        let others = sorts.map(|sort| {
            all([prune(object, sort, into), reconcile(object, sort, into), force(object, sort, into)])
        });
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
        into.suspended = Some(format!("the {} {SSA} says Ignore", said.sort.name()).into());
        return Ok(None);
    }
    let table = [("Override", Mode::Apply), ("Merge", Mode::Apply), ("IfNotPresent", Mode::CreateOnly)];
    said.one_of(&table).map(Some)
}

fn reconcile(object: &Object, sort: Sort, into: &mut Directives) -> Result<()> {
    let Some(said) = Said::find(object, sort, RECONCILE)? else { return Ok(()) };
    let value = said.value.to_ascii_lowercase();
    if value == "disabled" {
        into.suspended = Some(format!("the {} {RECONCILE} says disabled", said.sort.name()).into());
        return Ok(());
    }
    Said { value: &value, ..said }.one_of(&[("enabled", ())])
}

fn force(object: &Object, sort: Sort, into: &mut Directives) -> Result<()> {
    let Some(said) = Said::find(object, sort, FORCE)? else { return Ok(()) };
    let value = said.value.to_ascii_lowercase();
    if (Said { value: &value, ..said }).one_of(&[("enabled", true), ("disabled", false)])? {
        into.mode = Some(Mode::Recreate);
    }
    Ok(())
}
