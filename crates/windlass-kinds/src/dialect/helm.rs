//! The annotations of Helm.

use windlass_core::{Dialect, Directives, Object, Result};

use super::Said;

/// The annotation `helm.sh/resource-policy: keep` of [Helm](https://helm.sh/docs/howto/charts_tips_and_tricks/): never
/// deleted. Hooks are the renderer's.
#[derive(Debug, Clone, Copy, Default)]
pub struct HelmDialect;

impl Dialect for HelmDialect {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        let keep = Said::read(object, "helm.sh/resource-policy", |said| {
            let value = said.value.to_ascii_lowercase();
            Said { value: &value, ..said }.one_of(&[("keep", true)])
        })?;
        into.keep |= keep.unwrap_or(false);
        Ok(())
    }
}
