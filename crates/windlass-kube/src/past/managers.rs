//! Who set a field, and whether it is still theirs.

use windlass_core::{Decision, Text, Value};

use crate::conflict::{ConflictRules, matches};
use crate::owner::UNIT_LABEL;

/// Tools that write whole objects. Once Git says what an object is, what they said before counts no more.
const AUTHORS: [&str; 15] = [
    "argocd",
    "argocd-application-controller",
    "argocd-controller",
    BEFORE_FIRST_APPLY,
    "helm",
    "helm-controller",
    "kapp",
    "kapp-controller",
    "kubectl-client-side-apply",
    "kubectl-autoscale",
    "kubectl-create",
    "kubectl-expose",
    "kubectl-replace",
    "kubectl-run",
    "kustomize-controller",
];

/// Commands by which people change a part of an object.
const EDITORS: [&str; 3] = ["kubectl-edit", "kubectl-patch", "kubectl-set"];

/// Whose is what nobody held when the object was first applied.
pub(super) const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// The name by which `kubectl` applies on the server's side, and by which it wrote in old times.
const KUBECTL: &str = "kubectl";

/// Our name where no other one is set.
const WINDLASS: &str = "windlass";

/// Whose the fields of an entry are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// We set them.
    Ours,
    /// Whoever set them has been succeeded.
    Author,
    /// A person changed them: they are succeeded, but for labels and annotations that were set since the object is ours.
    Editor,
    /// A person applied them: they are succeeded when the object is taken over. Who applies to an object of ours holds a part
    /// of it on purpose.
    Applier,
    /// Somebody who goes on.
    Living,
}

/// Whose fields become ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Managers<'a> {
    pub(crate) manager: &'a str,
    /// Names of former managers, with `*` for any text, beside those that are known.
    pub(crate) formers: &'a [Text],
    pub(crate) rules: &'a ConflictRules,
}

impl Managers<'_> {
    pub(crate) fn standing(self, entry: &Value) -> Standing {
        let text = |key| entry.text_at(&[key]).unwrap_or_default();
        let (manager, applies) = (text("manager"), text("operation") == "Apply");
        if !text("subresource").is_empty() {
            return Standing::Living;
        }
        if manager == self.manager {
            return Standing::Ours;
        }
        let named = self.formers.iter().any(|former| matches(former, manager));
        let standing = match manager {
            _ if named => Standing::Author,
            KUBECTL if applies => Standing::Applier,
            KUBECTL => Standing::Editor,
            "" | WINDLASS => Standing::Author,
            _ if AUTHORS.contains(&manager) => Standing::Author,
            _ if EDITORS.contains(&manager) => Standing::Editor,
            _ => Standing::Living,
        };
        // A rule that leaves fields to somebody, or refuses, says that they are not succeeded.
        if self.rules.decide(manager, None) == Decision::Take { standing } else { Standing::Living }
    }

    /// Says whether nobody knows any more what we set: all entries were wiped, or ours of an object with our label.
    pub(crate) fn lost(self, body: &Value) -> bool {
        let is_labelled = body.at(&["metadata", "labels", UNIT_LABEL]).is_some();
        let all = entries(body);
        all.is_empty() || (is_labelled && !all.iter().any(|entry| self.was_applied(entry)))
    }

    /// Says whether an entry is the one of our applies, by any name that we had.
    fn was_applied(self, entry: &Value) -> bool {
        let text = |key| entry.text_at(&[key]).unwrap_or_default();
        let manager = text("manager");
        let is_name = [self.manager, WINDLASS].contains(&manager)
            || self.formers.iter().any(|former| matches(former, manager));
        is_name && text("operation") == "Apply" && text("subresource").is_empty()
    }

    /// Says whether an entry is the one of our applies.
    pub(crate) fn is_applied(self, entry: &Value) -> bool {
        self.standing(entry) == Standing::Ours && entry.text_at(&["operation"]) == Some("Apply")
    }
}

pub(crate) fn entries(body: &Value) -> &[Value] {
    body.at(&["metadata", "managedFields"]).and_then(Value::as_list).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_that_wrote_whole_objects_are_succeeded() {
        let rules = ConflictRules::default().with("kustomize*", Decision::Yield);
        let formers = [Text::from("old-*")];
        let managers = Managers { manager: "windlass", formers: &formers, rules: &rules };
        let standing = |manager: &str, operation: &str, subresource: &str| {
            let keys = [("manager", manager), ("operation", operation), ("subresource", subresource)];
            managers.standing(&keys.into_iter().map(|(key, text)| (key, Value::from(text))).collect())
        };
        for (manager, operation, expected) in [
            ("windlass", "Apply", Standing::Ours),
            ("windlass", "Update", Standing::Ours),
            ("kubectl-client-side-apply", "Update", Standing::Author),
            ("kubectl", "Apply", Standing::Applier),
            ("kubectl", "Update", Standing::Editor),
            ("kubectl-edit", "Update", Standing::Editor),
            ("kubectl-annotate", "Update", Standing::Living),
            ("argocd-controller", "Apply", Standing::Author),
            ("helm", "Update", Standing::Author),
            ("old-operator", "Apply", Standing::Author),
            ("kustomize-controller", "Apply", Standing::Living),
            ("kube-controller-manager", "Update", Standing::Living),
        ] {
            assert_eq!(standing(manager, operation, ""), expected, "{manager} {operation}");
            assert_eq!(
                standing(manager, operation, "status"),
                Standing::Living,
                "{manager} by a subresource"
            );
        }
        let renamed = Managers { manager: "other", ..managers };
        assert_eq!(
            renamed.standing(&[("manager", Value::from("windlass"))].into_iter().collect()),
            Standing::Author
        );
    }
}
