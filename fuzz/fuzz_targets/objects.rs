//! Any JSON is an object, a state or a control, or is refused; whatever is known of kinds is asked of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};
use windlass_core::{
    Control, Directives, HealthCheck as _, Inventory, Item, NoChildren, Object, Origin, Saved, TreePath,
    Value,
};
use windlass_kinds::health::KubernetesHealth;
use windlass_kinds::{argo, defaults, dialect, fields, kstatus, order, schema, scope};

fuzz_target!(|bytes: &[u8]| {
    again::<Saved>(bytes);
    again::<Inventory>(bytes);
    again::<Control>(bytes);
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else { return };
    assert_eq!(
        serde_json::from_str::<Value>(&body.canonical()).ok().as_ref(),
        Some(&body),
        "what is written reads"
    );
    bodies(&body);
    let Ok(object) = Object::new(body) else { return };
    for dialect in dialect::default_dialects() {
        let _ = dialect.read(&object, &mut Directives::default());
    }
    let _ = (KubernetesHealth.assess(&object, &NoChildren), argo::ArgoHealth.assess(&object, &NoChildren));
    let _ = scope::crd_scope(&object);
    let item = Item::new(object, Origin::new(TreePath::root(), 1, 1));
    for rule in order::default_order() {
        let _ = rule.edges(&[item.clone(), item.clone()]);
    }
});

/// A document of a store is written as it was read.
fn again<T: Serialize + DeserializeOwned + PartialEq>(bytes: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(bytes) else { return };
    let text = serde_json::to_vec(&read).expect("a document is written");
    assert!(serde_json::from_slice::<T>(&text).is_ok_and(|again| again == read), "a document reads again");
}

fn bodies(body: &Value) {
    let _ = (argo::built_in(body), argo::by_rule(body), argo::by_conditions(body));
    let _ = kstatus::compute(body, windlass_core::Timestamp::default());
    let _ = (schema::schema_of_crd(body), fields::of(body), fields::merged(body, body));
    let filled = defaults::filled(body);
    assert!(defaults::filled(&filled) == filled, "what was filled in is not filled in again");
    let _ = defaults::created_among(body, "shop", &[body.clone()]);
}
