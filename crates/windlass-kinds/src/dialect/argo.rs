//! The annotations of Argo CD.

use windlass_core::{Dialect, Directives, Mode, Object, Result};

use super::{Said, all};

const WAVE: &str = "argocd.argoproj.io/sync-wave";
const OPTIONS: &str = "argocd.argoproj.io/sync-options";
const HOOK: &str = "argocd.argoproj.io/hook";
/// Hooks that run with every sync.
const HOOKS_OF_A_SYNC: [&str; 3] = ["PreSync", "Sync", "PostSync"];
/// Hooks that run at another time, or never.
const HOOKS_OF_NO_SYNC: [&str; 4] = ["PreDelete", "PostDelete", "SyncFail", "Skip"];

/// The annotations of [Argo CD](https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/).
///
/// | annotation | value |
/// | --- | --- |
/// | `argocd.argoproj.io/sync-wave` | a whole number |
/// | `argocd.argoproj.io/sync-options` | `Prune=false`, `Prune=confirm`, `Delete=false`, `Delete=confirm`: never deleted; `Replace=true`: replaced; with `Force=true` as well: deleted and created; several with commas |
///
/// Other options speak of how Argo CD itself works and are left to it. Hooks have no order and no deletion of their own
/// here. One that Argo CD never applies with a sync (`argocd.argoproj.io/hook` with `PreDelete`, `PostDelete`, `SyncFail` or
/// `Skip`, and nothing else) is an error of kind [`Unsupported`](windlass_core::ErrorKind::Unsupported): applying it would be
/// the opposite of what was asked, and deleting it is not.
#[derive(Debug, Clone, Copy, Default)]
pub struct ArgoDialect;

impl Dialect for ArgoDialect {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        let wave = Said::read(object, WAVE, Said::int);
        let options = Said::read(object, OPTIONS, SyncOptions::of);
        let hook = Said::read(object, HOOK, is_of_a_sync);
        all([
            wave.map(|found| into.wave = found.unwrap_or(into.wave)),
            options.map(|found| {
                if let Some(found) = found {
                    into.keep |= found.keep;
                    into.mode = found.mode().or(into.mode);
                }
            }),
            hook.map(|_| ()),
        ])
    }
}

/// Refuses a hook that no sync applies. Words that are not known are left to Argo CD, as it leaves them out.
fn is_of_a_sync(said: Said<'_>) -> Result<()> {
    let hooks = || said.value.split(',').map(str::trim);
    let other = hooks().any(|hook| HOOKS_OF_NO_SYNC.contains(&hook));
    let sync = hooks().any(|hook| HOOKS_OF_A_SYNC.contains(&hook));
    if other && !sync { Err(said.not_applied()) } else { Ok(()) }
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
