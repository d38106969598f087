//! The annotations of Argo CD.

use windlass_core::{Dialect, Directives, Hook, HookDeletion, Mode, Object, Phase, Result};

use super::{Said, all, is_silent};

const WAVE: &str = "argocd.argoproj.io/sync-wave";
const OPTIONS: &str = "argocd.argoproj.io/sync-options";
const HOOK: &str = "argocd.argoproj.io/hook";
const IGNORE_HEALTH: &str = "argocd.argoproj.io/ignore-healthcheck";
const HOOK_DELETION: &str = "argocd.argoproj.io/hook-delete-policy";

/// Hooks, and the phase of each.
const PHASES: [(&str, Phase); 6] = [
    ("PreSync", Phase::Before),
    ("Sync", Phase::Main),
    ("PostSync", Phase::After),
    ("SyncFail", Phase::OnFailure),
    ("PreDelete", Phase::BeforeDelete),
    ("PostDelete", Phase::AfterDelete),
];

/// The annotations of [Argo CD](https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/).
///
/// | annotation | value |
/// | --- | --- |
/// | `argocd.argoproj.io/sync-wave` | a whole number |
/// | `argocd.argoproj.io/hook` | `PreSync`, `Sync`, `PostSync`, `SyncFail`, `PreDelete`, `PostDelete`: a hook of that phase; `Skip`: left alone |
/// | `argocd.argoproj.io/hook-delete-policy` | `BeforeHookCreation` (where none is said), `HookSucceeded`, `HookFailed`; several with commas |
/// | `argocd.argoproj.io/sync-options` | `Prune=false`, `Prune=confirm`, `Delete=false`, `Delete=confirm`: never deleted; `Replace=true`: replaced; `Force=true`: deleted and created where it cannot be changed in place; several with commas |
/// | `argocd.argoproj.io/ignore-healthcheck` | `"true"`: nothing waits for its health |
///
/// An object may be a hook of a sync and one of the deletion. One that would be a hook of two phases of a sync, or of both
/// around the deletion, is refused: there it can run at one moment only. Words that Argo CD does not know
/// are passed over, as it does. `Validate=false` and `ServerSideApply=false` change what a write does in a way that there is
/// no directive for, and are refused by name; all other options speak of how Argo CD itself works and are left to it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ArgoDialect;

impl Dialect for ArgoDialect {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        if is_silent(object) {
            return Ok(());
        }
        let wave = Said::read(object, WAVE, Said::int);
        let options = Said::read(object, OPTIONS, SyncOptions::of);
        let hook = Said::read(object, HOOK, role);
        let deletion = Said::read(object, HOOK_DELETION, |said| Ok(deletion(said)));
        let ignored = Said::read(object, IGNORE_HEALTH, |said| Ok(said.value == "true"));
        all([
            ignored.map(|ignored| into.no_wait |= ignored.unwrap_or(false)),
            wave.map(|found| into.wave = found.unwrap_or(into.wave)),
            options.map(|found| {
                if let Some(found) = found {
                    into.keep |= found.keep;
                    into.mode = found.mode().or(into.mode);
                }
            }),
            hook.and_then(|role| deletion.map(|deletion| (role, deletion))).map(
                |(role, deletion)| match role {
                    Some(Role::Hook { of_sync, of_deletion }) => {
                        let deletion = deletion.unwrap_or(HookDeletion::BEFORE_NEXT);
                        let hook = |phase| Hook::new(phase).with_deletion(deletion);
                        into.run_at(of_sync.map(hook), of_deletion.map(hook));
                    }
                    Some(Role::Skipped) => {
                        into.suspended = Some(format!("the annotation {HOOK} says Skip").into())
                    }
                    Some(Role::Ordinary) | None => {}
                },
            ),
        ])
    }
}

/// What an object is, by its hooks.
enum Role {
    Ordinary,
    /// At least one of them is.
    Hook {
        of_sync: Option<Phase>,
        of_deletion: Option<Phase>,
    },
    Skipped,
}

fn role(said: Said<'_>) -> Result<Role> {
    let words: Vec<&str> = said.value.split(',').map(str::trim).collect();
    let said_of = |of_deletion| {
        let named = PHASES.iter().filter(|(name, _)| words.contains(name)).map(|(_, phase)| *phase);
        named.filter(|phase| phase.is_of_deletion() == of_deletion).collect::<Vec<_>>()
    };
    match (said_of(false).as_slice(), said_of(true).as_slice()) {
        ([], []) if words.contains(&"Skip") => Ok(Role::Skipped),
        ([], []) => Ok(Role::Ordinary),
        (of_sync @ ([] | [_]), of_deletion @ ([] | [_])) => {
            Ok(Role::Hook { of_sync: of_sync.first().copied(), of_deletion: of_deletion.first().copied() })
        }
        _ => Err(said.wrong("write one of them: an object runs at one moment only; copy it for the other")),
    }
}

fn deletion(said: Said<'_>) -> HookDeletion {
    let words: Vec<&str> = said.value.split(',').map(str::trim).collect();
    let mut deletion = HookDeletion::default();
    deletion.before_next = words.contains(&"BeforeHookCreation");
    deletion.on_success = words.contains(&"HookSucceeded");
    deletion.on_failure = words.contains(&"HookFailed");
    deletion
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
                "Validate" | "ServerSideApply" if value == "false" => {
                    return Err(Said { value: option, ..said }.unsupported());
                }
                _ => {}
            }
        }
        Ok(options)
    }

    fn mode(&self) -> Option<Mode> {
        match (self.replace, self.force) {
            (_, true) => Some(Mode::Recreate),
            (true, false) => Some(Mode::Replace),
            (false, false) => None,
        }
    }
}
