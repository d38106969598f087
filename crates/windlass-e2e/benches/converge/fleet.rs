//! What is sent: one Namespace and 1000 ConfigMaps of 2 KB, the same for both sides but for the name of the namespace.

use serde_json::{Value, json};

use super::bare::Body;

/// How many ConfigMaps.
pub(crate) const CONFIG_MAPS: usize = 1000;
const DATA_BYTES: usize = 1900;

/// The wanted objects of one run, the namespace first.
pub(crate) struct Fleet {
    pub(crate) namespace: String,
}

impl Fleet {
    /// Gives path and text of every file, as a user would keep them in Git.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let namespace = format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {}\n", self.namespace);
        let maps = (0..CONFIG_MAPS).map(|number| {
            let (name, data) = (name(number), data(number));
            let text = format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {}\ndata:\n  payload: {data}\n",
                self.namespace
            );
            (format!("{name}.yaml"), text)
        });
        std::iter::once(("namespace.yaml".to_owned(), namespace)).chain(maps).collect()
    }

    /// Gives the path of the API and the body of every object, the label of a unit included.
    pub(crate) fn bodies(&self) -> ([Body; 1], Vec<Body>) {
        let labels = json!({"windlass.dev/unit": self.namespace});
        let body = |path: String, value: &Value| Body { path, json: value.to_string() };
        let namespace = body(
            format!("/api/v1/namespaces/{}", self.namespace),
            &json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": self.namespace, "labels": labels}}),
        );
        let maps = (0..CONFIG_MAPS).map(|number| {
            let name = name(number);
            body(
                format!("/api/v1/namespaces/{}/configmaps/{name}", self.namespace),
                &json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"payload": data(number)},
                    "metadata": {"name": name, "namespace": self.namespace, "labels": labels}}),
            )
        });
        ([namespace], maps.collect())
    }
}

fn name(number: usize) -> String {
    format!("config-{number:04}")
}

/// Hexadecimal text that packs no better than that, from a linear congruential generator (Knuth's MMIX).
fn data(number: usize) -> String {
    let mut seed = number as u64 + 1;
    let mut text = String::from("x");
    while text.len() < DATA_BYTES {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(&format!("{:08x}", seed >> 32));
    }
    text
}
