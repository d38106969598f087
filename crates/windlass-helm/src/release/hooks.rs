//! Hooks: documents that are applied at their own times.

use super::head::Head;

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum HookEvent {
    /// Before anything is installed.
    PreInstall,
    /// After all is installed.
    PostInstall,
    /// Before anything is upgraded.
    PreUpgrade,
    /// After all is upgraded.
    PostUpgrade,
    /// Before anything is deleted.
    PreDelete,
    /// After all is deleted.
    PostDelete,
    /// Before a rollback.
    PreRollback,
    /// After a rollback.
    PostRollback,
    /// When somebody asks for the tests.
    Test,
}

/// What makes a document a hook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Hook {
    /// When it runs.
    pub events: Vec<HookEvent>,
    /// Lower weights run first.
    pub weight: i64,
    /// When it is deleted: `before-hook-creation`, `hook-succeeded`, `hook-failed`, as it is written.
    pub delete_policies: Vec<String>,
}

/// The annotation that makes a document a hook.
pub(crate) const HOOK: &str = "helm.sh/hook";
const WEIGHT: &str = "helm.sh/hook-weight";
const DELETE_POLICY: &str = "helm.sh/hook-delete-policy";

/// What a document is.
pub(super) enum Role {
    Plain,
    Hook(Hook),
    /// A hook of a kind that Helm does not know: it is passed over.
    Unknown(String),
}

/// Says whether a document is a hook.
pub(super) fn role(head: &Head) -> Role {
    let Some(names) = head.annotation(HOOK) else { return Role::Plain };
    let Some(events) = words(names).map(|name| event(&name)).collect::<Option<Vec<_>>>() else {
        return Role::Unknown(names.to_owned());
    };
    let weight = head.annotation(WEIGHT).and_then(|weight| weight.parse().ok()).unwrap_or(0);
    let delete_policies = head.annotation(DELETE_POLICY).map(|all| words(all).collect()).unwrap_or_default();
    Role::Hook(Hook { events, weight, delete_policies })
}

fn words(list: &str) -> impl Iterator<Item = String> {
    list.split(',').map(|word| word.trim().to_lowercase())
}

fn event(name: &str) -> Option<HookEvent> {
    Some(match name {
        "pre-install" => HookEvent::PreInstall,
        "post-install" => HookEvent::PostInstall,
        "pre-upgrade" => HookEvent::PreUpgrade,
        "post-upgrade" => HookEvent::PostUpgrade,
        "pre-delete" => HookEvent::PreDelete,
        "post-delete" => HookEvent::PostDelete,
        "pre-rollback" => HookEvent::PreRollback,
        "post-rollback" => HookEvent::PostRollback,
        "test" | "test-success" => HookEvent::Test,
        _ => return None,
    })
}
