//! Names, tags and digests of images.

use regex::Regex;
use windlass_core::{Result, Text};

use super::fieldspec;
use crate::config::FieldSpec;
use crate::id::Gvk;
use crate::node::{DEPTH_MAX, Node, Tag, set_scalar, wrong_kind};
use crate::pattern;

/// An entry of `images`.
#[derive(Clone, Default)]
pub(crate) struct Image {
    pub(crate) name: Text,
    pub(crate) new_name: Text,
    pub(crate) new_tag: Text,
    pub(crate) tag_suffix: Text,
    pub(crate) digest: Text,
}

/// An entry that is ready to be compared.
pub(crate) struct Matcher<'i> {
    image: &'i Image,
    /// `None` where the name has no meaning beyond itself.
    pattern: Option<Result<Regex, ()>>,
}

impl<'i> Matcher<'i> {
    pub(crate) fn new(image: &'i Image) -> Self {
        let pattern = (!pattern::is_plain(&image.name)).then(|| {
            let tail = r"(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$";
            pattern::compile(&format!("^{}{tail}", image.name)).ok_or(())
        });
        Self { image, pattern }
    }

    /// Changes the images of an object; says whether there were any.
    pub(crate) fn apply(&self, object: &mut Node, gvk: &Gvk, specs: &[FieldSpec]) -> Result<()> {
        if gvk.kind == "CustomResourceDefinition" {
            return Ok(());
        }
        self.containers(object, DEPTH_MAX)?;
        specs
            .iter()
            .try_for_each(|spec| fieldspec::apply(spec, gvk, object, None, &mut |node| self.set(node)))
    }

    /// Finds lists of containers wherever they are.
    fn containers(&self, node: &mut Node, depth: usize) -> Result<()> {
        let Some(below) = depth.checked_sub(1) else { return Ok(()) };
        match node {
            Node::Map(map) => {
                for (key, value) in map.iter_mut() {
                    if matches!(value, Node::Scalar(_)) {
                        continue;
                    }
                    self.containers(value, below)?;
                    if let (true, Node::List(items)) =
                        (matches!(key.as_str(), "containers" | "initContainers"), value)
                    {
                        for item in items {
                            match item {
                                Node::Map(container) => {
                                    if let Some(image) = container.get_mut("image") {
                                        self.set(image)?;
                                    }
                                }
                                item if item.is_null() => {}
                                item => return Err(wrong_kind("map", item)),
                            }
                        }
                    }
                }
                Ok(())
            }
            Node::List(items) => items.iter_mut().try_for_each(|item| self.containers(item, below)),
            Node::Scalar(_) => Ok(()),
        }
    }

    fn set(&self, node: &mut Node) -> Result<()> {
        let Node::Scalar(scalar) = &*node else { return Err(wrong_kind("scalar", node)) };
        if !self.matches(&scalar.text) {
            return Ok(());
        }
        let text = self.changed(&scalar.text);
        set_scalar(node, text, Tag::None)
    }

    fn matches(&self, text: &str) -> bool {
        match &self.pattern {
            Some(Ok(pattern)) => pattern.is_match(text),
            Some(Err(())) => false,
            None => pattern::strip(text, &self.image.name).is_some_and(is_version),
        }
    }

    fn changed(&self, text: &str) -> String {
        let image = self.image;
        let (name, tag, digest) = split(text);
        let name = if image.new_name.is_empty() { name } else { &image.new_name };
        let suffixed = format!("{tag}{}", image.tag_suffix);
        let (tag, digest) = match (image.new_tag.is_empty(), image.digest.is_empty()) {
            (false, false) => (image.new_tag.as_str(), image.digest.as_str()),
            (false, true) => (image.new_tag.as_str(), ""),
            (true, false) => ("", image.digest.as_str()),
            (true, true) if !image.tag_suffix.is_empty() => (suffixed.as_str(), ""),
            (true, true) => (tag, digest),
        };
        let mut out = name.to_owned();
        if !tag.is_empty() {
            out = out + ":" + tag;
        }
        if !digest.is_empty() {
            out = out + "@" + digest;
        }
        out
    }
}

/// Says whether a text is what may follow a name: a tag, a digest, both or nothing.
fn is_version(text: &str) -> bool {
    let word = |letter: char| letter.is_ascii_alphanumeric() || "_.{}-".contains(letter);
    let after_tag = |text: &str| text.is_empty() || text.strip_prefix('@').is_some_and(is_digest);
    match text.strip_prefix(':') {
        Some(tag) => after_tag(tag.trim_start_matches(word)),
        None => after_tag(text),
    }
}

/// `[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*`
fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    let parts = algorithm.split(|letter| ".+_-".contains(letter));
    parts.into_iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        && hex.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.{}-".contains(letter))
}

/// Cuts an image into name, tag and digest.
fn split(image: &str) -> (&str, &str, &str) {
    let from = image.find('/').unwrap_or(0);
    let search = &image[from..];
    let at = search.find('@').map(|at| at + from);
    let colon = search.find(':').map(|colon| colon + from);
    match (colon, at) {
        (None, None) => (image, "", ""),
        (Some(colon), Some(at)) if colon < at => (&image[..colon], &image[colon + 1..at], &image[at + 1..]),
        (_, Some(at)) => (&image[..at], "", &image[at + 1..]),
        (Some(colon), None) => (&image[..colon], &image[colon + 1..], ""),
    }
}
