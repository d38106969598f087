//! Any bytes are decrypted or refused, in every format, whatever the metadata say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_core::Result;
use windlass_sops::{AgeKeys, Format, KeyService, MasterKey, Secret, Sops};

/// Opens every key, so that the values are reached.
#[derive(Debug)]
struct Any;

impl KeyService for Any {
    fn decrypt(&self, _: &MasterKey) -> Result<Option<Secret>> {
        Ok(Some(Secret::new(vec![7; 32])))
    }
}

const KEY: &str = include_str!("../../crates/windlass-sops/tests/data/keys/age.txt");

fuzz_target!(|bytes: &[u8]| {
    let own = Sops::new().with_keys(AgeKeys::parse(KEY).expect("a key"));
    let any = Sops::new().with_keys(Any);
    for format in [Format::Yaml, Format::Json, Format::Dotenv, Format::Ini, Format::Binary] {
        let _ = (own.decrypt(bytes, format), any.decrypt(bytes, format));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = AgeKeys::parse(text);
    }
});
