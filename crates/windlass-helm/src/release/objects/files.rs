//! `.Files`.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use windlass_core::Value as Plain;
use windlass_yaml::go;

use super::glob::Glob;
use crate::chart::ChartFile;
use crate::template::{GoObject, List, Map, Param, Shape, Signature, Text, Value};

/// The files of a chart, or some of them.
pub(crate) struct FilesObject {
    files: BTreeMap<String, Bytes>,
    /// The files as a map of the language, made when a template looks at them as one.
    map: OnceCell<Map>,
}

impl FilesObject {
    /// Makes `.Files` of a chart.
    pub(crate) fn new(files: &[ChartFile]) -> Self {
        Self::of(files.iter().map(|file| (file.name.clone(), file.bytes.clone())).collect())
    }

    fn of(files: BTreeMap<String, Bytes>) -> Self {
        Self { files, map: OnceCell::new() }
    }

    fn get(&self, name: &str) -> &[u8] {
        self.files.get(name).map_or(&[], |bytes| bytes)
    }

    fn glob(&self, pattern: &str) -> Self {
        let glob = Glob::new(pattern);
        let found = self.files.iter().filter(|(name, _)| glob.matches(name));
        Self::of(found.map(|(name, bytes)| (name.clone(), bytes.clone())).collect())
    }

    fn lines(&self, name: &str) -> Value {
        let bytes = self.get(name);
        if bytes.is_empty() {
            return List::texts(Vec::<Vec<u8>>::new()).into();
        }
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        List::texts(bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec)).into()
    }

    /// Writes the files as the fields of a map, under their names without folders.
    fn fields(&self, content: impl Fn(&[u8]) -> String) -> Value {
        let field = |(name, bytes): (&String, &Bytes)| {
            let base = name.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
            (base, Plain::from(content(bytes)))
        };
        let text = go::to_yaml(&self.files.iter().map(field).collect::<Plain>());
        text.strip_suffix('\n').unwrap_or(&text).into()
    }
}

impl fmt::Debug for FilesObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Files({})", self.files.len())
    }
}

impl GoObject for FilesObject {
    fn type_name(&self) -> Cow<'_, str> {
        "engine.files".into()
    }

    fn shape(&self) -> Shape {
        let make = || {
            let files = self.files.iter();
            files.map(|(name, bytes)| (name.as_str(), Value::Bytes(Rc::from(&bytes[..])))).collect::<Map>()
        };
        Shape::Map(self.map.get_or_init(make).clone())
    }

    fn field(&self, name: &str) -> Option<Value> {
        Some(Value::Bytes(Rc::from(self.get(name))))
    }

    fn method(&self, name: &str) -> Option<Signature> {
        let params: &'static [Param] = match name {
            "Get" | "GetBytes" | "Glob" | "Lines" => &[Param::Text],
            "AsConfig" | "AsSecrets" => &[],
            _ => return None,
        };
        Some(Signature { params, variadic: false })
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let text = match args.first() {
            Some(Value::Text(text)) => text.to_str(),
            _ => Cow::Borrowed(""),
        };
        Ok(match name {
            "Get" => Value::Text(self.get(&text).into()),
            "GetBytes" => Value::Bytes(Rc::from(self.get(&text))),
            "Glob" => Value::Object(Rc::new(self.glob(&text))),
            "Lines" => self.lines(&text),
            "AsConfig" => self.fields(|bytes| Text::from(bytes).to_str().into_owned()),
            "AsSecrets" => self.fields(|bytes| BASE64_STANDARD.encode(bytes)),
            other => return Err(format!("no method {other}")),
        })
    }
}
