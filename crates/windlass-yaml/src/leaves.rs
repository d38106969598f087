//! Every value of a text in its order, with its place.

use windlass_core::{Error, FieldPath, Result, Value};

use crate::json::{JsonReader, looks_like_json};
use crate::text::decoded;
use crate::yaml;
use crate::{Format, Options, Place};

/// A value that is no list and no map.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Leaf {
    /// Which document of the text it is in, from 1, where those that hold nothing count too.
    pub document: u32,
    /// Where in the document it is: fields and places in lists. A merge key is a field `<<`.
    pub path: FieldPath,
    /// What it is.
    pub value: Value,
    /// Where it is written; of a block scalar, its lines without the bar. The column is that of the key or, in a list, of
    /// the value.
    pub place: Place,
}

/// Gives every value that is no list and no map, in the order in which a text has them, which [`read`](crate::read) does
/// not keep. What lies behind an alias is there once, where it is written.
///
/// ```
/// use windlass_yaml::{Options, leaves};
/// let text = b"b: 1\na: [x, {c: 2}]\n";
/// let paths: Vec<String> = leaves(text, &Options::default())?.iter().map(|leaf| leaf.path.to_string()).collect();
/// assert_eq!(paths, ["b", "a[0]", "a[1].c"]);
/// # Ok::<(), windlass_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Invalid`](windlass_core::ErrorKind::Invalid) and [`ErrorKind::Limit`](windlass_core::ErrorKind::Limit) as
/// [`read`](crate::read), but only the first problem.
pub fn leaves(bytes: &[u8], options: &Options) -> Result<Vec<Leaf>> {
    let text = decoded(bytes, options)?;
    let skipped = bytes.len() - text.len();
    let json = || JsonReader::new(text, options).leaves();
    let as_json = match options.format {
        Format::Json => Some(json()?),
        Format::Yaml => None,
        Format::Auto if looks_like_json(text) => json().ok(),
        Format::Auto => None,
    };
    let mut leaves = match as_json {
        Some(leaves) => leaves,
        None => yaml::leaves(text, options)?,
    };
    for leaf in &mut leaves {
        leaf.place = leaf.place.clone().behind(skipped);
    }
    Ok(leaves)
}

/// Checks the number of documents.
pub(crate) fn check_documents(count: u32, documents_max: usize) -> Result<(), Error> {
    if usize::try_from(count).is_ok_and(|count| count <= documents_max) {
        return Ok(());
    }
    Err(crate::text::limit("too many documents", "documents_max", documents_max))
}
