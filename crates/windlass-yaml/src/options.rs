//! How to read, and how much.

use windlass_core::Limits;

/// Which language a text is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Format {
    /// JSON where the text begins as a JSON object and is JSON throughout, else YAML: what kubectl does. JSON values with
    /// lines of `---` between them are YAML.
    #[default]
    Auto,
    /// YAML.
    Yaml,
    /// JSON and nothing else, but for lines of `---` between values.
    Json,
}

/// Whose rules say what a scalar, a key and a merge mean in YAML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Rules {
    /// Those of go-yaml v2 below sigs.k8s.io/yaml, which kubectl, Helm and the files of Kubernetes' tools go by: `yes`
    /// is a boolean, a date is text, a number is a fine key.
    #[default]
    V2,
    /// Those of go-yaml v3 below kyaml, by which kustomize reads resources and patches: `yes` is text, a date becomes a
    /// time (`2024-01-01T00:00:00Z`), a field wins over `<<` wherever it stands, and only the outermost map may have
    /// keys that are no text, which stay as they are written.
    V3,
}

/// How to read, and how much. The limits have the names of [`Limits`], and `Options::from(cx.limits())` takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// The language.
    pub format: Format,
    /// What YAML means; JSON always means the same.
    pub rules: Rules,
    /// A key of YAML that appears twice, or that `<<` brings again, is no problem: the last wins, as in Go.
    pub repeated_keys: bool,
    /// Bytes of one text.
    pub file_bytes_max: u64,
    /// Documents in one text.
    pub documents_max: usize,
    /// Lists and maps inside one another; at most 256, whatever is set.
    pub value_depth_max: usize,
    /// Values that are kept for aliases or made by them in one text, against small files that expand without end.
    pub alias_values_max: usize,
    /// Bytes of the texts and keys that aliases repeat in one text.
    pub alias_bytes_max: usize,
    /// Problems that are reported; the rest is counted.
    pub problems_max: usize,
}

impl Options {
    /// Replaces the language.
    #[must_use]
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Replaces the rules of YAML.
    #[must_use]
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Says whether a key of YAML may appear twice, so that the last wins.
    #[must_use]
    pub fn with_repeated_keys(mut self, repeated_keys: bool) -> Self {
        self.repeated_keys = repeated_keys;
        self
    }

    /// Replaces the limit of the values that aliases multiply.
    #[must_use]
    pub fn with_alias_values_max(mut self, values: usize) -> Self {
        self.alias_values_max = values;
        self
    }

    /// Replaces the limit of the bytes that aliases multiply.
    #[must_use]
    pub fn with_alias_bytes_max(mut self, bytes: usize) -> Self {
        self.alias_bytes_max = bytes;
        self
    }

    /// The readers recurse once for each list or map, so that the depth has to be bounded by the stack too.
    pub(crate) fn depth_max(&self) -> usize {
        const STACK_ALLOWS: usize = 256;
        self.value_depth_max.min(STACK_ALLOWS)
    }
}

impl From<&Limits> for Options {
    fn from(limits: &Limits) -> Self {
        Self {
            format: Format::Auto,
            rules: Rules::V2,
            repeated_keys: false,
            file_bytes_max: limits.file_bytes_max,
            documents_max: limits.documents_max,
            value_depth_max: limits.value_depth_max,
            alias_values_max: 1_000_000,
            alias_bytes_max: 16 << 20,
            problems_max: limits.problems_max,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::from(&Limits::default())
    }
}
