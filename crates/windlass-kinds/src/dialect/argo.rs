//! The annotations of Argo CD.

use windlass_core::{Dialect, Directives, Mode, Object, Result};

use super::{Said, all};

const WAVE: &str = "argocd.argoproj.io/sync-wave";
const OPTIONS: &str = "argocd.argoproj.io/sync-options";

/// The annotations of [Argo CD](https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/).
///
/// | annotation | value |
/// | --- | --- |
/// | `argocd.argoproj.io/sync-wave` | a whole number |
/// | `argocd.argoproj.io/sync-options` | `Prune=false`, `Prune=confirm`, `Delete=false`, `Delete=confirm`: never deleted; `Replace=true`: replaced; with `Force=true` as well: deleted and created; several with commas |
///
/// Other options speak of how Argo CD itself works and are left to it. Hooks are not read here.
#[derive(Debug, Clone, Copy, Default)]
pub struct ArgoDialect;

impl Dialect for ArgoDialect {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        let wave = Said::read(object, WAVE, Said::int);
        let options = Said::read(object, OPTIONS, SyncOptions::of);
        all([
            wave.map(|found| into.wave = found.unwrap_or(into.wave)),
            options.map(|found| {
                if let Some(found) = found {
                    into.keep |= found.keep;
                    into.mode = found.mode().or(into.mode);
                }
            }),
        ])
    }
}

#[derive(Default)]
struct SyncOptions {
    keep: bool,
    replace: bool,
    force: bool,
}

impl SyncOptions {
    fn of(said: Said<'_>) -> Result<Self> {
        let mut options = Self::default();
        for option in said.value.split(',').map(str::trim) {
            let Some((name, value)) = option.split_once('=') else { continue };
            let one = Said { value, ..said };
            match name {
                // Nobody is there to confirm, so what needs it is kept.
                "Prune" | "Delete" => {
                    options.keep |= one.one_of(&[("false", true), ("confirm", true), ("true", false)])?;
                }
                "Replace" => options.replace = one.one_of(&[("true", true), ("false", false)])?,
                "Force" => options.force = one.one_of(&[("true", true), ("false", false)])?,
                _ => {}
            }
        }
        Ok(options)
    }

    fn mode(&self) -> Option<Mode> {
        match (self.replace, self.force) {
            (true, true) => Some(Mode::Recreate),
            (true, false) => Some(Mode::Replace),
            (false, _) => None,
        }
    }
}
