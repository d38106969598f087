//! What was read by either rules is written as Go writes it, and reads back to the same value; one value is changed and
//! nothing else is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_core::Value;
use windlass_yaml::{Format, Options, Rules, go, leaves, read, set};

fuzz_target!(|bytes: &[u8]| {
    for rules in [Rules::V2, Rules::V3] {
        let options = Options::default().with_format(Format::Yaml).with_rules(rules);
        let Ok(documents) = read(bytes, &options) else { continue };
        for document in &documents {
            written(&document.value, &options, rules);
        }
        changed(bytes, &options);
    }
});

fn written(value: &Value, options: &Options, rules: Rules) {
    let json = value.canonical();
    // Line breaks of YAML 1.1 that are none in 1.2, and a key that Go writes as if it were a merge.
    if json.contains(['\u{85}', '\u{2028}', '\u{2029}']) || json.contains("\"<<\":") {
        return;
    }
    let text = if rules == Rules::V2 { go::to_yaml(value) } else { go::to_yaml_v3_compact(value, 2) };
    let back = read(text.as_bytes(), options).expect("written text reads");
    assert_eq!(go::to_json(&back[0].value), go::to_json(value), "{text}");
    let _ = (go::to_yaml_v3(value, 4), go::to_json_indent(value, "  "), go::try_to_yaml(value));
}

fn changed(bytes: &[u8], options: &Options) {
    let Ok(found) = leaves(bytes, options) else { return };
    for leaf in found.iter().take(3) {
        assert!(bytes.get(leaf.place.value.clone()).is_some(), "a place lies in the text");
        for new in [Value::from("x: y\nz"), Value::Int(7)] {
            let Ok(text) = set(bytes, options, leaf.document, &leaf.path, &new) else { continue };
            let again = leaves(&text, options).expect("a changed text reads");
            let same = again.iter().find(|other| other.document == leaf.document && other.path == leaf.path);
            assert_eq!(same.map(|leaf| leaf.value.canonical()), Some(new.canonical()));
        }
    }
}
