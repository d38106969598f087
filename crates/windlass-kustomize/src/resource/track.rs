//! Where objects come from and what changed them, as `buildMetadata` tells it.

/// What `buildMetadata` tells of an object.
#[derive(Clone, Default)]
pub(crate) struct Tracked {
    pub(crate) origin: Option<Track>,
    pub(crate) transformations: Vec<Track>,
}

/// Where an object was written, or what made or changed it.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Track {
    pub(crate) path: String,
    pub(crate) repository: String,
    pub(crate) reference: String,
    pub(crate) configured_in: String,
    /// `apiVersion`, `kind`, `name` and `namespace`.
    pub(crate) configured_by: [String; 4],
}

impl Track {
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut add = |indent: &str, name: &str, text: &str| {
            if !text.is_empty() {
                lines.push(format!("{indent}{name}: {}", crate::emit::scalar(text)));
            }
        };
        add("", "path", &self.path);
        add("", "repo", &self.repository);
        add("", "ref", &self.reference);
        add("", "configuredIn", &self.configured_in);
        let by = &self.configured_by;
        if by.iter().any(|text| !text.is_empty()) {
            for (name, text) in ["apiVersion", "kind", "name", "namespace"].into_iter().zip(by) {
                add("  ", name, text);
            }
            let first = lines.iter().position(|line| line.starts_with(' ')).unwrap_or(lines.len());
            lines.insert(first, "configuredBy:".to_owned());
        }
        lines
    }

    pub(super) fn written(&self) -> String {
        self.lines().into_iter().map(|line| line + "\n").collect()
    }

    pub(super) fn item(&self) -> String {
        let lines = self.lines();
        lines
            .iter()
            .zip(std::iter::once("- ").chain(std::iter::repeat("  ")))
            .fold(String::new(), |out, (line, indent)| out + indent + line + "\n")
    }
}
