//! Files taken apart: their values in order with their places, and what SOPS added.

mod ini;
mod lines;
mod tree;

use std::ops::Range;

use windlass_core::{Error, ErrorKind, Result, Text, Value};
use windlass_yaml::go;

use crate::cipher::Plain;
use crate::metadata::Metadata;
use crate::{Format, Secret};

/// A value or a comment, as the file has it.
pub(crate) struct Entry {
    /// The keys that lead to it; places in lists do not count.
    pub(crate) path: Vec<Text>,
    pub(crate) plain: Plain,
    /// Other paths under which a comment may have been encrypted.
    pub(crate) paths: Vec<Vec<Text>>,
    place: Range<usize>,
    /// The columns in front of the lines of a block.
    indent: usize,
}

/// A file with what SOPS says about it.
pub(crate) struct File<'t> {
    pub(crate) metadata: Metadata,
    pub(crate) entries: Vec<Entry>,
    text: &'t [u8],
    format: Format,
    /// What SOPS added.
    cuts: Vec<Range<usize>>,
}

/// Takes a file apart.
pub(crate) fn load(text: &[u8], format: Format) -> Result<File<'_>> {
    match format {
        Format::Yaml | Format::Json | Format::Binary => tree::load(text, format),
        Format::Dotenv => lines::load(text),
        Format::Ini => ini::load(text),
    }
}

impl File<'_> {
    /// Writes the file with other values, `None` for those that stay.
    pub(crate) fn write(&self, plains: &[Option<Plain>]) -> Result<Secret> {
        if self.format == Format::Binary {
            return self.binary(plains);
        }
        let first = self.spliced(plains, false);
        if self.format != Format::Yaml || tree::holds(first.as_slice(), &self.entries, plains) {
            return Ok(first);
        }
        // In brackets a text has to stand in one line.
        let second = self.spliced(plains, true);
        if tree::holds(second.as_slice(), &self.entries, plains) {
            return Ok(second);
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            "the decrypted values cannot be written into the layout of the file",
        ))
    }

    fn binary(&self, plains: &[Option<Plain>]) -> Result<Secret> {
        let data = self.entries.iter().zip(plains).find(|(entry, _)| entry.path == ["data"]);
        match data {
            Some((_, Some(Plain::Text(text)))) => Ok(Secret::new(text.clone().into_bytes())),
            _ => Err(Error::new(ErrorKind::Invalid, "an encrypted binary file has one text, data")),
        }
    }

    fn spliced(&self, plains: &[Option<Plain>], in_one_line: bool) -> Secret {
        let written = self.entries.iter().zip(plains).filter_map(|(entry, plain)| {
            let text = self.written(plain.as_ref()?, entry.indent, in_one_line);
            Some((entry.place.clone(), text))
        });
        let cuts = self.cuts.iter().map(|cut| (cut.clone(), String::new()));
        let mut changes: Vec<(Range<usize>, String)> = written.chain(cuts).collect();
        changes.sort_by_key(|(place, _)| place.start);
        let mut out = Vec::with_capacity(self.text.len());
        let mut at = 0;
        for (place, text) in &changes {
            out.extend_from_slice(self.text.get(at..place.start).unwrap_or_default());
            out.extend_from_slice(text.as_bytes());
            at = at.max(place.end);
        }
        out.extend_from_slice(&self.text[at..]);
        Secret::new(out)
    }

    fn written(&self, plain: &Plain, indent: usize, in_one_line: bool) -> String {
        match self.format {
            Format::Dotenv => lines::written(plain),
            Format::Ini => ini::written(plain),
            _ if self.format == Format::Json || in_one_line => go::to_json(&value(plain)),
            _ => match plain {
                Plain::Text(text) => go::text_v3(text, indent),
                Plain::Time(time) => time.clone(),
                Plain::Comment(text) => format!("#{text}"),
                other => go::to_yaml_v3(&value(other), 4).trim_end().to_owned(),
            },
        }
    }
}

fn value(plain: &Plain) -> Value {
    match plain {
        Plain::Null => Value::Null,
        Plain::Bool(truth) => Value::Bool(*truth),
        Plain::Int(number) => Value::Int(*number),
        Plain::Float(number) => Value::Float(*number),
        Plain::Text(text) | Plain::Time(text) | Plain::Comment(text) => Value::from(text.as_str()),
    }
}

/// Writes a value as the formats do that know only texts.
fn as_text(plain: &Plain) -> String {
    match plain {
        Plain::Null => String::new(),
        Plain::Bool(truth) => truth.to_string(),
        Plain::Int(number) => number.to_string(),
        Plain::Float(number) if number.fract() == 0.0 && number.abs() < 1e21 => format!("{number:.1}"),
        Plain::Float(_) => go::to_yaml_v3(&value(plain), 2).trim_end().to_uppercase(),
        Plain::Text(text) | Plain::Time(text) | Plain::Comment(text) => text.clone(),
    }
}

fn utf8(text: &[u8]) -> Result<&str> {
    std::str::from_utf8(text).map_err(|_| Error::new(ErrorKind::Invalid, "the text is not UTF-8"))
}

/// Gives the lines of a text with their places, without their line breaks.
fn lines_of(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut at = 0;
    text.split('\n').map(move |line| {
        let begin = at;
        at += line.len() + 1;
        (begin..begin + line.len(), line)
    })
}
