//! What is brought there: a namespace, and 1000 ConfigMaps of 2 KB in it, each in a file of its own.

use crate::git::Served;

pub(crate) const OBJECTS: usize = 1000;

/// Two kilobytes that no compression makes small.
fn data(at: usize) -> String {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(at as u64 + 1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        format!("{state:016x}")
    };
    (0..128).map(|_| next()).collect()
}

pub(crate) fn served(namespace: &str) -> Served {
    let mut files = vec![("namespace.yaml".to_owned(), format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {namespace}\n"))];
    files.extend((0..OBJECTS).map(|at| {
        let (path, data) = (format!("maps/{:02}/map-{at:04}.yaml", at / 50), data(at));
        (path, format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: map-{at:04}\n  namespace: {namespace}\ndata:\n  text: {data:?}\n"))
    }));
    let files: Vec<(&str, Option<&str>)> =
        files.iter().map(|(path, text)| (path.as_str(), Some(text.as_str()))).collect();
    let served = Served::new();
    served.commit("a fleet", &files);
    served
}

/// The same as the requests that Windlass sends: path and body, the namespace first.
pub(crate) fn bodies(namespace: &str) -> Vec<(String, String)> {
    let labels = format!(r#""labels":{{"windlass.dev/unit":"{namespace}"}}"#);
    let first = format!(r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{{labels},"name":"{namespace}"}}}}"#);
    let mut bodies = vec![(format!("/api/v1/namespaces/{namespace}"), first)];
    bodies.extend((0..OBJECTS).map(|at| {
        let data = data(at);
        (
            format!("/api/v1/namespaces/{namespace}/configmaps/map-{at:04}"),
            format!(
                r#"{{"apiVersion":"v1","data":{{"text":"{data}"}},"kind":"ConfigMap","metadata":{{{labels},"name":"map-{at:04}","namespace":"{namespace}"}}}}"#
            ),
        )
    }));
    bodies
}
