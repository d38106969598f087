//! Any bytes are read or refused, and what was read is written and read back to the same value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_yaml::{Format, Options, read, to_yaml};

fuzz_target!(|bytes: &[u8]| {
    for format in [Format::Auto, Format::Yaml, Format::Json] {
        let Ok(documents) = read(bytes, &Options::default().with_format(format)) else { continue };
        for document in documents {
            let yaml = to_yaml(&document.value);
            let back = read(yaml.as_bytes(), &Options::default().with_format(Format::Yaml)).expect("written text reads");
            // JSON keeps the point of a whole float, which YAML loses on the way.
            if format == Format::Yaml {
                assert_eq!(back[0].value.canonical(), document.value.canonical(), "{yaml}");
            }
        }
    }
});
