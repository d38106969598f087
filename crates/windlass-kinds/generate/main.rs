//! Makes the tables of this crate from the OpenAPI that Kubernetes publishes; see `README.md` beside this file.
//!
//! `generate-kinds VERSION SOURCE_FOLDER OPENAPI_FOLDER…`
//!
//! Of several folders the last is that of `VERSION`. The earlier ones add what it no longer has, since clusters of their
//! releases are still managed.

mod table;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use windlass_core::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [version, source, folders @ ..] = arguments.as_slice() else {
        return Err("usage: generate-kinds VERSION SOURCE_FOLDER OPENAPI_FOLDER…".into());
    };
    let mut table = table::Table::default();
    for folder in folders {
        for (name, text) in files(Path::new(folder))? {
            let document: Value =
                serde_json::from_str(&text).map_err(|error| format!("{folder}/{name}: {error}"))?;
            table.add(&document);
        }
    }
    let source = Path::new(source);
    fs::write(source.join("scope/table.rs"), table.scopes(version))?;
    fs::write(source.join("schema/built_in.json"), table.schemas()?)?;
    Ok(())
}

/// Reads the documents of group versions: `api__v1_openapi.json`, `apis__apps__v1_openapi.json`.
fn files(folder: &Path) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let parts = name.trim_end_matches("_openapi.json").split("__").count();
        if (name.starts_with("api__") && parts == 2) || (name.starts_with("apis__") && parts == 3) {
            files.insert(name, fs::read_to_string(entry.path())?);
        }
    }
    Ok(files)
}
