//! Fields that somebody else holds: who gets them.

use windlass_core::{Conflict, Decision, FieldPath, Segment, Text, Value};

use crate::fail::Cause;

/// Decides who gets a field that another field manager holds, by the name of the holder. The first rule that fits
/// decides.
///
/// The default leaves to autoscalers what they hold by the subresource `scale`, and takes everything else: the plan
/// shows each field and its holder before anything is written, and an object that another tool owns is not conflicting
/// field by field but refused as a whole. A field that somebody took after the plan was made is left to its holder where a
/// rule says so, and else keeps the object from being written.
///
/// Fields of [former managers](crate::KubeOptions::with_former_managers) become ours with the first write of the object
/// unless a rule leaves them to their holder or refuses.
///
/// ```
/// use windlass_core::Decision;
/// use windlass_kube::ConflictRules;
/// let rules = ConflictRules::none().with("kubectl*", Decision::Take).otherwise(Decision::Refuse);
/// assert_eq!(rules.decide("kubectl-edit", None), Decision::Take);
/// assert_eq!(rules.decide("istio", None), Decision::Refuse);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct ConflictRules {
    rules: Vec<Rule>,
    otherwise: Decision,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    manager: Text,
    subresource: Option<Text>,
    decision: Decision,
}

impl Default for ConflictRules {
    fn default() -> Self {
        Self::none().with_subresource("kube-controller-manager", "scale", Decision::Yield)
    }
}

impl ConflictRules {
    /// Has no rule: takes everything.
    pub fn none() -> Self {
        Self { rules: Vec::new(), otherwise: Decision::Take }
    }

    /// Adds a rule for managers of this name; `*` stands for any text.
    pub fn with(mut self, manager: impl Into<Text>, decision: Decision) -> Self {
        self.rules.push(Rule { manager: manager.into(), subresource: None, decision });
        self
    }

    /// Adds a rule for managers of this name that hold the field by this subresource, such as `scale`.
    pub fn with_subresource(
        mut self,
        manager: impl Into<Text>,
        subresource: impl Into<Text>,
        decision: Decision,
    ) -> Self {
        self.rules.push(Rule { manager: manager.into(), subresource: Some(subresource.into()), decision });
        self
    }

    /// Decides where no rule fits.
    pub const fn otherwise(mut self, decision: Decision) -> Self {
        self.otherwise = decision;
        self
    }

    /// Decides about a field that `manager` holds, by a subresource or not.
    #[must_use]
    pub fn decide(&self, manager: &str, subresource: Option<&str>) -> Decision {
        let fits = |rule: &&Rule| {
            matches(&rule.manager, manager)
                && rule.subresource.as_deref().is_none_or(|want| Some(want) == subresource)
        };
        self.rules.iter().find(fits).map_or(self.otherwise, |rule| rule.decision)
    }

    /// Reads what the server says of a conflicting field.
    pub(crate) fn conflict(&self, cause: &Cause, payload: &Value) -> Conflict {
        let (manager, subresource) = holder(&cause.message);
        let decision = self.decide(&manager, subresource.as_deref());
        let holder = subresource.map_or(manager.clone(), |sub| format!("{manager} ({sub})"));
        let path = locate(payload, &cause.field)
            .unwrap_or_else(|| FieldPath::root().field(cause.field.trim_start_matches('.')));
        Conflict { path, holder: holder.into(), decision }
    }
}

/// Compares with `*` for any text, in time linear in both but for the number of stars.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = tail.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Reads `conflict with "manager" with subresource "scale" using apps/v1 at …`.
fn holder(message: &str) -> (String, Option<String>) {
    let quoted = |after: &str| {
        let rest = &message[message.find(after)? + after.len()..];
        let text: String = serde_json::Deserializer::from_str(rest).into_iter().next()?.ok()?;
        Some(text)
    };
    (quoted("conflict with ").unwrap_or_else(|| "another manager".into()), quoted("with subresource "))
}

/// Says whether it is this manager that holds the field, by the object itself.
pub(crate) fn is_held_by(cause: &Cause, manager: &str) -> bool {
    holder(&cause.message) == (manager.to_owned(), None)
}

