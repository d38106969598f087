//! Which values of a file are encrypted.

use regex::Regex;
use windlass_core::{Error, ErrorKind, Result, Text, Value};

use crate::cipher::looks_encrypted;

/// What the metadata say about the fields that are encrypted.
#[derive(Debug)]
pub(crate) enum Rule {
    /// All but those whose path has a key with this ending.
    AllBut(String),
    /// Those whose path has a key with this ending.
    Ending(String),
    /// All but those whose path has a key that matches.
    AllButMatching(Regex),
    /// Those whose path has a key that matches.
    Matching(Regex),
    /// Those that a comment above them names: told by the values themselves.
    ByComment,
}

const DEFAULT_ENDING: &str = "_unencrypted";

impl Rule {
    pub(crate) fn of(metadata: &Value) -> Result<Self> {
        let names = [
            "unencrypted_suffix",
            "encrypted_suffix",
            "unencrypted_regex",
            "encrypted_regex",
            "unencrypted_comment_regex",
            "encrypted_comment_regex",
        ];
        let given = |name: &&str| metadata.text_at(&[name]).is_some_and(|text| !text.is_empty());
        let given: Vec<&str> = names.into_iter().filter(given).collect();
        let name = match given[..] {
            [] => return Ok(Self::AllBut(DEFAULT_ENDING.to_owned())),
            [name] => name,
            _ => {
                let error = Error::new(ErrorKind::Invalid, "only one rule may say what is encrypted");
                return Err(error.with("rules", given.join(", ")));
            }
        };
        let text = metadata.text_at(&[name]).unwrap_or_default();
        Ok(match name {
            "unencrypted_suffix" => Self::AllBut(text.to_owned()),
            "encrypted_suffix" => Self::Ending(text.to_owned()),
            "unencrypted_regex" => Self::AllButMatching(pattern(name, text)?),
            "encrypted_regex" => Self::Matching(pattern(name, text)?),
            _ => Self::ByComment,
        })
    }

    /// Says whether the value at a path is encrypted.
    pub(crate) fn holds(&self, path: &[Text], value: Option<&str>) -> bool {
        match self {
            Self::AllBut(ending) => !path.iter().any(|key| key.ends_with(ending)),
            Self::Ending(ending) => path.iter().any(|key| key.ends_with(ending)),
            Self::AllButMatching(pattern) => !path.iter().any(|key| pattern.is_match(key)),
            Self::Matching(pattern) => path.iter().any(|key| pattern.is_match(key)),
            Self::ByComment => value.is_some_and(looks_encrypted),
        }
    }
}

/// A pattern that is none matches nothing in sops, which would take the file for one without secrets.
fn pattern(name: &str, text: &str) -> Result<Regex> {
    const BYTES_MAX: usize = 1 << 20;
    regex::RegexBuilder::new(text)
        .size_limit(BYTES_MAX)
        .build()
        .map_err(|_| Error::new(ErrorKind::Invalid, "the rule is no regular expression").with("rule", name))
}
