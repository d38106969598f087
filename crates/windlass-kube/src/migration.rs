//! Fields that were set before by other means than server-side apply: by us with a whole object, or by `kubectl apply`.
//!
//! Whoever only applies never gets rid of such a field: the entry in `managedFields` that sets it stays, whatever is
//! applied. So the entry is turned into one of an apply, as [`csaupgrade`] of client-go does it; the next apply then takes
//! out what it does not name.
//!
//! [`csaupgrade`]: https://pkg.go.dev/k8s.io/client-go/util/csaupgrade

use windlass_core::{Decision, Map, Value};

use crate::conflict::ConflictRules;

/// The name by which `kubectl apply` sets fields.
const KUBECTL_APPLY: &str = "kubectl-client-side-apply";

/// Whose fields become ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration<'a> {
    pub(crate) manager: &'a str,
    pub(crate) rules: &'a ConflictRules,
}

impl Migration<'_> {
    fn takes(self, entry: &Value) -> bool {
        let text = |key| entry.text_at(&[key]).unwrap_or_default();
        let manager = text("manager");
        let from_kubectl = manager == KUBECTL_APPLY && self.rules.decide(manager, None) == Decision::Take;
        text("operation") == "Update"
            && text("subresource").is_empty()
            && (manager == self.manager || from_kubectl)
    }

    fn is_apply(self, entry: &Value) -> bool {
        entry.text_at(&["manager"]) == Some(self.manager) && entry.text_at(&["operation"]) == Some("Apply")
    }

    /// Parts the entries into those that become ours and all others. The fields of another version of the kind may have
    /// other names, so that such an entry is left as it is.
    fn part(self, body: &Value) -> (Vec<&Value>, Vec<&Value>) {
        let all = entries(body);
        let ours = all.iter().find(|entry| self.is_apply(entry));
        let ours = ours.or_else(|| all.iter().find(|entry| self.takes(entry)));
        let version = ours.and_then(|entry| entry.text_at(&["apiVersion"]));
        all.iter().partition(|entry| self.takes(entry) && entry.text_at(&["apiVersion"]) == version)
    }

    /// Gives the `managedFields` as they would be if all had been applied; `None` where it was.
    pub(crate) fn settled(self, body: &Value) -> Option<Vec<Value>> {
        let (taken, rest) = self.part(body);
        let first = *taken.first()?;
        let (applied, others): (Vec<&Value>, Vec<&Value>) =
            rest.into_iter().partition(|entry| self.is_apply(entry));
        let mut ours = applied.first().map_or(first, |entry| entry).as_map()?.clone();
        ours.insert("manager", self.manager);
        ours.insert("operation", "Apply");
        ours.insert("fieldsV1", union_of(applied.into_iter().chain(taken)));
        Some(std::iter::once(Value::Map(ours)).chain(others.into_iter().cloned()).collect())
    }

    /// Takes out of a dry-run object what a write would take out once the fields are ours, and says whether that is
    /// anything.
    pub(crate) fn leave_behind(self, body: &mut Value) -> bool {
        let (taken, rest) = self.part(body);
        if taken.is_empty() {
            return false;
        }
        let (set, kept) = (union_of(taken.into_iter()), union_of(rest.into_iter()));
        take_out(body, &set, &kept)
    }
}

fn entries(body: &Value) -> &[Value] {
    body.at(&["metadata", "managedFields"]).and_then(Value::as_list).unwrap_or_default()
}

fn union_of<'a>(entries: impl Iterator<Item = &'a Value>) -> Value {
    let sets = entries.filter_map(|entry| entry.get("fieldsV1")).cloned();
    sets.reduce(|union, set| join(union, &set)).unwrap_or_else(|| Value::Map(Map::new()))
}

/// Joins two field sets. A field without steps below it is a member; one with steps is one if `.` is among them.
fn join(one: Value, other: &Value) -> Value {
    let (Value::Map(mut one), Some(other)) = (one, other.as_map()) else { return other.clone() };
    if one.is_empty() != other.is_empty() {
        one.insert(".", Value::Map(Map::new()));
    }
    for (step, below) in other.iter() {
        let joined = one.remove(step).map_or_else(|| below.clone(), |have| join(have, below));
        one.insert(step.clone(), joined);
    }
    Value::Map(one)
}

/// Takes out of a value what is in `set` and not in `kept`. Says whether that is anything.
fn take_out(value: &mut Value, set: &Value, kept: &Value) -> bool {
    let mut any = false;
    let steps = set.as_map().into_iter().flat_map(Map::iter).filter(|(step, _)| step.as_str() != ".");
    for (step, below) in steps {
        let is_member = below.as_map().is_none_or(|below| below.is_empty() || below.get(".").is_some());
        any |= match kept.get(step) {
            Some(kept) => child(value, step).is_some_and(|child| take_out(child, below, kept)),
            None if is_member => remove(value, step),
            None => child(value, step).is_some_and(|child| take_out(child, below, &Value::Map(Map::new()))),
        };
    }
    any
}

fn child<'v>(value: &'v mut Value, step: &str) -> Option<&'v mut Value> {
    match (step.split_once(':')?, value) {
        (("f", name), Value::Map(map)) => map.get_mut(name),
        (_, Value::List(items)) => {
            let at = crate::stamp::item(items, step)?;
            items.get_mut(at)
        }
        _ => None,
    }
}