/// Reads a path as the server writes it, `.spec.containers[name="web"].image`. Names are not quoted there, so that the
/// dots of `.metadata.annotations.example.org/team` can only be told apart with the object at hand.
fn locate(payload: &Value, text: &str) -> Option<FieldPath> {
    let (mut at, mut rest, mut path) = (payload, text, FieldPath::root());
    while !rest.is_empty() {
        let (segment, left) = match rest.strip_prefix('.') {
            Some(names) => field(at, names)?,
            None => item(rest)?,
        };
        at = find(at, &segment)?;
        path = path.then(segment);
        rest = left;
    }
    Some(path)
}

fn field<'t>(at: &Value, names: &'t str) -> Option<(Segment, &'t str)> {
    let ends = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
    let fits = |key: &&Text| names.strip_prefix(key.as_str()).is_some_and(ends);
    let key = at.as_map()?.iter().map(|(key, _)| key).filter(fits).max_by_key(|key| key.len())?;
    Some((Segment::Field(key.clone()), &names[key.len()..]))
}

fn item(text: &str) -> Option<(Segment, &str)> {
    let inner = text.strip_prefix('[')?;
    if let Some(value) = inner.strip_prefix('=') {
        let (value, rest) = json(value)?;
        return Some((Segment::Item(value), rest.strip_prefix(']')?));
    }
    if let Some((at, rest)) = inner.split_once(']').and_then(|(at, rest)| Some((at.parse().ok()?, rest))) {
        return Some((Segment::Index(at), rest));
    }
    let (mut keys, mut rest) = (Vec::new(), inner);
    loop {
        let (key, value) = rest.split_once('=')?;
        let (value, left) = json(value)?;
        keys.push((Text::from(key), value));
        match left.strip_prefix(',') {
            Some(more) => rest = more,
            None => return Some((Segment::Key(keys), left.strip_prefix(']')?)),
        }
    }
}

/// Reads one JSON value from the beginning of a text. A number ends before `,` and `]`, which JSON knows too.
fn json(text: &str) -> Option<(Value, &str)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match stream.next() {
        Some(Ok(value)) => Some((value, &text[stream.byte_offset()..])),
        _ => {
            let end = text.find([',', ']'])?;
            Some((serde_json::from_str(&text[..end]).ok()?, &text[end..]))
        }
    }
}

fn find<'v>(at: &'v Value, segment: &Segment) -> Option<&'v Value> {
    match segment {
        Segment::Field(name) => at.get(name),
        other => at.as_list()?.get(place(at.as_list()?, other)?),
    }
}

fn place(items: &[Value], segment: &Segment) -> Option<usize> {
    match segment {
        Segment::Index(at) => Some(*at),
        Segment::Key(keys) => keyed(items, keys),
        Segment::Item(value) => items.iter().position(|item| item == value),
        _ => None,
    }
}

/// Finds an item by its keys. The server names keys that it filled in itself, such as `protocol="TCP"`: an item that
/// lacks them is meant where it is the only one that fits.
fn keyed(items: &[Value], keys: &[(Text, Value)]) -> Option<usize> {
    let has = |item: &Value| keys.iter().all(|(key, value)| item.get(key) == Some(value));
    let fits = |item: &Value| keys.iter().all(|(key, value)| item.get(key).is_none_or(|have| have == value));
    let names = |item: &Value| keys.iter().any(|(key, _)| item.get(key).is_some());
    items.iter().position(has).or_else(|| {
        let mut fitting = items.iter().enumerate().filter(|(_, item)| names(item) && fits(item));
        let (at, _) = fitting.next()?;
        fitting.next().is_none().then_some(at)
    })
}

/// Gives what is at a path.
pub(crate) fn value_at<'v>(body: &'v Value, path: &FieldPath) -> Option<&'v Value> {
    path.segments().iter().try_fold(body, find)
}

