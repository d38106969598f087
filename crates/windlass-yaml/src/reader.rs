//! Several documents, one after the other.

use std::fmt;

use windlass_core::{Error, ErrorKind, Result, Text};

use crate::json::{JsonReader, looks_like_json};
use crate::text::{decoded, limit};
use crate::yaml::{Parsed, YamlReader};
use crate::{Document, Format, Options};

/// Reads a text one document at a time. After a document that is wrong it goes on with the next one.
///
/// ```
/// use windlass_yaml::{Options, Reader};
/// let text = b"a: 1\n---\na: [\n---\na: 3\n";
/// let documents: Vec<_> = Reader::new(text, &Options::default())?.collect();
/// assert_eq!(documents.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
/// # Ok::<(), windlass_core::Error>(())
/// ```
pub struct Reader<'t> {
    inner: Inner<'t>,
    documents_max: usize,
    /// Documents that were read, also those that hold nothing.
    count: usize,
}

enum Inner<'t> {
    Yaml(Box<YamlReader<'t>>),
    Json(Box<JsonReader<'t>>),
    /// JSON had to be read to its end to know that it is JSON.
    Read(std::vec::IntoIter<Parsed>),
    Ended,
}

impl<'t> Reader<'t> {
    /// Looks at a text as a whole.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for bytes that are not UTF-8, with the line; [`ErrorKind::Limit`] for too many.
    pub fn new(text: &'t [u8], options: &Options) -> Result<Self> {
        let text = decoded(text, options)?;
        let inner = match options.format {
            Format::Yaml => Inner::yaml(text, options),
            Format::Json => Inner::json(text, options),
            Format::Auto if looks_like_json(text) => Inner::json_if_possible(text, options),
            Format::Auto => Inner::yaml(text, options),
        };
        Ok(Self { inner, documents_max: options.documents_max, count: 0 })
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Document>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let next = self.inner.next()?;
            self.count += 1;
            if self.count > self.documents_max {
                self.inner = Inner::Ended;
                return Some(Err(limit("too many documents", "documents_max", self.documents_max)));
            }
            match next {
                Ok(parsed) if parsed.value.is_null() => {}
                Ok(parsed) => return Some(Ok(document(parsed))),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("count", &self.count).finish_non_exhaustive()
    }
}

impl<'t> Inner<'t> {
    fn yaml(text: &'t str, options: &Options) -> Self {
        Self::Yaml(Box::new(YamlReader::new(text, options)))
    }

    fn json(text: &'t str, options: &Options) -> Self {
        Self::Json(Box::new(JsonReader::new(text, options)))
    }

    /// Takes a text for JSON if it is, else for YAML if it is or says so, else for JSON with mistakes.
    fn json_if_possible(text: &'t str, options: &Options) -> Self {
        let mut reader = JsonReader::new(text, options);
        let all = std::iter::from_fn(|| reader.document()).take(options.documents_max.saturating_add(1));
        let (all, wrong): (Vec<_>, Vec<_>) = all.partition(Result::is_ok);
        if reader.is_at_separator() {
            return Self::yaml(text, options);
        }
        if wrong.is_empty() {
            return Self::Read(all.into_iter().flatten().collect::<Vec<_>>().into_iter());
        }
        let mut reader = YamlReader::new(text, options);
        let is_yaml = std::iter::from_fn(|| reader.document()).all(|document| document.is_ok());
        if is_yaml { Self::yaml(text, options) } else { Self::json(text, options) }
    }

    fn next(&mut self) -> Option<Result<Parsed>> {
        match self {
            Self::Yaml(reader) => reader.document(),
            Self::Json(reader) => reader.document(),
            Self::Read(read) => read.next().map(Ok),
            Self::Ended => None,
        }
    }
}

fn document(parsed: Parsed) -> Document {
    Document { value: parsed.value, index: parsed.index, line: parsed.line, begin: parsed.begin }
}

/// Reads all documents of a text.
///
/// # Errors
/// All problems of all documents, up to `problems_max` of them: [`ErrorKind::Invalid`] with `document`, `line` and
/// `column`, [`ErrorKind::Limit`] with `limit` and `max`.
pub fn read(text: &[u8], options: &Options) -> Result<Vec<Document>> {
    let mut documents = Vec::new();
    let (mut problems, mut more) = (Vec::new(), 0_usize);
    for document in Reader::new(text, options)? {
        match document {
            Ok(document) => documents.push(document),
            Err(error) => {
                let room = options.problems_max.saturating_sub(problems.len());
                more += error.problems().len().saturating_sub(room);
                problems.extend(error.problems().iter().take(room).cloned());
            }
        }
    }
    if more > 0 {
        problems.push(Error::new(ErrorKind::Invalid, Text::count(more, "more problem")));
    }
    Error::all(problems).map_or(Ok(documents), Err)
}