fn remove(value: &mut Value, step: &str) -> bool {
    match (step.split_once(':'), value) {
        (Some(("f", name)), Value::Map(map)) => map.remove(name).is_some(),
        (Some(_), Value::List(items)) => crate::stamp::item(items, step).map(|at| items.remove(at)).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(manager: &str, operation: &str, fields: &str) -> String {
        format!(r#"{{"manager":"{manager}","operation":"{operation}","fieldsV1":{fields}}}"#)
    }

    fn body(entries: &[String], rest: &str) -> Value {
        let text = format!(r#"{{"metadata":{{"managedFields":[{}]}},{rest}}}"#, entries.join(","));
        serde_json::from_str(&text).unwrap()
    }

    fn settled(entries: &[String], rules: &ConflictRules) -> Option<String> {
        let settled = Migration { manager: "windlass", rules }.settled(&body(entries, r#""data":{}"#))?;
        Some(settled.iter().map(Value::canonical).collect::<Vec<_>>().join("\n").replace('"', ""))
    }

    #[test]
    fn what_we_replaced_and_what_kubectl_applied_becomes_what_we_applied() {
        let entries = [
            entry("kubectl-client-side-apply", "Update", r#"{"f:data":{".":{},"f:a":{},"f:b":{}}}"#),
            entry("kubectl-edit", "Update", r#"{"f:data":{"f:e":{}}}"#),
            entry("windlass", "Apply", r#"{"f:data":{"f:a":{},"f:c":{}}}"#),
            entry("windlass", "Update", r#"{"f:data":{"f:d":{"f:x":{}}}}"#),
        ];
        assert_eq!(
            settled(&entries, &ConflictRules::default()).unwrap(),
            "{fieldsV1:{f:data:{.:{},f:a:{},f:b:{},f:c:{},f:d:{f:x:{}}}},manager:windlass,operation:Apply}\n\
             {fieldsV1:{f:data:{f:e:{}}},manager:kubectl-edit,operation:Update}"
        );
    }

    fn of_version(version: &str, entry: &str) -> String {
        entry.replacen('{', &format!(r#"{{"apiVersion":"{version}","#), 1)
    }

    #[test]
    fn fields_of_another_version_are_left_as_they_are() {
        let old = of_version(
            "v1",
            &entry("kubectl-client-side-apply", "Update", r#"{"f:data":{"f:a":{},"f:old":{}}}"#),
        );
        let new = of_version("v2", &entry("windlass", "Update", r#"{"f:data":{"f:b":{}}}"#));
        let ours = of_version("v2", &entry("windlass", "Apply", r#"{"f:data":{"f:c":{}}}"#));
        assert_eq!(
            settled(&[old.clone(), new, ours.clone()], &ConflictRules::default()).unwrap(),
            "{apiVersion:v2,fieldsV1:{f:data:{f:b:{},f:c:{}}},manager:windlass,operation:Apply}\n\
             {apiVersion:v1,fieldsV1:{f:data:{f:a:{},f:old:{}}},manager:kubectl-client-side-apply,operation:Update}"
        );
        assert_eq!(settled(&[old.clone(), ours.clone()], &ConflictRules::default()), None);
        let rules = ConflictRules::default();
        let migration = Migration { manager: "windlass", rules: &rules };
        let mut body = body(&[old, ours], r#""data":{"a":"1","old":"2"}"#);
        assert!(!migration.leave_behind(&mut body));
        assert_eq!(body.at(&["data"]).unwrap().canonical(), r#"{"a":"1","old":"2"}"#);
    }

    #[test]
    fn without_an_inheritance_nothing_is_to_be_settled() {
        let status =
            entry("windlass", "Update", "{}").replace("Update\"", "Update\",\"subresource\":\"status\"");
        let entries = [entry("windlass", "Apply", "{}"), entry("helm", "Update", "{}"), status];
        assert_eq!(settled(&entries, &ConflictRules::default()), None);
        let left = ConflictRules::none().with("kubectl*", Decision::Yield);
        assert_eq!(settled(&[entry("kubectl-client-side-apply", "Update", "{}")], &left), None);
    }

    #[test]
    fn a_member_that_gets_steps_below_stays_a_member() {
        let set = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let joined = join(set(r#"{"f:a":{}}"#), &set(r#"{"f:a":{"f:b":{}}}"#));
        assert_eq!(joined.canonical(), r#"{"f:a":{".":{},"f:b":{}}}"#);
        let joined = join(set(r#"{"f:a":{"f:b":{}}}"#), &set(r#"{"f:a":{"f:c":{}}}"#));
        assert_eq!(joined.canonical(), r#"{"f:a":{"f:b":{},"f:c":{}}}"#);
    }

    #[test]
    fn what_nobody_else_holds_is_left_behind() {
        let entries = [
            entry(
                "kubectl-client-side-apply",
                "Update",
                r#"{"f:data":{".":{},"f:a":{},"f:b":{}},"f:list":{"k:{\"name\":\"x\"}":{".":{},"f:name":{},"f:v":{}},"k:{\"name\":\"y\"}":{".":{},"f:name":{}}},"f:gone":{"f:x":{}}}"#,
            ),
            entry(
                "windlass",
                "Apply",
                r#"{"f:data":{"f:a":{}},"f:list":{"k:{\"name\":\"x\"}":{".":{},"f:name":{}}}}"#,
            ),
        ];
        let rest = r#""data":{"a":"1","b":"2","c":"3"},"list":[{"name":"x","v":1},{"name":"y"}]"#;
        let (mut body, rules) = (body(&entries, rest), ConflictRules::default());
        let migration = Migration { manager: "windlass", rules: &rules };
        assert!(migration.leave_behind(&mut body));
        body.as_map_mut().unwrap().remove("metadata");
        assert_eq!(body.canonical(), r#"{"data":{"a":"1","c":"3"},"list":[{"name":"x"}]}"#);
    }
}