/// Takes a field out of a payload. Says whether it was there.
pub(crate) fn remove(payload: &mut Value, path: &FieldPath) -> bool {
    let Some((last, way)) = path.segments().split_last() else { return false };
    let mut at = payload;
    for segment in way {
        let next = match (segment, at) {
            (Segment::Field(name), Value::Map(map)) => map.get_mut(name),
            (segment, Value::List(items)) => place(items, segment).and_then(|at| items.get_mut(at)),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => return false,
        }
    }
    match (last, at) {
        (Segment::Field(name), Value::Map(map)) => map.remove(name).is_some(),
        (segment, Value::List(items)) => match place(items, segment).filter(|at| *at < items.len()) {
            Some(at) => {
                items.remove(at);
                true
            }
            None => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"metadata":{"annotations":{"a.b/c":"1","a":"2"}},"spec":{"replicas":3,"list":[1,2],"containers":
        [{"name":"web","image":"i","ports":[{"containerPort":80,"protocol":"TCP","name":"x"}]}],"finalizers":["x.y/z"]}}"#;

    fn check(field: &str, shown: &str, left: &str) {
        let mut body: Value = serde_json::from_str(BODY).unwrap();
        let path = locate(&body, field).unwrap_or_else(|| panic!("{field} is not found"));
        assert_eq!(path.to_string(), shown);
        assert!(remove(&mut body, &path), "{field} was there");
        assert!(!body.canonical().contains(left), "{field} is gone from {}", body.canonical());
    }

    #[test]
    fn a_path_of_the_server_is_found_and_can_be_taken_out() {
        check(".spec.replicas", "spec.replicas", "replicas");
        check(".metadata.annotations.a.b/c", r#"metadata.annotations["a.b/c"]"#, "a.b/c");
        check(r#".spec.containers[name="web"].image"#, "spec.containers[name=web].image", "image");
        check(
            r#".spec.containers[name="web"].ports[containerPort=80,protocol="TCP"].name"#,
            "spec.containers[name=web].ports[containerPort=80,protocol=TCP].name",
            r#""x""#,
        );
        check(r#".spec.finalizers[="x.y/z"]"#, r#"spec.finalizers[="x.y/z"]"#, "x.y/z");
        check(".spec.list[1]", "spec.list[1]", "1,2");
    }

    #[test]
    fn a_key_that_the_server_filled_in_needs_no_place_in_the_payload() {
        let left = |ports: &str| {
            let mut body: Value = serde_json::from_str(&format!(r#"{{"ports":[{ports}]}}"#)).unwrap();
            let path = locate(&body, r#".ports[port=80,protocol="TCP"].nodePort"#)?;
            remove(&mut body, &path).then(|| body.canonical())
        };
        let (one, other) = (r#"{"nodePort":30000,"port":80}"#, r#"{"nodePort":30001,"port":81}"#);
        assert_eq!(left(one).unwrap(), r#"{"ports":[{"port":80}]}"#);
        assert_eq!(
            left(&format!("{other},{one}")).unwrap(),
            format!(r#"{{"ports":[{other},{{"port":80}}]}}"#)
        );
        let udp = r#"{"port":80,"protocol":"UDP","nodePort":30000}"#;
        assert!(left(&format!("{udp},{one}")).is_some(), "the other one says that it is not meant");
        assert_eq!(left(udp), None);
        assert_eq!(left(&format!("{one},{one}")), None, "two that fit are none");
        assert_eq!(left(r#"{"nodePort":30000}"#), None, "no key is not a fitting one");
    }

    #[test]
    fn what_cannot_be_found_is_no_panic() {
        let body: Value = serde_json::from_str(BODY).unwrap();
        for odd in [
            "spec",
            ".",
            "..",
            "[",
            "[]",
            "[=",
            "[a",
            "[a=",
            "[a=1",
            ".spec[9]",
            ".spec.list[9]",
            ".none",
            ".spec.é",
        ] {
            assert_eq!(locate(&body, odd), None, "{odd}");
        }
    }

    #[test]
    fn the_holder_is_read_from_the_words_of_the_server() {
        let text = |message| {
            let (manager, subresource) = holder(message);
            format!("{manager} {subresource:?}")
        };
        assert_eq!(
            text(r#"conflict with "kubectl-edit" using apps/v1 at 2026-01-01T00:00:00Z"#),
            "kubectl-edit None"
        );
        assert_eq!(
            text(r#"conflict with "kube-controller-manager" with subresource "scale" using apps/v1"#),
            r#"kube-controller-manager Some("scale")"#
        );
        assert_eq!(text("conflict"), "another manager None");
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, fits) in [
            ("kubectl*", "kubectl-edit", true),
            ("*", "", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "acb", false),
            ("*edit", "kubectl-edit", true),
            ("a*a", "a", false),
            ("k", "kubectl", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn autoscalers_keep_the_replicas_and_people_do_not() {
        let rules = ConflictRules::default();
        assert_eq!(rules.decide("kube-controller-manager", Some("scale")), Decision::Yield);
        assert_eq!(rules.decide("kubectl", Some("scale")), Decision::Take);
        assert_eq!(rules.decide("kubectl-edit", None), Decision::Take);
    }
}
