//! Any template over any values renders or fails, in either version of Helm, within the limits, and twice the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_core::Value;
use windlass_fuzz::{Chance, limits, parts, template_limits};
use windlass_helm::template::{self, Engine, Env, HelmVersion, Map};
use windlass_yaml::{Options, read};

/// What takes long because it has to: keys, and hashes of passwords.
const SLOW: [&str; 4] = ["gen", "bcrypt", "htpasswd", "derivePassword"];

fuzz_target!(|bytes: &[u8]| {
    let [text, values] = parts(bytes);
    if SLOW.iter().any(|word| text.windows(word.len()).any(|part| part == word.as_bytes())) {
        return;
    }
    let documents = read(values, &Options::from(&limits()));
    let values = documents.ok().and_then(|all| all.into_iter().next()).map(|first| first.value);
    let values = values.unwrap_or_default();
    for version in [HelmVersion::V4, HelmVersion::V3] {
        let first = rendered(text, &values, version);
        assert!(first == rendered(text, &values, version), "a render gives the same again");
    }
});

fn rendered(text: &[u8], values: &Value, version: HelmVersion) -> Result<Vec<u8>, String> {
    let chance = Chance::default();
    let env = Env { random: Some(&chance), limits: template_limits(), ..Env::default() };
    let helper: &[u8] = b"{{ define \"name\" }}{{ .Values.a }}{{ end }}";
    let engine = Engine::compile(version, [("_helper.tpl", helper), ("t.yaml", text)]);
    let engine = engine.map_err(|error| error.to_string())?;
    let data: Map = [("Values", template::Value::of_file(values))].into_iter().collect();
    engine.render("t.yaml", &data.into(), &env).map_err(|error| error.to_string())
}
