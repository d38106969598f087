//! Short ways to the words that nearly every test needs.

use windlass_core::{Key, Known, Object, ObjectId, Stamp, UnitId, Value};

/// Makes a `ConfigMap` with one entry of data, `content`. A namespace of `""` is left out.
///
/// ```
/// let object = windlass_testkit::config_map("shop", "web", "a");
/// assert_eq!(object.id().to_string(), "ConfigMap/shop/web");
/// assert_eq!(object.body().text_at(&["data", "content"]), Some("a"));
/// ```
///
/// # Panics
/// Where `name` is empty.
#[must_use]
pub fn config_map(namespace: &str, name: &str, content: &str) -> Object {
    let place = (!namespace.is_empty()).then(|| ("namespace", namespace.into()));
    let metadata: Value = std::iter::once(("name", name.into())).chain(place).collect();
    let body = Value::from_iter([
        ("apiVersion", "v1".into()),
        ("kind", "ConfigMap".into()),
        ("metadata", metadata),
        ("data", Value::from_iter([("content", Value::from(content))])),
    ]);
    Object::new(body).expect("the name must not be empty")
}

/// Reads an identity such as `ConfigMap/shop/web`.
///
/// # Panics
/// Where it is not one.
#[must_use]
pub fn id(text: &str) -> ObjectId {
    text.parse().expect("must be Kind.group/namespace/name")
}

/// Gives a key: the one that a [`MemoryStore`](crate::MemoryStore) makes first.
#[must_use]
pub fn key() -> Key {
    Key::new([1; Key::BYTES])
}

/// Remembers a stamp, by the [`key`].
#[must_use]
pub fn known(stamp: Stamp) -> Known {
    Known { sealed: stamp.sealed(&key()), key: key() }
}

/// Reads the name of a unit.
///
/// # Panics
/// Where it is not one.
#[must_use]
pub fn unit(name: &str) -> UnitId {
    UnitId::new(name).expect("must be the name of a unit")
}
