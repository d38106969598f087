//! What strategic merge has to know of kinds: which lists are merged item by item, and by which keys.

mod openapi;

pub(crate) use openapi::cluster_scoped;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use windlass_core::{Result, Text, Value};

/// Types, by number, and the types of kinds.
#[derive(Clone, Default)]
pub(crate) struct Table {
    types: Vec<Type>,
    /// By the names of their definitions.
    names: HashMap<Text, u32>,
    /// By `apiVersion` and kind.
    kinds: HashMap<(Text, Text), u32>,
}

/// What is known of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schema {
    /// Nothing: where the value says its kind, the schema of the kind counts.
    Unknown,
    /// It is a scalar or a part in which nothing is merged in a special way.
    Opaque,
    Known(u32),
}

#[derive(Clone)]
enum Type {
    Map { fields: HashMap<Text, Schema>, values: Option<Schema> },
    List { item: Schema, merge: bool, keys: Arc<[Text]> },
    Other,
}

/// The tables of a build: its own one first, and the built-in one unless it replaces that.
#[derive(Clone)]
pub(crate) struct Schemas {
    table: Arc<Table>,
}

impl Default for Schemas {
    fn default() -> Self {
        Self { table: Arc::clone(built_in()) }
    }
}

impl Schemas {
    /// Makes the schemas of an OpenAPI document. They replace the built-in ones, unless something needed those before.
    pub(crate) fn custom(document: &Value, beside: bool) -> Result<Self> {
        let table = if beside { Table::clone(built_in()) } else { Table::default() };
        Ok(Self { table: Arc::new(openapi::read(document, table)?) })
    }

    pub(crate) fn of_kind(&self, api_version: &str, kind: &str) -> Schema {
        let key = (Text::from(api_version), Text::from(kind));
        self.table.kinds.get(&key).map_or(Schema::Unknown, |at| Schema::Known(*at))
    }

    pub(crate) fn field(&self, schema: Schema, name: &str) -> Schema {
        match self.get(schema) {
            Some(Type::Map { fields, values }) => {
                fields.get(name).copied().or(*values).unwrap_or(Schema::Unknown)
            }
            Some(_) => Schema::Unknown,
            None => schema,
        }
    }

    pub(crate) fn item(&self, schema: Schema) -> Schema {
        match self.get(schema) {
            Some(Type::List { item, .. }) => *item,
            _ => Schema::Unknown,
        }
    }

    /// Gives the keys of a list that is merged item by item; none for a list of scalars.
    pub(crate) fn merge_keys(&self, schema: Schema) -> Option<Arc<[Text]>> {
        match self.get(schema) {
            Some(Type::List { merge: true, keys, .. }) => Some(Arc::clone(keys)),
            _ => None,
        }
    }

    fn get(&self, schema: Schema) -> Option<&Type> {
        match schema {
            Schema::Known(at) => self.table.types.get(at as usize),
            _ => None,
        }
    }
}

/// The table of the built-in kinds; `generate/schema.py` makes the text.
fn built_in() -> &'static Arc<Table> {
    static TABLE: OnceLock<Arc<Table>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table::default();
        for line in include_str!("built_in.txt").lines() {
            let mut words = line.split(' ');
            match words.next() {
                Some("kind") => {
                    if let (Some(version), Some(kind), Some(Ok(at))) =
                        (words.next(), words.next(), words.next().map(str::parse))
                    {
                        table.kinds.insert((version.into(), kind.into()), at);
                    }
                }
                Some("name") => {
                    if let (Some(name), Some(Ok(at))) = (words.next(), words.next().map(str::parse)) {
                        table.names.insert(name.into(), at);
                    }
                }
                _ => table.types.push(built_in_type(words.collect())),
            }
        }
        Arc::new(table)
    })
}

fn built_in_type(words: Vec<&str>) -> Type {
    let schema = |word: &str| word.parse().map_or(Schema::Opaque, Schema::Known);
    if let ["[]", item, strategy, keys @ ..] = &words[..] {
        let keys = keys.iter().map(|key| Text::from(*key)).collect();
        return Type::List { item: schema(item), merge: *strategy == "merge", keys };
    }
    let mut fields: HashMap<Text, Schema> = words
        .iter()
        .filter_map(|word| word.split_once('='))
        .map(|(name, at)| (name.into(), schema(at)))
        .collect();
    let values = fields.remove("*");
    Type::Map { fields, values }
}
