//! Lines of `KEY=value`, as sops reads them: no quotes, no blanks, `\n` for a line break.

use windlass_core::{Error, ErrorKind, Result, Text};

use super::{Entry, File, as_text, lines_of, utf8};
use crate::Format;
use crate::cipher::Plain;
use crate::metadata::{Metadata, not_found};

const PREFIX: &str = "sops_";

pub(super) fn load(bytes: &[u8]) -> Result<File<'_>> {
    let text = utf8(bytes)?;
    let (mut entries, mut cuts, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for (number, (place, line)) in (1_usize..).zip(lines_of(text)) {
        let whole = place.start..(place.end + 1).min(text.len());
        if line.is_empty() {
            // sops leaves empty lines out.
            cuts.push(whole);
        } else if let Some(comment) = line.strip_prefix('#') {
            let plain = Plain::Comment(comment.to_owned());
            entries.push(Entry { path: Vec::new(), plain, paths: vec![Vec::new()], place, indent: 0 });
        } else {
            let (key, value) = line.split_once('=').ok_or_else(|| {
                Error::new(ErrorKind::Invalid, "a line of a dotenv file has no =").with("line", number)
            })?;
            if let Some(name) = key.strip_prefix(PREFIX) {
                own.push((name, value));
                cuts.push(whole);
            } else {
                let place = place.start + key.len() + 1..place.end;
                let plain = Plain::Text(value.replace("\\n", "\n"));
                entries.push(Entry {
                    path: vec![Text::from(key)],
                    plain,
                    paths: Vec::new(),
                    place,
                    indent: 0,
                });
            }
        }
    }
    if own.is_empty() {
        return Err(not_found());
    }
    Ok(File { metadata: Metadata::of_flat(own)?, entries, text: bytes, format: Format::Dotenv, cuts })
}

pub(super) fn written(plain: &Plain) -> String {
    match plain {
        Plain::Comment(text) => format!("#{text}"),
        other => as_text(other).replace('\n', "\\n"),
    }
}
