//! The annotations of Helm.

use windlass_core::{Dialect, Directives, Hook, HookDeletion, Object, Phase, Result};

use super::{Said, all, is_silent};

const HOOK: &str = "helm.sh/hook";
const WEIGHT: &str = "helm.sh/hook-weight";
const DELETION: &str = "helm.sh/hook-delete-policy";

/// Hooks, and the phase of each; `None` for those that run when somebody asks Helm for it.
const PHASES: [(&str, Option<Phase>); 10] = [
    ("pre-install", Some(Phase::Before)),
    ("pre-upgrade", Some(Phase::Before)),
    ("post-install", Some(Phase::After)),
    ("post-upgrade", Some(Phase::After)),
    ("pre-delete", Some(Phase::BeforeDelete)),
    ("post-delete", Some(Phase::AfterDelete)),
    ("pre-rollback", None),
    ("post-rollback", None),
    ("test", None),
    ("test-success", None),
];

/// The annotations of [Helm](https://helm.sh/docs/topics/charts_hooks/).
///
/// | annotation | value |
/// | --- | --- |
/// | `helm.sh/resource-policy` | `keep`: never deleted |
/// | `helm.sh/hook` | `pre-install`, `pre-upgrade`, `post-install`, `post-upgrade`, `pre-delete`, `post-delete`: a hook of that phase; `test`, `pre-rollback`, `post-rollback`: left alone; several with commas |
/// | `helm.sh/hook-weight` | a whole number |
/// | `helm.sh/hook-delete-policy` | `before-hook-creation` (where none is said), `hook-succeeded`, `hook-failed`; several with commas |
///
/// An object may be a hook of an apply and one of the deletion. Of several hooks of an apply the first counts, and so it is of
/// those of the deletion. An apply is an upgrade and an install alike: Helm's distinction needs a release, which there is not.
#[derive(Debug, Clone, Copy, Default)]
pub struct HelmDialect;

impl Dialect for HelmDialect {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        if is_silent(object) {
            return Ok(());
        }
        let keep = Said::read(object, "helm.sh/resource-policy", |said| {
            let value = said.value.to_ascii_lowercase();
            Said { value: &value, ..said }.one_of(&[("keep", true)])
        });
        all([keep.map(|keep| into.keep |= keep.unwrap_or(false)), hook(object, into)])
    }
}

fn hook(object: &Object, into: &mut Directives) -> Result<()> {
    let Some(said) = Said::read(object, HOOK, Ok)? else { return Ok(()) };
    let words: Vec<&str> = said.value.split(',').map(str::trim).collect();
    let known = PHASES.iter().filter(|(name, _)| words.contains(name));
    let phases: Vec<Option<Phase>> = known.map(|(_, phase)| *phase).collect();
    let first = |of_deletion| phases.iter().flatten().find(|phase| phase.is_of_deletion() == of_deletion);
    let (ordinary, at_deletion) = (first(false), first(true));
    if ordinary.or(at_deletion).is_none() {
        // `crd-install` of old charts is an ordinary definition.
        if !phases.is_empty() {
            into.suspended = Some(format!("the annotation {HOOK} says {}", said.value).into());
        }
        return Ok(());
    }
    let weight = Said::read(object, WEIGHT, Said::int)?.unwrap_or_default();
    let deletion = Said::read(object, DELETION, deletion)?.unwrap_or(HookDeletion::BEFORE_NEXT);
    let hook = |phase: &Phase| Hook::new(*phase).with_weight(weight).with_deletion(deletion);
    into.run_at(ordinary.map(hook), at_deletion.map(hook));
    Ok(())
}

fn deletion(said: Said<'_>) -> Result<HookDeletion> {
    let mut deletion = HookDeletion::default();
    for word in said.value.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match word {
            "before-hook-creation" => deletion.before_next = true,
            "hook-succeeded" => deletion.on_success = true,
            "hook-failed" => deletion.on_failure = true,
            _ => return Err(said.wrong("write before-hook-creation, hook-succeeded, hook-failed")),
        }
    }
    Ok(deletion)
}
